import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { openAccounts } from './access/accounts.ts';
import { openApp } from './app.ts';
import type { Config } from './config.ts';
import { openVault, type RandomBytes } from './crypto.ts';
import type { Deps } from './deps.ts';
import { openHttp, type Http } from './http.ts';
import { openLog, type Log } from './log.ts';
import { cards } from './miro/cards.ts';
import { MIRO, miroSignIn } from './miro/sign-in.ts';
import { authRoutes } from './routes/auth.ts';
import { cardRoutes } from './routes/cards.ts';
import { pairRoutes } from './routes/pairs.ts';
import { healthRoutes } from './routes/health.ts';
import { hookRoutes } from './routes/hooks.ts';
import { pageRoutes } from './routes/pages.ts';
import { siteRoutes } from './routes/sites.ts';
import { openBoards } from './services/boards.ts';
import { openCards } from './services/cards.ts';
import { openItems } from './services/items.ts';
import { openMiroSignIn } from './services/miro-sign-in.ts';
import { openPairs } from './services/pairs.ts';
import { openSessions } from './services/sessions.ts';
import { openSites } from './services/sites.ts';
import { openStuck } from './services/stuck.ts';
import { openTeam } from './services/team.ts';
import { openToolSignIn } from './services/tool-sign-in.ts';
import type { Store } from './store/store.ts';
import { openStore } from './store/open.ts';
import { applier } from './sync/apply.ts';
import { backlinker } from './sync/backlink.ts';
import { openBreakers } from './sync/breaker.ts';
import { openBudgets } from './sync/budget.ts';
import { ensurer } from './sync/ensure.ts';
import { onFailure } from './sync/failed.ts';
import { openGate } from './sync/gate.ts';
import { openInbox } from './sync/inbox.ts';
import { laneOf, remoteOf } from './sync/keys.ts';
import { lister } from './sync/list.ts';
import { openListing } from './sync/listing.ts';
import { observer } from './sync/observe.ts';
import { pairer } from './sync/pair.ts';
import { poller, sweepPlaces } from './sync/poll.ts';
import { keepPruned } from './sync/prune.ts';
import { keeper } from './sync/refresh.ts';
import { sweeper } from './sync/sweep.ts';
import { openWorker, type Handlers, type Worker } from './sync/worker.ts';
import { timers as realTimers, type Timers } from './timers.ts';
import { openTools } from './tools/index.ts';

/** A BFF, assembled and not yet working: `start` sets it going. */
export interface Tandem {
  handler(req: IncomingMessage, res: ServerResponse): void;
  readonly store: Store;
  readonly worker: Worker;
  readonly log: Log;
  /** Begins to do what is due, now and from then on. */
  start(): Promise<void>;
  /** Readiness turns red: whoever sends us requests should stop. Running tasks end; what is still under way with third parties after `patience` ms is cut off and stays due. */
  retire(patience: number): Promise<void>;
  /** Ends running tasks, gives leases back, closes everything. */
  stop(): Promise<void>;
}

/** What a test may pass in instead of the real thing. */
export interface Overrides {
  readonly now?: () => number;
  readonly random?: RandomBytes;
  readonly http?: Http;
  readonly log?: Log;
  readonly store?: Store;
  readonly timers?: Timers;
  /** other handlers of tasks, given the real ones and what those work with */
  readonly handlers?: (real: Handlers, deps: Deps) => Handlers;
}

/** Puts the parts together: the only place that knows adapters. `pages` is the folder of the built plugin; without one no pages are served. */
export async function openTandem(config: Config, pages: string | undefined, overrides: Overrides = {}): Promise<Tandem> {
  const now = overrides.now ?? Date.now;
  const random = overrides.random ?? randomBytes;
  const log = overrides.log ?? openLog(config.logLevel);
  const timers = overrides.timers ?? realTimers;
  const http = overrides.http ?? openHttp({ trusted: [config.miro.api, config.miro.web, ...Object.values(config.tools).map(({ url }) => url)], allowPrivate: config.allowPrivate });
  const store = overrides.store ?? (await openStore(config.store));
  const vault = openVault(config.secrets, random);
  const tools = openTools(config.tools, config.allowPrivate, now);
  const miro = { ...MIRO, name: 'Miro', base: config.miro.web, api: config.miro.api, oauth: miroSignIn(config.miro) };
  const budgets = openBudgets(now);
  const breakers = openBreakers(now, (remote, down) => (down ? log.warn(down, 'remote does not answer') : log.info({ remote }, 'remote answers again')));
  const accounts = openAccounts({
    store,
    vault,
    http,
    miro,
    tools,
    now,
    heard: (account, headers) => budgets.note(laneOf(account), headers),
    ended: (account, call, well) => breakers.heard(remoteOf(account), call, well),
    held: (account) => breakers.held(remoteOf(account)),
    timers,
  });
  const deps: Deps = { config, store, tools, cards, accounts, vault, log, now, random, timers };

  const mark: Worker['mark'] = (tasks) => worker.mark(tasks);
  const listing = openListing(deps, mark);
  const handlers: Handlers = { observe: observer(deps, mark), apply: applier(deps, mark), ensure: ensurer(deps, mark), list: lister(deps, listing, mark), poll: poller(deps, listing, mark), refresh: keeper(deps), backlink: backlinker(deps), sweep: sweeper(deps, mark), merge: pairer(deps, mark) };
  const worker = openWorker({
    store,
    log,
    owner: config.instance,
    now,
    random,
    gate: openGate(budgets, breakers),
    handlers: overrides.handlers?.(handlers, deps) ?? handlers,
    failed: onFailure(deps),
    timers,
  });

  const boards = openBoards(deps);
  const items = openItems(deps);
  const sites = openSites(deps, worker);
  const auth = { miro: openMiroSignIn(deps, worker, http, miro), tools: openToolSignIn(deps, sites, http), sessions: openSessions(deps) };
  const team = openTeam(deps, sites, openStuck(deps, worker), breakers);
  let stopping = false;
  let stopPruning = (): void => undefined;
  const app = openApp({
    log,
    miro: config.miro,
    now,
    vault,
    trustProxy: config.trustProxy,
    secrets: config.secrets,
    open: [
      hookRoutes(openInbox(deps, worker)),
      healthRoutes(() => store.ping(), () => stopping),
      authRoutes(auth, config),
      ...(pages === undefined ? [] : [pageRoutes(pages, config.miro)]),
    ],
    api: [siteRoutes(sites, team, items), cardRoutes(openCards(deps, worker, boards, items)), pairRoutes(openPairs(deps, worker, items, team))],
  });
  const callback = app.callback();

  return {
    handler: (req, res) => void callback(req, res),
    store,
    worker,
    log,
    async start() {
      await worker.start();
      stopPruning = keepPruned(deps, mark);
      await sweepPlaces(deps, mark);
    },
    async retire(patience) {
      stopping = true;
      const late = setTimeout(() => void http.abort(), patience);
      await worker.stop();
      clearTimeout(late);
    },
    async stop() {
      stopping = true;
      stopPruning();
      await worker.stop();
      await store.close();
      await http.close();
    },
  };
}
