import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IntegrationView } from '@tandem/shared/integrations';
import { openHttp, type Http } from '@tandem/bff/http';
import { openStore } from '@tandem/bff/store/open';
import type { Store } from '@tandem/bff/store/store';
import { tendIntegrations } from '@tandem/bff/sync/integrate';
import { describe, expect, test } from 'vitest';
import { openWorld, type World } from '../sim/world.ts';

/** Dies at the n-th step that changes something here or elsewhere: before it has its effect, or after it and before anybody hears of it. From then on that process does nothing more. */
interface Death {
  at: number;
  seen: number;
  readonly steps: string[];
  readonly happened: Promise<void>;
  parts(): Promise<{ http: Http; store: Store }>;
}

const KEPT = new Set(['integrations', 'connections', 'pairs']);
const READS = /^(?:get|by[A-Z]\w*|refsAt|lost|page)$/;

function death(path: string): Death {
  let tell = (): void => undefined;
  const happened = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const never = new Promise<never>(() => undefined);
  const one: Death = {
    at: Infinity,
    seen: 0,
    steps: [],
    happened,
    async parts() {
      let dead = false;
      // A process that is born after a death dies no more.
      const mortal = one.seen < one.at;
      const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
        if (dead) return never;
        const kill = (): boolean => {
          one.seen += 1;
          one.steps.push(what);
          if (!mortal || one.seen !== one.at) return false;
          dead = true;
          tell();
          return true;
        };
        if (kill()) return never;
        const done = await work();
        return kill() || dead ? never : done;
      };
      const real = openHttp({ trusted: [], allowPrivate: true });
      const http: Http = { ...real, send: (request) => (dead ? never : request.method === 'GET' ? real.send(request) : step(`${request.method} ${new URL(request.url).pathname}`, () => real.send(request))) };
      const opened = await openStore(`sqlite:${path}`);
      const part = <P extends object>(name: string, verbs: P): P =>
        new Proxy(verbs, {
          get: (target, key) => {
            const found: unknown = Reflect.get(target, key);
            if (typeof found !== 'function') return found;
            const call = async (...args: unknown[]): Promise<unknown> => Reflect.apply(found, target, args) as unknown;
            return (...args: unknown[]) => (dead ? never : KEPT.has(name) && !READS.test(String(key)) ? step(`${name}.${String(key)}`, () => call(...args)) : call(...args));
          },
        });
      const store = new Proxy(opened, {
        get: (target, key) => {
          const found: unknown = Reflect.get(target, key);
          return typeof found === 'object' && found !== null ? part(String(key), found) : typeof found === 'function' ? found.bind(target) : found;
        },
      });
      return { http, store };
    },
  };
  return one;
}

interface Scene {
  readonly world: World;
  readonly feature: string;
  id(): Promise<string>;
  plugins(): readonly { readonly name: string; readonly enabled: boolean }[];
  tickets(): readonly string[];
  /** state and labels of each */
  stands(): readonly (readonly string[])[];
  /** the feature's */
  status(): string | undefined;
  state(): string;
}

const rule = { flow: 'both', clash: 'left' } as const;

async function scene(world: World): Promise<Scene> {
  const { ana } = world.people;
  await world.signIn(ana);
  await world.connect(ana);
  await world.connect(ana, world.productboard.addToken().value, { tool: 'productboard', site: world.productboard.url });
  const [feature = ''] = world.productboard.state.entities.keys();
  return {
    world,
    feature,
    id: async () => (await world.tandem().store.integrations.byTeam(ana.team))[0]?.id ?? '',
    plugins: () => [...world.productboard.state.plugins.values()],
    tickets: () => [...world.gitlab.project(world.place).issues.values()].filter(({ iid }) => iid > 3).map(({ description }) => description ?? ''),
    stands: () => [...world.gitlab.project(world.place).issues.values()].filter(({ iid }) => iid > 3).map(({ state, labels }) => [state, ...labels]),
    status: () => world.productboard.state.entities.get(feature)?.status?.name,
    state: () => {
      const [plugin] = world.productboard.state.plugins.keys();
      return plugin === undefined ? 'none' : world.productboard.connection(plugin, feature).state;
    },
  };
}

/** The integration is asked for; its set-up goes on by itself. */
const make = ({ world }: Scene): Promise<unknown> =>
  world.call<IntegrationView>(world.people.ana, 'POST', '/api/integrations', {
    left: { tool: 'productboard', site: world.productboard.url, place: 'features' },
    right: { tool: 'gitlab', site: world.site, place: world.place },
    name: 'Tracker',
    button: 'Push',
    rules: { title: rule, description: rule, status: rule },
    // The ticket gets a label when it is made, and is closed after that.
    statuses: [{ feature: world.productboard.state.statuses[0]?.id ?? '', ticket: 'closed', label: 'later', color: 'gray' }],
  });

/** What is begun when the deaths begin, and what must be true in the end, however it went. */
interface Story {
  readonly name: string;
  /** it begins with a click in Productboard */
  readonly click?: true;
  readonly before: (scene: Scene) => Promise<void>;
  readonly begin: (scene: Scene) => Promise<unknown>;
  readonly end: (scene: Scene) => Promise<void>;
}

const rest = (scene: Scene): Promise<void> => scene.world.settle(75_000);
const press = (scene: Scene, trigger: 'button.push' | 'button.unlink'): Promise<unknown> => scene.world.productboard.press([...scene.world.productboard.state.plugins.keys()][0] ?? '', scene.feature, trigger);
const rows = async ({ world, id }: Scene): Promise<readonly [connections: number, pairs: number]> => [(await world.tandem().store.connections.byIntegration(await id())).length, (await world.tandem().store.pairs.byTeam(world.people.ana.team)).length];

const STORIES: readonly Story[] = [
  {
    name: 'set-up',
    before: async () => undefined,
    begin: make,
    end: async (scene) => {
      // Who died before it was stored has made nothing anywhere.
      if ((await scene.id()) === '') return expect([scene.plugins(), scene.world.productboard.state.webhooks.size, scene.world.gitlab.state.hooks.length]).toEqual([[], 0, 0]);
      expect(scene.plugins()).toMatchObject([{ name: 'Tracker', enabled: true }]);
      expect([scene.world.productboard.state.webhooks.size, scene.world.gitlab.state.hooks.length]).toEqual([1, 1]);
      expect((await scene.world.tandem().store.integrations.get(await scene.id()))?.state).toBe('on');
    },
  },
  {
    name: 'push',
    click: true,
    before: async (scene) => {
      await make(scene);
      await rest(scene);
    },
    begin: (scene) => press(scene, 'button.push'),
    end: async (scene) => {
      const [ticket, ...more] = scene.tickets();
      expect(more).toEqual([]);
      // Who died before anything was stored has done nothing.
      expect([scene.state(), await rows(scene)]).toEqual(ticket === undefined ? ['error', [0, 0]] : ['connected', [1, 1]]);
      expect([scene.status(), scene.stands()]).toEqual(['New idea', ticket === undefined ? [] : [['closed', 'later']]]);
    },
  },
  {
    name: 'unlink',
    click: true,
    before: async (scene) => {
      await make(scene);
      await rest(scene);
      await scene.world.during(press(scene, 'button.push'));
      await rest(scene);
    },
    begin: (scene) => press(scene, 'button.unlink'),
    end: async (scene) => {
      const [linked, pairs] = await rows(scene);
      expect([pairs, ...scene.tickets().map((text) => text.includes('#tandem-'))]).toEqual([linked, linked === 1]);
      // Who died before anything was stored has undone nothing, and Productboard had no answer.
      expect(linked === 1 ? ['connected', 'error'] : ['initial']).toContain(scene.state());
    },
  },
  {
    name: 'tear-down',
    before: async (scene) => {
      await make(scene);
      await rest(scene);
      await scene.world.during(press(scene, 'button.push'));
      await rest(scene);
    },
    begin: async (scene) => scene.world.call(scene.world.people.ana, 'DELETE', `/api/integrations/${await scene.id()}`),
    end: async (scene) => {
      // Who died before it was stored has taken nothing down.
      if ((await scene.world.tandem().store.integrations.get(await scene.id()))?.state === 'on') return expect([scene.state(), await rows(scene), scene.world.productboard.state.webhooks.size, scene.world.gitlab.state.hooks.length]).toEqual(['connected', [1, 1], 1, 1]);
      expect([scene.plugins().length, scene.world.productboard.state.webhooks.size, scene.world.gitlab.state.hooks.length]).toEqual([0, 0, 0]);
      expect(await rows(scene)).toEqual([0, 0]);
      expect(await scene.world.tandem().store.integrations.get(await scene.id())).toMatchObject({ state: 'removed', report: [] });
      expect(scene.tickets().map((text) => text.includes('#tandem-'))).toEqual([false]);
    },
  },
  {
    name: 'tear-down without any push',
    before: async (scene) => {
      await make(scene);
      await rest(scene);
    },
    begin: async (scene) => scene.world.call(scene.world.people.ana, 'DELETE', `/api/integrations/${await scene.id()}`),
    end: async (scene) => {
      const integration = await scene.world.tandem().store.integrations.get(await scene.id());
      const left = [scene.plugins().length, scene.world.productboard.state.webhooks.size, scene.world.gitlab.state.hooks.length];
      // Who died before it was stored has taken nothing down.
      if (integration?.state === 'on') return expect(left).toEqual([1, 1, 1]);
      expect([left, integration]).toMatchObject([[0, 0, 0], { state: 'removed', report: [] }]);
    },
  },
];

async function play(story: Story, at: number): Promise<{ steps: readonly string[]; died: boolean; tickets: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-crash-'));
  const path = join(folder, 'tandem.db');
  const one = death(path);
  const world = await openWorld({ productboard: true, store: `sqlite:${path}`, overrides: () => one.parts() });
  try {
    const on = await scene(world);
    await story.before(on);
    one.steps.length = 0;
    one.seen = 0;
    one.at = at;
    const begun = story.begin(on);
    begun.catch(() => undefined);
    let ended = false;
    const quiet = (async () => {
      await world.during(begun).catch(() => undefined);
      await rest(on);
      ended = true;
    })();
    await Promise.race([quiet, one.happened]);
    const died = !ended;
    const tickets = on.tickets().length;
    if (died) {
      await world.abandon();
      // A click ends with that; our own call is pumped by the dead process, and never does.
      if (story.click) await begun.catch(() => undefined);
      await tendIntegrations({ store: world.tandem().store, now: world.now }, (tasks) => world.tandem().worker.mark(tasks));
      await rest(on);
      await rest(on);
    }
    await story.end(on);
    return { steps: [...one.steps], died, tickets };
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.each(STORIES)('a crash at every step of $name', (story) => {
  test('leaves no duplicate and no orphan, and what was begun is ended', { timeout: 200_000 }, async () => {
    const { steps } = await play(story, Infinity);
    expect(steps.length).toBeGreaterThan(3);
    for (let at = 1; at <= steps.length; at += 1) {
      await play(story, at).catch((error: unknown) => {
        throw new Error(`${story.name}, killed ${at % 2 ? 'before' : 'after'} ${steps[at - 1]} (${at} of ${steps.length}): ${error instanceof Error ? error.message : String(error)}`);
      });
    }
  });
});

test('many pushed at once, and half-way the process is gone: the next goes on, and each feature has its one ticket', { timeout: 200_000 }, async () => {
  const names = Array.from({ length: 20 }, (_, i) => `Feature ${String(i).padStart(2, '0')}`);
  const { died, tickets } = await play(
    {
      name: 'backfill',
      before: async (scene) => {
        await make(scene);
        await rest(scene);
        const { url, miro, people, productboard } = scene.world;
        const items = names.map((name) => ({ item: productboard.addEntity({ name }).id }));
        // It is answered before anything of it is begun.
        const asked = await fetch(`${url}/api/integrations/${await scene.id()}/connections`, { method: 'POST', headers: { authorization: `Bearer ${miro.idToken(people.ana.user, people.ana.team)}`, 'content-type': 'application/json' }, body: JSON.stringify({ items }) });
        expect(await asked.json()).toMatchObject({ begun: 20 });
      },
      begin: async () => undefined,
      end: async (scene) => {
        const linked = await scene.world.tandem().store.connections.byIntegration(await scene.id());
        expect(linked.map(({ state }) => state)).toEqual(names.map(() => 'linked'));
        const made = [...scene.world.gitlab.project(scene.world.place).issues.values()].filter(({ iid }) => iid > 3);
        expect(made.map(({ title }) => title).toSorted()).toEqual(names);
      },
    },
    150,
  );
  expect([died, tickets > 0, tickets < 20]).toEqual([true, true, true]);
});
