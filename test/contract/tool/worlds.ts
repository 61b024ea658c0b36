import { gitea } from '@tandem/bff/tools/gitea/index';
import { gitlab } from '@tandem/bff/tools/gitlab/index';
import { giteaForTests } from '../../gitea/server.ts';
import { startGitlab } from '../../sim/gitlab.ts';
import type { OpenWorld } from './world.ts';

/** What each tool is proven against, by the name of its folder. */
export const worlds: Readonly<Record<string, OpenWorld>> = {
  /** the real one */
  async gitea() {
    const server = await giteaForTests();
    if (!server) return undefined;
    const repository = '/repos/acme/roadmap';
    const hooks = (): Promise<readonly { id: number; config: { url: string } }[]> => server.api('ana', 'GET', `${repository}/hooks`);
    return {
      tool: gitea({ url: server.url }),
      tokens: { owner: server.tokens.ana, writer: server.tokens.ben, reader: server.tokens.cem },
      place: 'acme/roadmap',
      placeWord: 'ROAD',
      noPlace: 'acme/nothing',
      urlOf: (id) => `${server.url}/Acme/Roadmap/issues/${id}`,
      rename: (id, title) => server.api('ana', 'PATCH', `${repository}/issues/${id}`, { title }),
      destroy: (id) => server.api('ana', 'DELETE', `${repository}/issues/${id}`),
      tellsDeletion: true,
      signs: false,
      notesAt: async (id) => (await server.api<readonly { body: string }[]>('ana', 'GET', `${repository}/issues/${id}/comments`)).map((comment) => comment.body),
      hooksAt: async (url) => (await hooks()).filter((hook) => hook.config.url === url).map((hook) => String(hook.id)),
      switchOff: (id) => server.api('ana', 'PATCH', `${repository}/hooks/${id}`, { active: false }),
      close: () => server.close(),
    };
  },

  async gitlab() {
    const server = await startGitlab();
    for (const [username, name] of [['ana', 'Ana Lima'], ['ben', 'Ben Okafor'], ['cem', 'Cem Yıldız']] as const) server.addUser(username, name);
    const project = server.addProject('acme/product/roadmap', { ana: 50, ben: 30, cem: 10 });
    for (const [name, color] of [['bug', '#D73A4A'], ['feature', '#A2EEEF'], ['urgent', '#B60205']] as const) server.addLabel(project.id, name, color);
    return {
      tool: gitlab({ url: server.url, now: Date.now }),
      tokens: { owner: server.addToken('ana').value, writer: server.addToken('ben').value, reader: server.addToken('cem').value },
      ending: { token: server.addToken('ben', { expiresAt: '2099-12-24' }).value, ends: '2099-12-24T00:00:00.000Z' },
      place: String(project.id),
      placeWord: 'product/road',
      noPlace: '424242',
      urlOf: (id) => `${server.url}/acme/product/roadmap/-/work_items/${id}`,
      rename: async (id, title) => void server.as('ana').updateIssue(project.id, Number(id), { title }),
      destroy: async (id) => server.as('ana').deleteIssue(project.id, Number(id)),
      tellsDeletion: false,
      signs: true,
      notesAt: async (id) => (project.issues.get(Number(id))?.notes ?? []).map((note) => note.body),
      hooksAt: async (url) => server.state.hooks.filter((hook) => hook.url === url).map((hook) => String(hook.id)),
      switchOff: async (id) => {
        const hook = server.state.hooks.find((one) => String(one.id) === id);
        if (hook) Object.assign(hook, { failures: 40, alertStatus: 'disabled' });
      },
      close: () => server.close(),
    };
  },
};
