import type { ConnectionsAnswer, IntegrationBody, IntegrationsAnswer, IntegrationView } from '@tandem/shared/integrations';
import type { MeAnswer, PlaceAnswer } from '@tandem/shared/api';
import { BUDGET } from '@tandem/bff/services/buttons';
import { readLane, writeLane } from '@tandem/bff/sync/keys';
import { afterEach, beforeAll, afterAll, describe, expect, test } from 'vitest';
import { giteaForTests } from '../gitea/server.ts';
import { httpThrough } from '../sim/through.ts';
import { clicks, eventually, openWorld, seen, type World, type WorldOptions } from '../sim/world.ts';

// The paragraphs of “How to implement an integration service” (shared seeds), one story each, with the simulated GitLab and the real Gitea as the tracker.

type Gitea = NonNullable<Awaited<ReturnType<typeof giteaForTests>>>;

/** A ticket as its tracker has it. */
interface Ticket {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly open: boolean;
  readonly labels: readonly string[];
}

/** The tracker of a story: what people do in it, and what it has. */
interface Tracker {
  readonly tool: string;
  readonly site: string;
  readonly place: string;
  readonly token: string;
  tickets(): Promise<readonly Ticket[]>;
  edit(id: string, change: { title?: string; description?: string; open?: boolean }): Promise<void>;
  add(title: string): Promise<string>;
  remove(id: string): Promise<void>;
  /** where its webhooks call this Tandem */
  hooks(): Promise<readonly string[]>;
  /** another project there, and the titles of what was added to it */
  readonly second: { readonly place: string; titles(): Promise<readonly string[]> };
}

interface Story extends World {
  readonly tracker: Tracker;
  readonly feature: string;
  readonly other: string;
  /** sets one up and lets it come to rest */
  integrate(over?: Partial<IntegrationBody>): Promise<IntegrationView>;
  view(): Promise<IntegrationView>;
  column(): string;
  press(feature?: string, trigger?: 'button.push' | 'button.unlink' | 'button.dismiss'): Promise<{ readonly state: string }>;
  /** lets everything come to rest, what the tracker tells included */
  rest(): Promise<void>;
}

let gitea: Gitea | undefined;
beforeAll(async () => {
  gitea = (await giteaForTests()) ?? undefined;
});
afterAll(() => gitea?.close());

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

function gitlabTracker(world: World): Tracker {
  const issues = () => [...world.gitlab.project(world.place).issues.values()];
  const before = new Set(issues().map(({ iid }) => iid));
  const second = world.gitlab.addProject('acme/support', { ana: 50 });
  return {
    tool: 'gitlab',
    site: world.site,
    place: world.place,
    token: world.tokens.ana,
    tickets: async () => issues().filter(({ iid }) => !before.has(iid)).map(({ iid, title, description, state, labels }) => ({ id: String(iid), title, description: description ?? '', open: state === 'opened', labels })),
    async edit(id, { title, description, open }) {
      world.gitlab.as('ben').updateIssue(world.place, Number(id), { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }), ...(open === undefined ? {} : { state_event: open ? 'reopen' : 'close' }) });
    },
    add: async (title) => String(world.gitlab.as('ben').createIssue(world.place, { title, description: 'By hand.' }).iid),
    remove: async (id) => world.gitlab.as('ana').deleteIssue(world.place, Number(id)),
    hooks: async () => world.gitlab.state.hooks.map(({ url }) => url),
    second: { place: String(second.id), titles: async () => [...world.gitlab.project(second.id).issues.values()].map(({ title }) => title) },
  };
}

async function giteaTracker(world: World, server: Gitea): Promise<Tracker> {
  const path = '/repos/acme/roadmap';
  interface Issue { readonly number: number; readonly title: string; readonly body: string; readonly state: string; readonly labels: readonly { readonly name: string }[] }
  const all = (of = path): Promise<readonly Issue[]> => server.api('ana', 'GET', `${of}/issues?state=all&type=issues&limit=50`);
  const before = new Set((await all()).map(({ number }) => number));
  const elsewhere = new Set((await all('/repos/acme/website')).map(({ number }) => number));
  return {
    tool: 'gitea',
    site: server.url,
    place: 'acme/roadmap',
    token: server.tokens.ana,
    tickets: async () => (await all()).filter(({ number }) => !before.has(number)).map(({ number, title, body, state, labels }) => ({ id: String(number), title, description: body, open: state === 'open', labels: labels.map(({ name }) => name) })),
    edit: async (id, { title, description, open }) => void (await server.api('ben', 'PATCH', `${path}/issues/${id}`, { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { body: description }), ...(open === undefined ? {} : { state: open ? 'open' : 'closed' }) })),
    async add(title) {
      const { number } = await server.api<Issue>('ben', 'POST', `${path}/issues`, { title, body: 'By hand.' });
      return String(number);
    },
    remove: async (id) => void (await server.api('ana', 'DELETE', `${path}/issues/${id}`)),
    hooks: async () => (await server.api<readonly { readonly config: { readonly url: string } }[]>('ana', 'GET', `${path}/hooks`)).flatMap(({ config }) => (config.url.startsWith(world.url) ? [config.url] : [])),
    second: { place: 'acme/website', titles: async () => (await all('/repos/acme/website')).flatMap(({ number, title }) => (elsewhere.has(number) ? [] : [title])) },
  };
}

async function open(kind: 'gitlab' | 'gitea', options: WorldOptions = {}): Promise<Story> {
  const server = gitea;
  const opened = await openWorld({ productboard: true, ...options, ...(kind === 'gitea' && server ? { live: true, env: { GITEA_URL: server.url }, overrides: { timers: clicks(15_000), ...(typeof options.overrides === 'object' ? options.overrides : {}) } } : {}) });
  world = opened;
  const { ana } = opened.people;
  await opened.signIn(ana);
  const tracker = kind === 'gitea' && server ? await giteaTracker(opened, server) : gitlabTracker(opened);
  await opened.connect(ana, tracker.token, { tool: tracker.tool, site: tracker.site });
  await opened.connect(ana, opened.productboard.addToken().value, { tool: 'productboard', site: opened.productboard.url });
  const [feature = '', other = ''] = opened.productboard.state.entities.keys();
  const live = kind === 'gitea';

  const statuses = async (tool: string, site: string, place: string) => (await opened.call<PlaceAnswer>(ana, 'GET', `/api/tools/${tool}/${encodeURIComponent(site)}/places/${encodeURIComponent(place)}`)).body.statuses;
  const story: Story = Object.assign(opened, {
    tracker,
    feature,
    other,
    async view() {
      const { integrations } = (await opened.call<IntegrationsAnswer>(ana, 'GET', '/api/integrations')).body;
      const [one] = integrations;
      if (!one) throw new Error('there is no integration');
      return one;
    },
    column() {
      const [id] = opened.productboard.state.plugins.keys();
      if (id === undefined) throw new Error('there is no column');
      return id;
    },
    async rest() {
      if (!live) return opened.settle(8000);
      // Gitea tells in its own time: rest is when nothing is due for a while, several looks in a row.
      const lanes = [readLane(ana.team, 'productboard', opened.productboard.url), readLane(ana.team, tracker.tool, tracker.site), writeLane(ana.team, ana.user)];
      for (let still = 0; still < 6; ) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        const due = await Promise.all(lanes.map((lane) => opened.tandem().store.tasks.due(lane, Date.now() + 3000, 1, 1)));
        still = due.some((tasks) => tasks.length > 0) ? 0 : still + 1;
      }
    },
    press: (id = feature, trigger = 'button.push' as const) => opened.during(opened.productboard.press(story.column(), id, trigger)),
    async integrate(over: Partial<IntegrationBody> = {}) {
      const [left, right] = [{ tool: 'productboard', site: opened.productboard.url, place: 'features' }, { tool: tracker.tool, site: tracker.site, place: tracker.place }];
      const [mine, theirs] = [await statuses(left.tool, left.site, left.place), await statuses(right.tool, right.site, right.place)];
      const of = (list: typeof mine, name: string): string => list.find((one) => one.name === name || one.kind === name)?.id ?? '';
      const body: IntegrationBody = {
        left,
        right,
        name: 'Tracker',
        button: 'Push',
        rules: { title: { flow: 'both', clash: 'left' }, description: { flow: 'both', clash: 'left' }, status: { flow: 'both', clash: 'right' } },
        statuses: [
          { feature: of(mine, 'New idea'), ticket: of(theirs, 'open'), color: 'gray' },
          { feature: of(mine, 'In progress'), ticket: of(theirs, 'open'), label: 'feature', color: 'blue' },
          { feature: of(mine, 'Released'), ticket: of(theirs, 'closed'), color: 'green' },
        ],
        ...over,
      };
      const made = await opened.call<IntegrationView>(ana, 'POST', '/api/integrations', body);
      if (made.status !== 202) throw new Error(JSON.stringify(made.body));
      await story.rest();
      return story.view();
    },
  });
  return story;
}

const featureOf = (story: Story, id = story.feature) => story.productboard.state.entities.get(id);
const shown = (story: Story, id = story.feature) => story.productboard.connection(story.column(), id);
const only = async (story: Story): Promise<Ticket> => {
  const tickets = await story.tracker.tickets();
  expect(tickets).toHaveLength(1);
  const [ticket] = tickets;
  if (!ticket) throw new Error('no ticket');
  return ticket;
};
/** A moment later: stamps of whole seconds tell it apart. */
const later = async (story: Story, kind: string): Promise<void> => {
  if (kind === 'gitea') await new Promise((resolve) => setTimeout(resolve, 1100));
  else story.advance(2000);
};

describe.each(['gitlab', 'gitea'] as const)('with %s', (kind) => {
  const story = (name: string, run: (story: Story) => Promise<void>, options?: WorldOptions): void => {
    test(name, async ({ skip }) => {
      if (kind === 'gitea' && !gitea) skip();
      await run(await open(kind, options));
    });
  };

  story('Integration configuration: who is who and what there is is checked before anything is made', async (story) => {
    const { ana } = story.people;
    const ends = { left: { tool: 'productboard', site: story.productboard.url, place: 'features' }, right: { tool: story.tracker.tool, site: story.tracker.site, place: story.tracker.place } };
    const { status, body } = await story.call(ana, 'POST', '/api/integrations/check', ends);
    expect([status, body]).toMatchObject([200, { ready: true, troubles: [], left: { statuses: [{ name: 'New idea' }, { name: 'In progress' }, { name: 'Released' }] }, right: { statuses: [{ kind: 'open' }, { kind: 'closed' }] } }]);
    expect(story.productboard.state.plugins.size).toBe(0);
    expect((await story.call<MeAnswer>(ana, 'GET', '/api/me')).body.sites.find(({ tool }) => tool === 'productboard')?.account?.person.name).toContain('API token');
  });

  describe('Integration service: one that is set up, from its configuration to several side by side', () => {
    let shared: Story | undefined;
    let id = '';
    beforeAll(async () => {
      if (kind === 'gitea' && !gitea) return;
      shared = await open(kind);
      // It is closed after all of these.
      world = undefined;
      ({ id } = await shared.integrate());
    }, 60_000);
    afterAll(() => shared?.close());
    const part = (name: string, run: (story: Story) => Promise<void>): void => {
      test(name, { timeout: 60_000 }, async ({ skip }) => {
        if (!shared) return skip();
        await run(shared);
      });
    };
    const stored = async ({ tandem, people }: Story) => {
      const { store } = tandem();
      const integration = await store.integrations.get(id);
      if (!integration) throw new Error('it is not stored');
      const watch = ({ tool, site, place }: typeof integration.left) => store.watches.byPlace(people.ana.team, tool, site, place);
      return { integration, left: await watch(integration.left), right: await watch(integration.right) };
    };
    /** A call of the button as Productboard makes it, whatever the button offers. */
    const call = async (story: Story, trigger: string): Promise<number> => {
      const [{ id: column, action } = {}] = [...story.productboard.state.plugins.values()];
      const body = JSON.stringify({ data: { integrationId: column, trigger, feature: { id: story.feature } } });
      return (await story.during(fetch(`${action?.url}`, { method: 'POST', headers: { authorization: action?.authorization ?? '', 'content-type': 'application/json' }, body }))).status;
    };

    part('Integration configuration page: a column, a webhook there and one at the tracker are made, and the data and their ids stored', async (story) => {
      expect(await story.view()).toMatchObject({ state: 'on', done: ['column', 'source', 'target', 'enable'], left: { watch: 'hook' }, right: { watch: 'hook' } });
      const { integration, left, right } = await stored(story);
      expect(integration).toMatchObject({ left: { site: story.productboard.url }, right: { tool: story.tracker.tool, place: story.tracker.place }, column: story.column() });
      expect([left?.remoteId, typeof right?.remoteId]).toEqual([[...story.productboard.state.webhooks.keys()][0], 'string']);
      expect([story.productboard.state.plugins.size, story.productboard.state.webhooks.size, (await story.tracker.hooks()).length]).toEqual([1, 1, 1]);
    });

    part('Creating integration column in Productboard: it is made with its name, its button and our address, and the id that came back is the one that we know', async (story) => {
      const [plugin] = story.productboard.state.plugins.values();
      expect(plugin).toMatchObject({ name: 'Tracker', label: 'Push', enabled: true, action: { url: `${story.url}/buttons/${id}`, version: 1 } });
      expect((await stored(story)).integration.column).toBe(plugin?.id);
      expect(story.productboard.requests.filter(({ method, path }) => method === 'POST' && path === '/v2/plugin-integrations').map(({ status }) => status)).toEqual([201]);
    });

    part('Registering Productboard webhook: its URL holds our own id, by which a notification is known to belong here', async (story) => {
      const [webhook] = story.productboard.state.webhooks.values();
      const { left } = await stored(story);
      expect(webhook).toMatchObject({ notification: { url: `${story.url}/hooks/productboard/${left?.id}` }, events: ['feature.updated', 'feature.deleted'] });
      const notify = async (url: string): Promise<number> => (await fetch(url, { method: 'POST', headers: { authorization: webhook?.notification.authorization ?? '', 'content-type': 'application/json' }, body: JSON.stringify({ data: { id: story.feature, eventType: 'feature.updated', links: { target: '' } } }) })).status;
      expect([await notify(`${webhook?.notification.url}`), await notify(`${story.url}/hooks/productboard/of-another`)]).toEqual([202, 404]);
    });

    part('Registering a notification channel from a third-party service: a webhook of the project, with our own id in its URL', async (story) => {
      expect(await story.tracker.hooks()).toEqual([`${story.url}/hooks/${story.tracker.tool}/${(await stored(story)).right?.id}`]);
    });

    part('Push flow, note: no other trigger than button.push makes a ticket', async (story) => {
      expect([await call(story, 'button.unlink'), await call(story, 'button.dismiss'), await call(story, 'button.dance')]).toEqual([200, 200, 422]);
      await story.rest();
      expect([await story.tracker.tickets(), shown(story)]).toEqual([[], { state: 'initial' }]);
    });

    part('Terminology, Third-party system: the integration column lets a push begin and shows the status of the connection, which links one feature and the ticket that was made of it there, both following one another', async (story) => {
      expect(shown(story)).toEqual({ state: 'initial' });
      await story.press();
      await story.rest();
      const ticket = await only(story);
      expect(shown(story)).toMatchObject({ state: 'connected', label: 'Open' });
      expect((await story.call<ConnectionsAnswer>(story.people.ana, 'GET', `/api/integrations/${id}/connections`)).body.connections).toMatchObject([{ state: 'linked', item: story.feature, feature: { title: 'Dark mode' }, ticket: { ref: { tool: story.tracker.tool, place: story.tracker.place, id: ticket.id } }, pair: { state: 'live' } }]);
    });

    part('Terminology, Productboard APIs: the column is managed, features are read and webhooks registered through the API of each, and nothing else is asked', async (story) => {
      const asked = story.productboard.requests.flatMap(({ path, status }) => (status < 300 ? [path.split('/').slice(0, 3).join('/')] : []));
      expect(new Set(asked)).toEqual(new Set(['/v2/entities', '/v2/webhooks', '/v2/plugin-integrations']));
    });

    part('Integration configuration: several side by side, each column with a project of its own', async (story) => {
      const { ana } = story.people;
      const { integration } = await stored(story);
      const made = await story.call<IntegrationView>(ana, 'POST', '/api/integrations', { left: integration.left, right: { ...integration.right, place: story.tracker.second.place }, name: 'Second', button: 'File', rules: integration.rules, statuses: [] });
      expect(made.status).toBe(202);
      await story.rest();
      expect([...story.productboard.state.plugins.values()].map(({ name, enabled }) => [name, enabled])).toEqual([['Tracker', true], ['Second', true]]);
      const [, column = ''] = story.productboard.state.plugins.keys();
      expect(await story.during(story.productboard.press(column, story.other))).toMatchObject({ state: 'connected' });
      await story.rest();
      expect([(await only(story)).title, await story.tracker.second.titles(), shown(story, story.other)]).toEqual(['Dark mode', ['Single sign-on'], { state: 'initial' }]);
      // Gitea lives on for the next story.
      expect((await story.call(ana, 'DELETE', `/api/integrations/${made.body.id}`)).status).toBe(202);
      await story.rest();
      expect([...story.productboard.state.plugins.keys()]).toEqual([integration.column]);
    });
  });

  story('Push flow: a click makes one ticket with title, text and a link back, and the button shows it', async (story) => {
    await story.integrate();
    const answer = await story.press();
    const ticket = await only(story);
    expect(ticket).toMatchObject({ title: 'Dark mode', open: true });
    expect(ticket.description).toContain('Easier on the **eyes**.');
    expect(ticket.description).toContain(`[Dark mode](${story.productboard.url}/entity-detail/features/${story.feature}#tandem-`);
    await story.rest();
    expect(answer).toMatchObject({ state: 'connected' });
    expect(shown(story)).toMatchObject({ state: 'connected', label: 'Open', hoverLabel: expect.stringContaining(`#${ticket.id}`) as unknown, color: 'gray', targetUrl: expect.stringContaining(ticket.id) as unknown });
    expect(await story.tracker.tickets()).toHaveLength(1);
    expect(featureOf(story)?.description).toBe('<p>Easier on the <b>eyes</b>.</p>');
  });

  story('Push flow: a feature’s status decides the ticket’s, its label and the colour', async (story) => {
    await story.integrate();
    await story.press(story.other);
    await story.rest();
    expect(await only(story)).toMatchObject({ title: 'Single sign-on', labels: ['feature'] });
    expect(shown(story, story.other)).toMatchObject({ label: 'feature', color: 'blue' });
    expect(featureOf(story, story.other)?.status?.name).toBe('In progress');
  });

  {
    let hold = Promise.resolve();
    const http = httpThrough(async (request, send) => {
      if (request.method === 'POST' && request.url.endsWith('/issues')) await hold;
      return send(request);
    });
    story('Asynchronous push flow: a click that takes too long is answered with progress, and the connection is set when it is there', async (story) => {
      expect(BUDGET, 'as long as Productboard waits').toBeLessThan(5000);
      await story.integrate();
      let release = (): void => undefined;
      hold = new Promise((resolve) => {
        release = resolve;
      });
      const pressed = story.productboard.press(story.column(), story.feature);
      const working = kind === 'gitlab' ? eventually(() => story.settle(0).then(() => story.tracker.tickets()), (tickets) => tickets.length > 0) : undefined;
      expect(await pressed).toEqual({ state: 'progress' });
      expect([shown(story).state, await story.tracker.tickets()]).toEqual(['progress', []]);
      release();
      await working;
      await story.rest();
      const { id } = await only(story);
      expect(shown(story)).toMatchObject({ state: 'connected', label: 'Open', targetUrl: expect.stringContaining(id) as unknown });
    }, { overrides: { http, timers: clicks(100) } });
  }

  story('Propagation of updates from Productboard: the ticket follows, its link stays', async (story) => {
    await story.integrate();
    await story.press();
    await story.rest();
    await later(story, kind);
    story.productboard.edit(story.feature, { name: 'Darker mode', description: '<h2>Why</h2><ul><li>eyes</li></ul>', status: 'Released' });
    await story.rest();
    const ticket = await only(story);
    expect(ticket).toMatchObject({ title: 'Darker mode', open: false });
    expect(ticket.description).toMatch(/^## Why\n\n- eyes\n\nProductboard: \[/);
    expect(shown(story)).toMatchObject({ label: 'Closed', color: 'green' });
  });

  story('Propagation of updates from the third-party system: feature and column follow, and the echo finds nothing to do', async (story) => {
    await story.integrate();
    await story.press();
    await story.rest();
    await later(story, kind);
    const { id, description } = await only(story);
    await story.tracker.edit(id, { title: 'Night mode', description: `At *night*.\n\n${description.split('\n').at(-1)}`, open: false });
    await story.rest();
    // Gitea tells when it gets round to it.
    await eventually(() => featureOf(story)?.name, (name) => kind !== 'gitea' || name === 'Night mode');
    await story.rest();
    expect(featureOf(story)).toMatchObject({ name: 'Night mode', description: '<p>At <i>night</i>.</p>', status: { name: 'Released' } });
    expect(shown(story)).toMatchObject({ label: 'Closed', color: 'green' });
    const writes = () => story.productboard.requests.filter(({ method }) => method === 'PATCH' || method === 'PUT').length;
    const before = writes();
    await story.rest();
    expect(writes()).toBe(before);
  });

  story('Unlinking: the button undoes link and mapping, and both stay', async (story) => {
    await story.integrate();
    await story.press();
    await story.rest();
    expect(await story.press(story.feature, 'button.unlink')).toEqual({ state: 'initial' });
    await story.rest();
    const ticket = await only(story);
    expect(ticket).toMatchObject({ title: 'Dark mode', description: 'Easier on the **eyes**.' });
    expect(shown(story)).toEqual({ state: 'initial' });
    await later(story, kind);
    await story.tracker.edit(ticket.id, { title: 'On its own' });
    await story.rest();
    expect(featureOf(story)?.name).toBe('Dark mode');
    await story.press();
    await story.rest();
    expect(await story.tracker.tickets()).toHaveLength(2);
  });

  story('Unlinking can happen also due to feature deletion: the ticket stays, without its link', async (story) => {
    await story.integrate();
    await story.press();
    await story.rest();
    story.productboard.remove(story.feature);
    await story.rest();
    expect((await only(story)).description).toBe('Easier on the **eyes**.');
    expect((await story.view()).counts).toMatchObject({ linked: 0, leaving: 0 });
  });

  story('Unlinking can happen also due to deletion of the ticket, also where nobody tells of it', async (story) => {
    const { id } = await story.integrate();
    await story.press();
    await story.rest();
    await story.tracker.remove((await only(story)).id);
    if (kind === 'gitlab') {
      // GitLab sends nothing: the daily look at the whole place finds it.
      for (let day = 0; day < 2; day += 1) {
        story.advance(24 * 3_600_000);
        await story.settle(60_000);
      }
    }
    await story.rest();
    // Gitea tells of a deletion when it gets round to it.
    expect(await eventually(() => shown(story), ({ state }) => kind !== 'gitea' || state === 'initial')).toEqual({ state: 'initial' });
    await story.rest();
    expect((await story.call<ConnectionsAnswer>(story.people.ana, 'GET', `/api/integrations/${id}/connections`)).body.connections).toEqual([]);
    expect(featureOf(story)?.name).toBe('Dark mode');
  });

  story('Integration management: an update is in the column at once, and holds for what is linked already', async (story) => {
    const { id } = await story.integrate();
    await story.press();
    await story.rest();
    const rules = { title: { flow: 'off', clash: 'left' }, description: { flow: 'right', clash: 'left' }, status: { flow: 'both', clash: 'right' } } as const;
    expect((await story.call(story.people.ana, 'PATCH', `/api/integrations/${id}`, { name: 'Bugs', button: 'File it', rules })).status).toBe(202);
    await story.rest();
    expect([...story.productboard.state.plugins.values()]).toMatchObject([{ name: 'Bugs', label: 'File it', enabled: true }]);
    await later(story, kind);
    story.productboard.edit(story.feature, { name: 'Darker mode', description: '<p>At night.</p>' });
    await story.rest();
    expect(await only(story)).toMatchObject({ title: 'Dark mode', description: expect.stringMatching(/^At night\./) as unknown });
  });

  const asked: string[] = [];
  const http = httpThrough((request, send) => {
    if (request.method !== 'GET' && !request.url.endsWith('/entities/search')) asked.push(/plugin-integrations|hooks|issues/.exec(new URL(request.url).pathname)?.[0] ?? request.url);
    return send(request);
  });
  story('Integration management: deleting takes column, webhooks and mapping, in that order, and leaves tickets and features', async (story) => {
    const { id } = await story.integrate();
    await story.press();
    await story.rest();
    asked.length = 0;
    expect((await story.call(story.people.ana, 'DELETE', `/api/integrations/${id}`)).status).toBe(202);
    await story.rest();
    expect(asked).toEqual(['plugin-integrations', 'hooks', 'hooks', 'issues']);
    expect([story.productboard.state.plugins.size, story.productboard.state.webhooks.size, await story.tracker.hooks()]).toEqual([0, 0, []]);
    expect((await story.call<IntegrationsAnswer>(story.people.ana, 'GET', '/api/integrations')).body.integrations).toEqual([]);
    expect((await only(story)).description, 'without its link').toBe('Easier on the **eyes**.');
    expect(await story.tandem().store.pairs.byTeam(story.people.ana.team)).toEqual([]);
    expect((await fetch(`${story.url}/buttons/${id}`, { method: 'POST', body: '{}' })).status).toBe(410);
  }, { overrides: { http } });

  story('One link graph: a card of the feature and a card of its ticket follow whatever changes at either end', async (story) => {
    await story.integrate();
    await story.press();
    await story.rest();
    const ticket = await only(story);
    const { ana } = story.people;
    const cards = [
      await story.put(ana, { tool: 'productboard', site: story.productboard.url, place: 'features', id: story.feature }),
      await story.put(ana, { tool: story.tracker.tool, site: story.tracker.site, place: story.tracker.place, id: ticket.id }),
    ];
    await story.rest();
    await later(story, kind);
    story.productboard.edit(story.feature, { name: 'Everywhere' });
    await story.rest();
    expect(cards.map(({ card }) => seen(story.card(card))?.title)).toEqual(['<p>Everywhere</p>', '<p>Everywhere</p>']);
  });
});
