import { PutOff, UpstreamError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Call, Reply } from '../ports.ts';
import { openQueue } from './queue.ts';

/** So many calls to such services are under way at a time: all customers share one key, and its limits are not documented. */
const AT_A_TIME = 2;
/** A service that refuses our own credentials is asked again after this long. */
const AGAIN = 60_000;

/** Asks a service with the credentials of whoever runs Tandem; `people`: somebody waits for it. */
export type AsHost = <T>(service: string, call: Call, people: boolean, ask: () => Promise<Reply<T>>) => Promise<Reply<T>>;

/**
 * What another service holds for us is asked for with our own credentials: where those are refused, no member can mend it, and no account has ended.
 * Its limits are those of our key too: when it asks to slow down, work of no customer goes on before it says; only people are not kept waiting.
 */
export function openAsHost(now: () => number, log?: Pick<Log, 'info' | 'error'>): AsHost {
  const queue = openQueue(AT_A_TIME);
  const refusing = new Set<string>();
  const busy = new Map<string, number>();
  return async (service, call, people, ask) => {
    const until = busy.get(service) ?? 0;
    if (!people && until > now()) throw new PutOff('tool_busy', `${service} asked us to slow down. It is asked again at ${new Date(until).toISOString()}.`, until);
    try {
      const reply = await queue(ask, people);
      if (refusing.delete(service)) log?.info({ service }, 'own key accepted again');
      return reply;
    } catch (error) {
      if (error instanceof UpstreamError && error.upstreamStatus === 429 && error.retryAt !== undefined) busy.set(service, error.retryAt);
      if (!(error instanceof UpstreamError) || !isRefused(error, call)) throw error;
      if (!refusing.has(service)) log?.error({ err: error, service }, 'own key refused');
      refusing.add(service);
      throw new PutOff('unavailable', `${service} refuses Tandem's own API key. Whoever runs Tandem has to correct it; nothing has to be connected again.`, now() + AGAIN, { cause: error });
    }
  };
}

/** 401; frameworks whose key check names no scheme say 403 (https://www.django-rest-framework.org/api-guide/authentication/#unauthorized-and-forbidden-responses), which to a write may also mean that the key is no administrator's. */
function isRefused({ upstreamStatus }: UpstreamError, { method = 'GET' }: Call): boolean {
  return upstreamStatus === 401 || (upstreamStatus === 403 && method === 'GET');
}
