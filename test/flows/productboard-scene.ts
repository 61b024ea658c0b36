import type { IntegrationBody, IntegrationsAnswer, IntegrationView } from '@tandem/shared/integrations';
import { openWorld, type World, type WorldOptions } from '../sim/world.ts';

const rule = { flow: 'both', clash: 'left' } as const;

/** A world with a Productboard, and what stories of its column need of it. */
export interface Scene extends World {
  readonly feature: string;
  readonly other: string;
  readonly body: IntegrationBody;
  /** sets one up and lets it come to rest */
  set(over?: Partial<IntegrationBody>): Promise<IntegrationView>;
  view(): Promise<IntegrationView>;
  column(): string;
  press(trigger?: 'button.push' | 'button.unlink' | 'button.dismiss', feature?: string): Promise<{ readonly state: string; readonly message?: string }>;
  /** the call of a push, whatever the button offers; the worker does not run for it */
  click(feature?: string): Promise<unknown>;
  shown(feature?: string): { readonly state: string };
  /** those that were not there in the beginning */
  tickets(): readonly { readonly iid: number; readonly title: string; readonly description: string; readonly state: string; readonly labels: readonly string[] }[];
}

/** Opens the world, which `began` is told of at once, and connects ana's accounts. */
export async function openScene(options: WorldOptions, began: (world: World) => void): Promise<Scene> {
  const opened = await openWorld({ productboard: true, ...options });
  began(opened);
  const { ana } = opened.people;
  await opened.signIn(ana);
  await opened.connect(ana);
  await opened.connect(ana, opened.productboard.addToken().value, { tool: 'productboard', site: opened.productboard.url });
  const [feature = '', other = ''] = opened.productboard.state.entities.keys();
  const [idea, progress, released] = opened.productboard.state.statuses.map(({ id }) => id);
  const body: IntegrationBody = {
    left: { tool: 'productboard', site: opened.productboard.url, place: 'features' },
    right: { tool: 'gitlab', site: opened.site, place: opened.place },
    name: 'Tracker',
    button: 'Push',
    rules: { title: rule, description: rule, status: { flow: 'both', clash: 'right' } },
    statuses: [{ feature: idea ?? '', ticket: 'opened', color: 'gray' }, { feature: progress ?? '', ticket: 'opened', label: 'feature', color: 'blue' }, { feature: released ?? '', ticket: 'closed', color: 'green' }],
  };
  const scene: Scene = Object.assign(opened, {
    feature,
    other,
    body,
    async set(over: Partial<IntegrationBody> = {}) {
      const made = await opened.call<IntegrationView>(ana, 'POST', '/api/integrations', { ...body, ...over });
      if (made.status !== 202) throw new Error(JSON.stringify(made.body));
      await opened.settle(8000);
      return scene.view();
    },
    async view() {
      const [one] = (await opened.call<IntegrationsAnswer>(ana, 'GET', '/api/integrations')).body.integrations;
      if (!one) throw new Error('there is no integration');
      return one;
    },
    column: () => [...opened.productboard.state.plugins.keys()][0] ?? '',
    press: (trigger: 'button.push' | 'button.unlink' | 'button.dismiss' = 'button.push', id = feature) => opened.during(opened.productboard.press(scene.column(), id, trigger)),
    async click(id = feature) {
      const [{ id: column, action } = {}] = [...opened.productboard.state.plugins.values()];
      const body = JSON.stringify({ data: { integrationId: column, trigger: 'button.push', feature: { id } } });
      const answer = await fetch(`${action?.url}`, { method: 'POST', headers: { authorization: action?.authorization ?? '', 'content-type': 'application/json' }, body });
      return ((await answer.json()) as { data: { fields: { connection: unknown } } }).data.fields.connection;
    },
    shown: (id = feature) => opened.productboard.connection(scene.column(), id),
    tickets: () => [...opened.gitlab.project(opened.place).issues.values()].filter(({ iid }) => iid > 3).map(({ iid, title, description, state, labels }) => ({ iid, title, description: description ?? '', state, labels })),
  });
  return scene;
}
