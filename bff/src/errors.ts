import type { FieldDetails } from '@tandem/shared/api';
import { STATUS_OF, type ErrorCode } from '@tandem/shared/errors';

/** An error that a person will read. `message` says what happened and what to do next; `details` is for the panel; `retryAt` (epoch ms) says when trying again makes sense. */
export class TandemError extends Error {
  override readonly name: string = 'TandemError';
  readonly code: ErrorCode;
  readonly details: unknown;
  readonly retryAt: number | undefined;
  /** HTTP status of the answer */
  readonly status: number;

  constructor(code: ErrorCode, message: string, options: { details?: unknown; retryAt?: number | undefined; cause?: unknown; status?: number } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.retryAt = options.retryAt;
    this.status = options.status ?? STATUS_OF[code];
  }
}

/** What a third party answered, or that it did not: `upstreamStatus` 0 means no answer (refused, reset, timed out). */
export class UpstreamError extends TandemError {
  override readonly name: string = 'UpstreamError';
  /** `miro` or a tool's id */
  readonly tool: string;
  readonly upstreamStatus: number;
  /** trying again later can help: 429, 5xx, no answer */
  readonly retryable: boolean;
  /** the answer's parsed body, for adapters that know its shape */
  readonly body: unknown;

  constructor(
    tool: string,
    upstreamStatus: number,
    options: { message?: string; body?: unknown; retryAt?: number | undefined; cause?: unknown; details?: unknown } = {},
  ) {
    const { code, sentence } = verdict(upstreamStatus);
    super(code, options.message ?? `${tool} ${sentence}`, { retryAt: options.retryAt, cause: options.cause, details: options.details });
    this.tool = tool;
    this.upstreamStatus = upstreamStatus;
    this.retryable = upstreamStatus === 0 || upstreamStatus === 408 || upstreamStatus === 429 || upstreamStatus >= 500;
    // Out of the log: text of somebody else, of any length, which may repeat the token that it was asked with.
    Object.defineProperty(this, 'body', { value: options.body, enumerable: false });
  }
}

/** A remote that is down, or asked us to wait, was not asked at all: it is tried again at `until` (epoch ms). Only for work that nobody waits for. */
export class HeldBack extends UpstreamError {
  override readonly name = 'HeldBack';
  readonly until: number;

  constructor(tool: string, name: string, until: number) {
    super(tool, 0, { message: `${name} does not answer, or asked us to wait. It is asked again at ${new Date(until).toISOString()}.`, retryAt: until });
    this.until = until;
  }
}

/** Somebody has to mend something first, which is no fault of the work that met it: put off until `until` (epoch ms), neither counted nor given up. Whoever waits is told at once. */
export class PutOff extends TandemError {
  override readonly name = 'PutOff';
  readonly until: number;

  constructor(code: ErrorCode, message: string, until: number, options: { details?: unknown; cause?: unknown } = {}) {
    super(code, message, options);
    this.until = until;
  }
}

function verdict(status: number): { code: ErrorCode; sentence: string } {
  if (status === 0) return { code: 'tool_down', sentence: 'did not answer. Try again in a moment.' };
  if (status === 401) return { code: 'account_expired', sentence: 'no longer accepts this account. Connect it again.' };
  if (status === 403) return { code: 'forbidden', sentence: 'does not allow this account to do that. Ask for the right there, or use another account.' };
  if (status === 404) return { code: 'not_found', sentence: 'does not have that, or this account may not see it.' };
  if (status === 409) return { code: 'tool_refused', sentence: 'says that somebody else was changing the same thing (409). Try again.' };
  if (status === 429) return { code: 'tool_busy', sentence: 'asks us to slow down. It will be tried again.' };
  if (status >= 500) return { code: 'tool_down', sentence: `has trouble of its own (${status}). Try again in a moment.` };
  return { code: 'tool_refused', sentence: `refused the request (${status}).` };
}

/** Input that cannot be used, said at its field. */
export function invalidField(field: string, sentence: string): TandemError {
  return new TandemError('invalid_input', sentence, { details: { fields: { [field]: sentence } } satisfies FieldDetails });
}
