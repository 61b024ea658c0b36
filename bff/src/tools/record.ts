import type { FieldDetails } from '@tandem/shared/api';
import { z } from 'zod';
import { UpstreamError } from '../errors.ts';
import type { Reply } from '../ports.ts';

/** What the records of tools are made of. What a server may leave out may be null, too. */
export const Name = z.string().max(1000);
export const Text = z.string().nullish();
export const Flag = z.boolean().nullish();
/** May become a link. */
export const Address = z.string().regex(/^https?:\/\//i);
/** Without the halves of characters that JSON can name, and no address and no key can hold. */
export const whole = (text: string): string => text.replaceAll(/\p{Cs}/gu, '');
/** Some servers print times in their own zone; ours are all UTC, so that they sort as text. */
export const Time = z.string().pipe(z.coerce.date()).transform((at) => at.toISOString());

/** A tool's answers, read by their schemas: whoever answers where that tool should be, nothing else gets past here. What does not fit is a 502; what a schema does not name is left out. */
export function answersOf(tool: string, name: string) {
  const unusable = (): UpstreamError => new UpstreamError(tool, 502, { message: `${name} answered something that we do not understand. Try again in a moment.` });
  const record = <T>({ body }: Reply<unknown>, shape: z.ZodType<T>): T => {
    const read = shape.safeParse(body);
    if (!read.success) throw unusable();
    return read.data;
  };
  return {
    record,
    /** `undefined` for an accepted 404 */
    optional: <T>(reply: Reply<unknown>, shape: z.ZodType<T>): T | undefined => (reply.status === 404 ? undefined : record(reply, shape)),
    unusable,
    /** what is not there, or not for this account: the tools do not tell these apart */
    notThere: (what: string): UpstreamError => new UpstreamError(tool, 404, { message: `${name} does not have this ${what}, or this account may not see it.` }),
  };
}

/** What a tool holds against a write; `field` is one of ours. */
export interface Fault {
  readonly field?: string | undefined;
  readonly text: string;
}

/** People read, and we log, so many characters of what a server says, and so many faults. */
const LONGEST = 500;
const MOST_FAULTS = 10;

/** For the `catch` of a write: a refusal, by its status, becomes sentences for people, at their fields where `faultsIn` its body some are named; all else is thrown on as it is. */
export function refusalOf(name: string, statuses: readonly number[], faultsIn: (body: unknown) => readonly Fault[]): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof UpstreamError) || !statuses.includes(error.upstreamStatus)) throw error;
    const fields: Record<string, string> = {};
    const said = faultsIn(error.body).map(({ field, text }) => {
      const line = sentence(text);
      if (field) fields[field] = line;
      return line;
    });
    const details: FieldDetails | undefined = Object.keys(fields).length > 0 ? { fields } : undefined;
    throw new UpstreamError(error.tool, error.upstreamStatus, { message: said.length > 0 ? `${name} refused this: ${said.slice(0, MOST_FAULTS).join(' ')}` : error.message, body: error.body, cause: error, details });
  };
}

function sentence(text: string): string {
  const short = text.slice(0, LONGEST);
  return `${short.charAt(0).toUpperCase()}${short.slice(1)}${/[.!?]$/.test(short) ? '' : '.'}`;
}
