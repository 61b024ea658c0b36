import type { IncomingMessage, ServerResponse } from 'node:http';
import { openAccounts } from './access/accounts.ts';
import { openApp } from './app.ts';
import type { Config } from './config.ts';
import { drawnBytes, openVault, type RandomBytes } from './crypto.ts';
import type { Deps } from './deps.ts';
import { openHttp, type Http } from './http.ts';
import { openLog, type Log } from './log.ts';
import { cards } from './miro/cards.ts';
import { MIRO, miroSignIn } from './miro/sign-in.ts';
import { authRoutes } from './routes/auth.ts';
import { buttonRoutes } from './routes/buttons.ts';
import { cardRoutes } from './routes/cards.ts';
import { munityRoutes } from './routes/munity.ts';
import { integrationRoutes } from './routes/integrations.ts';
import { pairRoutes } from './routes/pairs.ts';
import { healthRoutes } from './routes/health.ts';
import { hookRoutes } from './routes/hooks.ts';
import { pageRoutes } from './routes/pages.ts';
import { siteRoutes } from './routes/sites.ts';
import { openBoards } from './services/boards.ts';
import { openButtons } from './services/buttons.ts';
import { openCards } from './services/cards.ts';
import { openIntegrationViews } from './services/integration-view.ts';
import { openIntegrations } from './services/integrations.ts';
import { openItems } from './services/items.ts';
import { openMiroSignIn } from './services/miro-sign-in.ts';
import { openMunity } from './services/munity.ts';
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
import { integrator, tendIntegrations } from './sync/integrate.ts';
import { laneOf } from './sync/keys.ts';
import { lister } from './sync/list.ts';
import { openListing } from './sync/listing.ts';
import { observer } from './sync/observe.ts';
import { pairer } from './sync/pair.ts';
import { poller, sweepPlaces } from './sync/poll.ts';
import { keepPruned } from './sync/prune.ts';
import { pusher } from './sync/push.ts';
import { keeper } from './sync/refresh.ts';
import { sweeper } from './sync/sweep.ts';
import { sweepBoards } from './sync/sweep-due.ts';
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
  const random = overrides.random ?? drawnBytes();
  const log = overrides.log ?? openLog(config.logLevel);
  const timers = overrides.timers ?? realTimers;
  const http = overrides.http ?? openHttp({ trusted: [config.miro.api, config.miro.web, ...(config.munity ? [config.munity.api] : []), ...Object.values(config.tools).flatMap(({ url, api = url }) => [url, api])], allowPrivate: config.allowPrivate });
  const store = overrides.store ?? (await openStore(config.store));
  const vault = openVault(config.secrets, random);
  const tools = openTools(config.tools, config.allowPrivate, now, config.munity);
  const miro = { ...MIRO, name: 'Miro', base: config.miro.web, api: config.miro.api, oauth: miroSignIn(config.miro) };
  const budgets = openBudgets(now);
  const breakers = openBreakers(now, (down, well) => (well ? log.info(down, 'remote answers again') : log.warn(down, 'remote does not answer')));
  const accounts = openAccounts({
    store,
    vault,
    http,
    miro,
    tools,
    log,
    now,
    heard: (account, headers, status) => budgets.note(laneOf(account), headers, status),
    ended: (account, call, well) => breakers.heard(laneOf(account), call, well),
    held: (account) => breakers.held(laneOf(account)) ?? budgets.blocked(laneOf(account)),
    timers,
  });
  const deps: Deps = { config, store, tools, cards, accounts, vault, log, now, random, timers };

  const gate = openGate(budgets, breakers);
  const mark: Worker['mark'] = (tasks) => worker.mark(tasks);
  const listing = openListing(deps, mark);
  const handlers: Handlers = { observe: observer(deps, mark), apply: applier(deps, mark), ensure: ensurer(deps, mark), list: lister(deps, listing), poll: poller(deps, listing, mark), refresh: keeper(deps, mark, (key, told, run) => munity.finish(key, told, run)), backlink: backlinker(deps), sweep: sweeper(deps, mark), merge: pairer(deps, mark), push: pusher(deps, mark, gate), integrate: integrator(deps, mark) };
  const worker = openWorker({
    store,
    log,
    owner: config.instance,
    now,
    random,
    gate,
    handlers: overrides.handlers?.(handlers, deps) ?? handlers,
    failed: onFailure(deps, mark),
    timers,
  });

  const boards = openBoards(deps);
  const items = openItems(deps);
  const sites = openSites(deps, worker);
  const auth = { miro: openMiroSignIn(deps, worker, http, miro), tools: openToolSignIn(deps, sites, http), sessions: openSessions(deps) };
  const munity = openMunity(deps, sites, config.munity);
  const team = openTeam(deps, sites, openStuck(deps, worker), breakers);
  const buttons = openButtons(deps, worker);
  let stopping = false;
  let stopPruning = (): void => undefined;
  const app = openApp({
    log,
    miro: config.miro,
    now,
    random,
    vault,
    trustProxy: config.trustProxy,
    secrets: config.secrets,
    open: [
      hookRoutes(openInbox(deps, worker), (watch, token) => buttons.probeHook(watch, token)),
      buttonRoutes(buttons),
      healthRoutes(() => store.ping(), () => stopping),
      authRoutes(auth, config),
      ...(pages === undefined ? [] : [pageRoutes(pages, config)]),
    ],
    api: [siteRoutes(sites, team, items), cardRoutes(openCards(deps, worker, boards, items)), pairRoutes(openPairs(deps, worker, items, team)), integrationRoutes(openIntegrations(deps, worker, items, team, openIntegrationViews(deps))), munityRoutes(munity, now)],
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
      await tendIntegrations(deps, mark);
      await sweepBoards(deps, mark);
    },
    async retire(patience) {
      stopping = true;
      const callOff = timers.after(patience, () => void http.abort());
      await worker.stop();
      callOff();
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
