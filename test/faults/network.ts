import type { Http, HttpAnswer, HttpRequest } from '@tandem/bff/http';
import type { Courier } from '../sim/gitlab-types.ts';
import type { FaultKind, Faults } from '../sim/faults.ts';
import type { RawAnswer, RawRequest } from '../sim/kit.ts';
import type { Dice } from './dice.ts';
import type { Actor, Scheduler } from './scheduler.ts';
import { serve, type Served, type ServedRequest } from './serve.ts';
import type { Tally, Weather } from './weather.ts';

/** A simulator that answers in process. */
export interface Remote {
  readonly url: string;
  readonly faults: Faults;
  handle(request: RawRequest): Promise<RawAnswer | undefined>;
}

/** A process that can be called. */
export interface Callable extends Actor {
  readonly handler: Parameters<typeof serve>[0];
  /** rejects when it dies */
  readonly died: Promise<never>;
}

/** Everything between our processes, the remotes and the members. */
export interface Network {
  /** The outbound calls of a process. */
  http(actor: Actor): Http;
  /** Brings the webhooks of a simulator to one of the processes that are up. */
  courier(name: string): Courier;
  /** A member's call, to one of the processes that are up; rejects where no answer came. */
  call(request: ServedRequest): Promise<Served>;
  /** parts of paths at Miro that answer 500 whatever the weather */
  readonly broken: Set<string>;
  /** what was last read at a tool, and by which process, which has the answer and has done nothing with it yet */
  readonly lastRead: { by: string; address: string };
}

/** What may become of a call: `status` before any effect, `lost` with its effect and without an answer, `none` without either. */
type Fate = 'fine' | 'slow' | 'late' | 'reset' | 'reset after its effect' | 'time-out' | 'time-out after its effect' | FaultKind;

const FATES: readonly Fate[] = ['slow', 'late', 'reset', 'reset after its effect', 'time-out', 'time-out after its effect', 429, 500, 502, 503, 'after-effect-502'];

/** The network of a world. `acknowledged` is told of each webhook that a process answered with 202. */
export function openNetwork(world: {
  scheduler: Scheduler;
  dice: Dice;
  weather: Weather;
  tally: Tally;
  remotes: () => readonly Remote[];
  up: () => readonly Callable[];
  acknowledged: (name: string, call: Parameters<Courier>[0]) => void;
}): Network {
  const { scheduler, dice, weather, tally } = world;
  const outside: Actor = { name: 'network', dead: false, frozenUntil: 0 };
  const broken = new Set<string>();
  const lastRead = { by: '', address: '' };

  const exchange = async (request: HttpRequest, fate: Fate): Promise<HttpAnswer | undefined> => {
    const url = new URL(request.url);
    const remote = world.remotes().find((one) => one.url === url.origin);
    if (!remote) throw new Error(`There is nothing at ${url.origin}`);
    if (fate === 'reset' || fate === 'time-out') return undefined;
    const path = url.pathname + url.search;
    if ([...broken].some((part) => path.includes(part))) remote.faults.next(1, 500);
    else if (typeof fate === 'number' || fate === 'after-effect-502') remote.faults.next(1, fate, fate === 429 && dice.chance(0.7) ? { retryAfter: 1 + dice.below(30) } : {});
    return remote.handle({ method: request.method, url: path, headers: request.headers, body: Buffer.from(request.body ?? '') });
  };

  const send = async (actor: Actor, request: HttpRequest): Promise<HttpAnswer> => {
    const { host, pathname, search, origin } = new URL(request.url);
    const remote = origin.includes('miro') ? 'miro' : 'gitlab';
    const fate: Fate = dice.chance(weather[remote]) ? dice.of(FATES) : 'fine';
    if (fate !== 'fine') tally.count(`${remote}: ${fate}`);
    const begun = scheduler.now();
    const deadline = begun + request.timeout;
    const latency = fate === 'late' ? dice.below(request.timeout) : dice.below(12);
    const answer = await scheduler.call(actor, { what: `${request.method} ${host}${pathname}${search}${fate === 'fine' ? '' : ` (${fate})`}`, outside: true, latency }, async () => (scheduler.now() >= deadline ? undefined : exchange(request, fate)));
    if (fate === 'reset' || fate === 'reset after its effect') throw new Error('ECONNRESET');
    const arrives = fate === 'slow' ? scheduler.now() + dice.below(request.timeout) : fate === 'time-out' || fate === 'time-out after its effect' || !answer ? deadline : scheduler.now();
    if (arrives > scheduler.now()) await scheduler.at(actor, Math.min(arrives, deadline), `waits for ${request.method} ${host}${pathname}`);
    // A process that slept through its deadline finds the answer and the time-out at once.
    if (!answer || fate === 'time-out after its effect' || arrives >= deadline || (scheduler.now() > deadline && dice.chance(0.5))) throw new Error('The operation was aborted due to timeout');
    if (request.method === 'GET' && remote === 'gitlab') Object.assign(lastRead, { by: actor.name, address: host + pathname });
    return answer;
  };

  const http = (actor: Actor): Http => {
    let cut: (error: Error) => void = () => undefined;
    const aborted = new Promise<never>((_, reject) => {
      cut = reject;
    });
    aborted.catch(() => undefined);
    return {
      send: (request) => Promise.race([send(actor, request), aborted]),
      abort: async () => cut(new Error('The client is destroyed')),
      close: async () => undefined,
    };
  };

  /** Hands the request to a process; a frozen one takes it when it is awake again. */
  const hand = async (request: ServedRequest): Promise<Served> => {
    const up = world.up();
    if (up.length === 0) throw new Error('ECONNREFUSED');
    const host = dice.of(up);
    return Promise.race([scheduler.at(host, scheduler.now(), `takes ${request.method} ${request.url}`).then(() => serve(host.handler, request)), host.died]);
  };

  return {
    http,
    broken,
    lastRead,
    call: hand,
    courier: (name) => async (call) => {
      const fate = dice.chance(weather.hooks) ? dice.of(['lost', 'swallowed', 'twice', 'delayed', 'long delayed', 'answer lost'] as const) : 'fine';
      if (fate !== 'fine') tally.count(`webhook: ${fate}`);
      const url = new URL(call.url);
      const headers = Object.fromEntries(Object.entries(call.headers).map(([header, value]) => [header.toLowerCase(), value]));
      const bring = async (delay: number): Promise<Served> => {
        await scheduler.at(outside, scheduler.now() + delay, `webhook of ${name}`);
        const served = await hand({ method: 'POST', url: url.pathname, headers, body: call.body });
        if (served.status === 202) world.acknowledged(name, call);
        return served;
      };
      if (fate === 'lost') throw new Error('ECONNRESET');
      if (fate === 'swallowed') return { status: 200, text: '' };
      const delay = fate === 'delayed' ? dice.below(20_000) : fate === 'long delayed' ? dice.below(8 * 60_000) : dice.below(60);
      if (fate === 'twice') bring(dice.below(5000)).catch(() => undefined);
      const served = await bring(delay);
      if (fate === 'answer lost') throw new Error('ECONNRESET');
      return served;
    },
  };
}
