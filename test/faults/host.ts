import type { Config } from '@tandem/bff/config';
import type { Log } from '@tandem/bff/log';
import { openTandem, type Overrides, type Tandem } from '@tandem/bff/open';
import type { Store } from '@tandem/bff/store/store';
import type { Dice } from './dice.ts';
import type { Callable, Network } from './network.ts';
import type { Actor, Scheduler } from './scheduler.ts';
import type { Opened, Storage } from './storage.ts';
import type { Tally, Weather } from './weather.ts';

/** A process that runs Tandem. */
export interface Host extends Callable {
  readonly tandem: Tandem;
  /** it takes calls */
  open: boolean;
  /** Ends it in the midst of whatever it does. */
  kill(): Promise<void>;
  /** Ends it as an operator does. */
  retire(): void;
}

/** A fault that is planted in the product: parts of it that are replaced. */
export interface Bug {
  readonly name: string;
  /** the first seed whose schedule shows it, as the engine stands: that is where to begin to look */
  readonly shown: number;
  readonly store?: (store: Store) => Store;
  readonly handlers?: Overrides['handlers'];
}

const READS = /^(get|by[A-Z]\w*|refsAt|lost|page|due|dead|nextWake|ping)$/;

/** Boots a process of this name on the storage. It is up once it has begun to work. */
export async function bootHost(
  name: string,
  world: { config: Config; storage: Storage; scheduler: Scheduler; network: Network; weather: Weather; dice: Dice; tally: Tally; log: Log; bug?: Bug | undefined },
): Promise<Host> {
  const { scheduler, dice } = world;
  const actor: Actor = { name, dead: false, frozenUntil: 0 };
  const opened = await world.storage.open(name);
  const store = gated(opened, actor, world);
  const tandem = await openTandem({ ...world.config, instance: name }, undefined, {
    now: () => scheduler.now() + scheduler.skew,
    random: (size) => dice.bytes(size),
    http: world.network.http(actor),
    log: world.log,
    store: world.bug?.store?.(store) ?? store,
    timers: scheduler.timers(actor),
    ...(world.bug?.handlers ? { handlers: world.bug.handlers } : {}),
  });
  let die: (error: Error) => void = () => undefined;
  const died = new Promise<never>((_, reject) => {
    die = reject;
  });
  died.catch(() => undefined);
  const host: Host = Object.assign(actor, {
    tandem,
    open: true,
    handler: tandem.handler,
    died,
    async kill() {
      if (actor.dead) return;
      host.open = false;
      await scheduler.kill(actor);
      die(new Error('ECONNRESET'));
      await opened.abandon();
    },
    retire() {
      host.open = false;
      void tandem
        .retire(7000)
        .then(() => tandem.stop())
        .then(
          () => host.kill(),
          () => host.kill(),
        );
    },
  });
  // A process that cannot begin ends, as `main.ts` does.
  tandem.start().catch((error: unknown) => {
    world.log.error({ err: error, host: name }, 'did not start');
    return host.kill();
  });
  return host;
}

/** The store with every verb waiting for its turn, and failing as the weather has it. */
function gated({ store, under }: Opened, actor: Actor, world: { scheduler: Scheduler; storage: Storage; weather: Weather; dice: Dice; tally: Tally }): Store {
  const { dice, weather, tally, storage } = world;
  const gate = (part: string, verb: string, work: () => Promise<unknown>): Promise<unknown> => {
    const faults = READS.test(verb) ? storage.faults.read : storage.faults.write;
    const fault = faults.length > 0 && dice.chance(weather.store) ? dice.of(faults) : undefined;
    const what = `${part}.${verb}${fault ? ` (${fault})` : ''}`;
    return world.scheduler.call(actor, { what, shared: storage.together }, async () => {
      if (!fault) return work();
      tally.count(`store: ${fault}`);
      return under(fault, work);
    });
  };
  const part = <P extends object>(name: string, real: P): P =>
    new Proxy(real, {
      get: (target, key) => {
        const found: unknown = Reflect.get(target, key);
        if (typeof key !== 'string') return found;
        if (typeof found === 'function') return (...args: unknown[]) => gate(name, key, async () => Reflect.apply(found, target, args) as unknown);
        return typeof found === 'object' && found !== null ? part(key, found) : found;
      },
    });
  return part('store', store);
}
