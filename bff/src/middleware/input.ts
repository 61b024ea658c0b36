import type { Context } from 'koa';
import { z } from 'zod';
import type { FieldDetails } from '@tandem/shared/api';
import { TandemError } from '../errors.ts';

const MAX_BODY = 256 * 1024;

/** The JSON body of a request, checked against a schema. 413 when it is too large, 400 when it is no JSON, 422 naming each field that is not right. */
export async function body<T>(ctx: Context, schema: z.ZodType<T>): Promise<T> {
  if (!ctx.is('application/json')) throw new TandemError('invalid_input', 'The request body must be JSON (content-type: application/json).', { status: 415 });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) {
      ctx.set('connection', 'close');
      throw new TandemError('too_large', 'That is more than Tandem takes at once (256 kB). Shorten the description.');
    }
    chunks.push(chunk);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (cause) {
    throw new TandemError('invalid_input', 'The request body is no JSON.', { status: 400, cause });
  }
  return check(json, schema);
}

/** The query of a request, checked against a schema. */
export function query<T>(ctx: Context, schema: z.ZodType<T>): T {
  return check(Object.fromEntries(new URLSearchParams(ctx.querystring)), schema);
}

function check<T>(value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const issue of result.error.issues) fields[issue.path.join('.') || 'body'] ??= issue.message;
  const [first] = Object.entries(fields);
  throw new TandemError('invalid_input', `The request is not right: ${first?.[0]}: ${first?.[1]}.`, { details: { fields: { ...fields } } satisfies FieldDetails });
}

/** An id out of a path or body: short, no control characters. */
export const id = z.string().min(1).max(255).regex(/^[^\u0000-\u001f\u007f\p{Cs}]+$/u, 'must not hold control characters');
/** One line of text that people write. */
export const line = z.string().max(1000);
/** Text that people write. */
export const text = z.string().max(200_000);
