import type { FieldDetails } from '@tandem/shared/api';
import type { ApiError } from '../api.ts';

/** The sentences per field that an error carries, if any. */
export function fieldErrors(error: ApiError): Readonly<Record<string, string>> {
  const details = error.details as Partial<FieldDetails> | undefined;
  return (error.code === 'invalid_input' || error.code === 'tool_refused') && details?.fields ? details.fields : {};
}
