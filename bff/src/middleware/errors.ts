import type { Middleware } from 'koa';
import type { WireError } from '@tandem/shared/errors';
import { randomId, type RandomBytes } from '../crypto.ts';
import { TandemError } from '../errors.ts';
import type { Log } from '../log.ts';

/** What every request carries: its correlation id and its logger. */
export interface RequestState {
  id: string;
  log: Log;
}

/** The outermost middleware: gives the request its id, turns whatever is thrown into the wire shape, and logs one line. `internal` says nothing about us. */
export function errors(log: Log, now: () => number, random: RandomBytes): Middleware<RequestState> {
  return async (ctx, next) => {
    const started = performance.now();
    ctx.state.id = randomId(random);
    ctx.state.log = log.child({ id: ctx.state.id });
    ctx.set('x-request-id', ctx.state.id);
    let failure: unknown;
    try {
      await next();
      if (ctx.status === 405 || ctx.status === 501) throw new TandemError('wrong_method', 'That address is right, but not for this method.');
      if (ctx.status === 404 && ctx.body === undefined) throw new TandemError('not_found', `There is nothing at ${shown(ctx.path)}.`);
    } catch (error) {
      failure = error;
      const known = wire(error);
      const details = known.details === undefined ? {} : { details: known.details };
      ctx.status = known.status;
      ctx.body = { error: { code: known.code, message: known.message, id: ctx.state.id, ...details } } satisfies WireError;
      if (known.retryAt !== undefined) ctx.set('retry-after', String(Math.max(1, Math.ceil((known.retryAt - now()) / 1000))));
    }
    const line = { method: ctx.method, path: shown(ctx.path), status: ctx.status, ms: Math.round(performance.now() - started) };
    if (ctx.status >= 500) ctx.state.log.error({ ...line, err: failure }, 'request failed');
    else if (failure instanceof TandemError) ctx.state.log.info({ ...line, code: failure.code, reason: failure.message }, 'request refused');
    else ctx.state.log.info(line, 'request');
  };
}

function wire(error: unknown): TandemError {
  if (error instanceof TandemError) return error;
  return new TandemError('internal', 'Something went wrong on our side. Try again; if it stays, tell whoever runs Tandem the id below.', { cause: error });
}

/** The path without what is unguessable in it: the id of a webhook or a button. */
function shown(path: string): string {
  return path.replace(/^(\/+(?:hooks\/[^/]*|buttons)\/).*/i, '$1…');
}
