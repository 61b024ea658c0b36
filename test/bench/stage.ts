import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@tandem/bff/store/open';
import type { Store } from '@tandem/bff/store/store';
import type { MongoForTests } from '../mongo/server.ts';
import { freePort } from '../sim/port.ts';
import { MAIN, startBff, type BffProcess } from '../sim/process.ts';
import type { Kind } from './bff.ts';
import { fill } from './fill.ts';
import { rowsOf, SECRET, type Rows, type Scene } from './scene.ts';
import { startSender, type Sender } from './sender.ts';
import { startStandIn, type Manners, type StandIn } from './stand-in.ts';

/** The two stores that every figure is taken on. */
export type StoreKind = 'sqlite' | 'mongodb';

/** A scene with everything around it: the remotes in one thread, the sender of webhooks in another, a filled store, and as many BFF processes as it takes. */
export interface Stage {
  readonly standIn: StandIn;
  readonly sender: Sender;
  readonly storeUrl: string;
  readonly env: Readonly<Record<string, string>>;
  /** The real BFF at the stage's address, or one of another kind; resolves when it is up. */
  start(kind?: Kind): Promise<BffProcess>;
  /** Resolves when nothing is due any more. */
  settled(within?: number): Promise<void>;
  /** Looks into the store. */
  look<T>(read: (store: Store) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Credits that nobody uses up. */
export const PLENTY: Manners = { credits: 100_000_000, window: 6000, faults: 0, listings: true };
/** A minute of Miro's, ten times as fast and as narrow: 100 updates in 6 s. */
export const TIGHT: Manners = { ...PLENTY, credits: 10_000 };

/** Opens stages; closes what they leave open. */
export interface Stages {
  open(kind: StoreKind, scene: Scene, manners: Manners, more?: (rows: Rows) => Rows): Promise<Stage>;
  storeUrl(kind: StoreKind): string;
  close(): Promise<void>;
}

/** `profile`: each BFF leaves a CPU profile in the working directory. */
export function openStages(mongo: MongoForTests | undefined, profile: boolean): Stages {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
  let files = 0;
  const open = new Set<Stage>();
  const storeUrl = (kind: StoreKind): string => (kind === 'sqlite' ? `sqlite:${join(folder, `${(files += 1)}.db`)}` : (mongo?.url() ?? ''));
  return {
    storeUrl,
    async open(kind, scene, manners, more = (rows) => rows) {
      const url = storeUrl(kind);
      const board = { versions: new SharedArrayBuffer(scene.items.length * 4), changedAt: new SharedArrayBuffer(scene.items.length * 8) };
      const standIn = await startStandIn(scene, manners, board);
      const sender = startSender(scene, board);
      await fill(url, more(rowsOf(scene, standIn.url, Date.now())));
      const port = await freePort();
      const own = `http://127.0.0.1:${port}`;
      await Promise.all([standIn.meet(own), sender.aim(port)]);
      const env = {
        TANDEM_URL: own,
        PORT: String(port),
        TANDEM_STORE: url,
        TANDEM_SECRET: SECRET,
        TANDEM_INSTANCE: 'bench',
        TANDEM_LOG: 'warn',
        MIRO_CLIENT_ID: '1',
        MIRO_CLIENT_SECRET: 's',
        MIRO_API_URL: standIn.url,
        MIRO_WEB_URL: standIn.url,
        GITLAB_URL: standIn.url,
      };
      const processes: BffProcess[] = [];
      const stage: Stage = {
        standIn,
        sender,
        storeUrl: url,
        env,
        async start(kind) {
          const complain = (line: string): void => void (line.includes('is up') || process.stderr.write(`  ${line.slice(0, 500)}\n`));
          const bff = startBff(env, complain, [...(profile ? ['--cpu-prof'] : []), ...(kind ? [process.argv[1] ?? '', 'bff', kind] : [MAIN])]);
          processes.push(bff);
          // The real one logs no line that says so at this level; those of ours print one, and the bare one, without a store, is never ready.
          await (kind ? bff.ready : Promise.race([bff.ready, until(() => answers(`${own}/readyz`), 10_000, 5)]));
          return bff;
        },
        settled: (within = 60_000) =>
          stage.look(async (store) => {
            const end = Date.now() + within;
            while (((await store.lanes.nextWake('nobody')) ?? Infinity) < Date.now() + 3_600_000) {
              if (Date.now() > end) throw new Error(`There was still something due after ${within} ms.`);
              await pause(50);
            }
          }),
        async look(read) {
          const store = await openStore(url);
          try {
            return await read(store);
          } finally {
            await store.close();
          }
        },
        async close() {
          open.delete(stage);
          await Promise.all(processes.map((one) => one.end(profile ? 'SIGTERM' : 'SIGKILL')));
          await Promise.all([standIn.end(), sender.end()]);
        },
      };
      open.add(stage);
      return stage;
    },
    async close() {
      for (const stage of open) await stage.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resident memory of a process, in bytes. */
export function memoryOf(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kilobytes = existsSync(status) ? /VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kilobytes) * 1024;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks until the answer is yes; throws after `ms`. */
export async function until(ask: () => Promise<boolean>, ms: number, every = 25): Promise<void> {
  for (const end = Date.now() + ms; !(await ask()); await pause(every)) if (Date.now() > end) throw new Error(`It was not so within ${ms} ms.`);
}
