import type { PairsAnswer } from '@tandem/shared/api';
import { faceOf } from '@tandem/shared/face';
import type { Item } from '@tandem/shared/item';
import { printRef, type Ref } from '@tandem/shared/ref';
import { callApi, openHttp, type Http } from '@tandem/bff/http';
import type { Access } from '@tandem/bff/ports';
import { openStore } from '@tandem/bff/store/open';
import type { Store } from '@tandem/bff/store/store';
import { applyTask, observeTask, readLane, writeLane } from '@tandem/bff/sync/keys';
import { gitlab } from '@tandem/bff/tools/gitlab/index';
import { difference } from './check.ts';
import { issuesOf, type ProcessWorld, type Site } from './processes-world.ts';

/** A look at the world from outside: at the tools' own truth, the boards, and the store. */
export interface Checker {
  /** What is wrong with cards that were told of the last change of their item, by a webhook that was acknowledged; `all`: with any. */
  cards(all: boolean): Promise<string[]>;
  /** What is wrong with the pair, which goes on if it was paused. */
  pair(): Promise<string[]>;
  /** What the store knows of items, cards, their tasks and lanes: for whoever looks for the reason. */
  known(): Promise<string[]>;
  /** What was promised and is not so, what is there twice, what was given up. */
  rest(): Promise<string[]>;
  close(): Promise<void>;
}

/** Opens a checker beside the processes. */
export async function openChecker(on: ProcessWorld): Promise<Checker> {
  const { world, here, there } = on;
  const http = openHttp({ trusted: [], allowPrivate: true });
  const store = await openStore(world.env['TANDEM_STORE'] ?? '');
  const readers = new Map([here, there].map((site) => [site.id, readerOf(http, site)]));
  const truth = (ref: Ref): Promise<Item | undefined> => readers.get(ref.site)?.(ref) ?? Promise.resolve(undefined);

  return {
    async cards(all) {
      const wrong: string[] = [];
      const items = new Map<string, Promise<Item | undefined>>();
      const once = (ref: Ref): Promise<Item | undefined> => {
        const read = items.get(printRef(ref)) ?? truth(ref);
        items.set(printRef(ref), read);
        return read;
      };
      for (const [card, { ref, told }] of on.promised) {
        const site = ref.site === here.id ? here : there;
        if (!told || (!all && !wasTold(site, Number(ref.id)))) continue;
        const item = await once(ref);
        const shown = world.card(card);
        const differs = item && shown && difference(shown, faceOf(item));
        if (differs !== undefined) wrong.push(`Card ${card} of ${printRef(ref)} is wrong: ${differs}.`);
      }
      return wrong;
    },
    async pair() {
      const [ana] = on.writers;
      const answer = await on.api(ana, 'GET', '/api/pairs');
      const pairs = answer?.status === 200 ? (answer.body as PairsAnswer).pairs : [];
      if (pairs.length !== 1) return [`There are ${pairs.length} pairs instead of one (${answer?.status}).`];
      const [pair] = pairs;
      if (pair?.state === 'paused') await on.api(ana, 'POST', `/api/pairs/${encodeURIComponent(pair.id)}/resume`);
      if (pair?.state !== 'live') return [`The pair is ${pair?.state}: ${pair?.reason}`];
      const [left, right] = [issuesOf(here).find(({ iid }) => iid === 3), issuesOf(there).find(({ iid }) => iid === 1)];
      return (['title', 'description', 'state'] as const).flatMap((field) => (left?.[field] === right?.[field] ? [] : [`The ${field} of the pair differs: ${JSON.stringify([left?.[field], right?.[field]])}.`]));
    },
    async rest() {
      const wrong: string[] = [];
      const links = new Map((await store.links.byBoard(on.writers[0].team, world.board)).map((link) => [link.card, link]));
      for (const [card, { ref }] of on.promised) {
        const link = links.get(card);
        if (link?.ref !== printRef(ref) || link.state !== 'live') wrong.push(`Card ${card} should follow ${printRef(ref)}: ${link?.ref} is ${link?.state}, ${link?.reason}.`);
      }
      if (links.size !== on.promised.size) wrong.push(`${links.size} links for ${on.promised.size} cards.`);
      for (const [ref, labels] of on.labelled) {
        const issue = issuesOf(here).find(({ iid }) => ref.endsWith(`/${iid}`));
        for (const label of labels) if (!issue?.labels.includes(label)) wrong.push(`The panel was told that ${ref} has the label ${label}, and it has not.`);
      }
      for (const site of [here, there]) wrong.push(...hooksOf(on, site), ...notesOf(site), ...(await lost(store, site)));
      for (const lane of ['read/', 'write/']) for (const { key, error } of await store.tasks.dead(lane, 100)) wrong.push(`Task ${key} was given up: ${error}`);
      return wrong;
    },
    async known() {
      const lines: string[] = [];
      const show = async (what: string, value: Promise<unknown>): Promise<void> => void lines.push(`${what}: ${JSON.stringify(await value)}`);
      const { team } = on.writers[0];
      const links = await store.links.byBoard(team, world.board);
      const refs = new Map([...on.promised.values()].map(({ ref }) => [printRef(ref), ref]));
      for (const [printed, ref] of refs) {
        await show(`item ${printed}`, store.items.get(team, printed));
        await show('task', store.tasks.get(observeTask(team, ref, 0, '').key));
        await show('lane', store.lanes.get(readLane(team, ref.tool, ref.site)));
      }
      for (const link of links) {
        await show(`link ${link.card}`, Promise.resolve(link));
        await show('task', store.tasks.get(applyTask(link, 0, '').key));
        await show('lane', store.lanes.get(writeLane(team, link.creator)));
      }
      await show('pair', store.pairs.byRef(team, printRef(world.issue(3))));
      return lines;
    },
    async close() {
      await store.close();
      await http.close();
    },
  };
}

function readerOf(http: Http, { id, sim }: Site): (ref: Ref) => Promise<Item | undefined> {
  const tool = gitlab({ url: sim.url, now: Date.now });
  const headers = { 'private-token': sim.addToken('dan').value };
  const access: Access = { site: id, base: sim.url, person: { id: '', name: '', username: '' }, request: (call) => callApi(http, { tool: 'gitlab', name: 'GitLab', api: tool.site.api, headers, timeout: 10_000, now: 0 }, call) };
  return (ref) => tool.read(access, ref);
}

/** Whether a webhook was acknowledged that left after the issue last changed. */
function wasTold({ sim, project }: Site, iid: number): boolean {
  const changed = sim.project(project).issues.get(iid)?.updatedAt ?? '';
  return sim.deliveries.some(({ at, status, payload }) => status === '202' && at > changed && (payload as { object_attributes?: { iid?: number } }).object_attributes?.iid === iid);
}

function hooksOf({ world }: ProcessWorld, { id, sim }: Site): string[] {
  const ours = sim.state.hooks.filter(({ url }) => url.startsWith(`${world.url}/`));
  if (ours.length !== 1) return [`${id} has ${ours.length} webhooks of ours.`];
  return ours[0]?.alertStatus === 'executable' ? [] : [`The webhook at ${id} is ${ours[0]?.alertStatus}.`];
}

/** Of each card at most one note leads to it. */
function notesOf(site: Site): string[] {
  return issuesOf(site).flatMap(({ iid, notes }) => {
    const texts = notes.map(({ body }) => body).filter((body) => body.startsWith('On a Miro board'));
    return texts.filter((text, i) => texts.indexOf(text) !== i).map((text) => `${site.id}#${iid} has a note twice: ${text}`);
  });
}

/** Webhooks that were acknowledged are in the log of deliveries. */
async function lost(store: Store, { id, sim }: Site): Promise<string[]> {
  const logged = new Set<string>();
  for (const watch of await store.watches.page('', 100)) for (const { remoteId } of await store.deliveries.byWatch(watch.id, 10_000)) if (remoteId) logged.add(remoteId);
  const gone = sim.deliveries.filter(({ status, idempotencyKey }) => status === '202' && !logged.has(idempotencyKey));
  return gone.map(({ idempotencyKey }) => `Webhook ${idempotencyKey} of ${id} was acknowledged, and is not in the store.`);
}
