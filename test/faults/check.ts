import { faceOf, type Face } from '@tandem/shared/face';
import type { Item } from '@tandem/shared/item';
import { parseRef, type Ref } from '@tandem/shared/ref';
import { callApi, type Http } from '@tandem/bff/http';
import type { Access } from '@tandem/bff/ports';
import type { Link } from '@tandem/bff/store/store';
import { addressOn } from '@tandem/bff/sync/adopt';
import { gitlab } from '@tandem/bff/tools/gitlab/index';
import { normaliseDescription, normaliseTitle } from '../sim/miro-html.ts';
import type { MiroCard } from '../sim/miro-types.ts';
import type { FaultWorld, Site } from './world.ts';

/** An item as its tool has it now, asked past all weather; `undefined` where it is gone. */
export type Truth = (ref: Ref) => Promise<Item | undefined>;

/** Reads items as the product would, but by nobody's account and at once. */
export function truthOf(world: FaultWorld): Truth {
  const readers = world.sites.map((site) => {
    const http: Http = {
      async send({ method, url, headers }) {
        const { pathname, search } = new URL(url);
        const answer = await site.sim.handle({ method, url: pathname + search, headers, body: Buffer.alloc(0) });
        if (!answer) throw new Error(`${site.id} does not answer the checker`);
        return answer;
      },
      abort: async () => undefined,
      close: async () => undefined,
    };
    const tool = gitlab({ url: site.sim.url, now: world.scheduler.now });
    const token = site.sim.addToken('dan').value;
    const access: Access = {
      site: site.id,
      base: site.sim.url,
      person: { id: '', name: '', username: '' },
      request: (call) => callApi(http, { tool: 'gitlab', name: 'GitLab', api: tool.site.api, headers: { 'private-token': token }, timeout: 1000, now: 0 }, call),
    };
    return { id: site.id, read: (ref: Ref) => tool.read(access, ref) };
  });
  return async (ref) => readers.find(({ id }) => id === ref.site)?.read(ref);
}

/** What differs between a card and the face that it should show; `undefined` where nothing does. */
export function difference(card: MiroCard, face: Face): string | undefined {
  const wanted = { title: normaliseTitle(face.title), description: normaliseDescription(face.description), status: face.status, color: face.color, fields: face.fields };
  const shown = { title: card.title, description: card.description, status: card.status, color: card.style.cardTheme, fields: card.fields };
  for (const [name, value] of Object.entries(wanted)) {
    const there = JSON.stringify(shown[name as keyof typeof shown]);
    if (JSON.stringify(value) !== there) return `its ${name} is ${there} instead of ${JSON.stringify(value)}`;
  }
  return undefined;
}

/** Cards that ought to show by now what their item is, since a webhook said so and was acknowledged. `except`: those that cannot. */
export async function checkTold(world: FaultWorld, except: ReadonlySet<string> = new Set()): Promise<string[]> {
  const truth = truthOf(world);
  const wrong: string[] = [];
  for (const { link, card } of await cardsOf(world)) {
    const ref = link && parseRef(link.ref);
    const site = ref && world.sites.find(({ id }) => id === ref.site);
    if (!card || !ref || !site || link.state !== 'live' || except.has(card.id)) continue;
    if (!wasTold(site, Number(ref.id))) continue;
    const item = await truth(ref);
    const differs = item && difference(card, faceOf(item));
    if (differs) wrong.push(`Card ${card.id} of ${link.ref} was told and is wrong: ${differs}.`);
  }
  return wrong;
}

/** Everything that must be so once the world has settled and everything was swept. */
export async function checkAll(world: FaultWorld): Promise<string[]> {
  const truth = truthOf(world);
  const wrong: string[] = [];
  const linked = new Map<string, { ref: Ref; board: string }>();
  for (const { board, id, link, card } of await cardsOf(world)) {
    const promise = world.promised.get(id)?.link;
    if (card && promise !== undefined && promise !== 'unknown' && promise !== 'unlinked' && link?.ref !== promise) wrong.push(`Card ${id} was linked to ${promise}, and follows ${link?.ref ?? 'nothing'}.`);
    if (promise === 'unlinked' && link && link.state !== 'removed') wrong.push(`Card ${id} was unlinked, and follows ${link.ref}.`);
    if (!card) {
      if (link && link.state !== 'removed') wrong.push(`Card ${id} is not on its board, and its link is ${link.state}.`);
      continue;
    }
    const ref = link ? parseRef(link.ref) : undefined;
    if (!link || !ref) {
      const address = addressOn({ board, id, owned: true, createdBy: card.createdBy, shown: { title: card.title, description: card.description, fields: [], color: '', status: card.status } });
      // A board where nothing is linked is looked at when somebody opens it, and not by itself.
      const looked = (await world.storage.seen.links.byBoard(world.team, board)).length > 0;
      if (looked && address !== undefined && (await leadsSomewhere(world, truth, address))) wrong.push(`Card ${id} shows ${address}, and follows nothing.`);
      continue;
    }
    linked.set(`${board} ${link.ref}`, { ref, board });
    const item = await truth(ref);
    const state = item ? 'live' : 'gone';
    if (link.state !== state) wrong.push(`The link of card ${id} to ${link.ref} is ${link.state} instead of ${state}: ${link.reason ?? ''}`);
    else if (!item && card.status !== 'disabled') wrong.push(`Card ${id} of ${link.ref}, which is gone, is ${card.status}.`);
    const differs = item && difference(card, faceOf(item));
    if (differs) wrong.push(`Card ${id} of ${link.ref} is wrong: ${differs}.`);
  }
  for (const site of world.sites) wrong.push(...webhooksOf(world, site, [...linked.values()].some(({ ref }) => ref.site === site.id)), ...notesOf(site));
  for (const [ref, labels] of world.labelled) {
    const item = parseRef(ref) && (await truth(parseRef(ref) as Ref));
    for (const label of labels) if (item && !item.labels.some(({ name }) => name === label)) wrong.push(`The panel was told that ${ref} has the label ${label}, and it has not.`);
  }
  for (const lane of ['read/', 'write/']) for (const task of await world.storage.seen.tasks.dead(lane, 100)) wrong.push(`Task ${task.key} was given up: ${task.error}`);
  wrong.push(...(await lostDeliveries(world)));
  return wrong;
}

interface CardAndLink {
  readonly board: string;
  readonly id: string;
  readonly link: Link | undefined;
  readonly card: MiroCard | undefined;
}

/** Every card that is on a board or that a link names. */
async function cardsOf(world: FaultWorld): Promise<CardAndLink[]> {
  const all: CardAndLink[] = [];
  for (const board of world.boards) {
    const links = new Map((await world.storage.seen.links.byBoard(world.team, board)).map((link) => [link.card, link]));
    const cards = world.miro.state.boards.get(board)?.cards ?? new Map<string, MiroCard>();
    for (const id of new Set([...links.keys(), ...cards.keys()])) all.push({ board, id, link: links.get(id), card: cards.get(id) });
  }
  return all;
}

function wasTold(site: Site, iid: number): boolean {
  return (site.told.get(iid) ?? 0) > (site.changed.get(iid) ?? Infinity);
}

async function leadsSomewhere(world: FaultWorld, truth: Truth, address: string): Promise<boolean> {
  const site = world.sites.find(({ sim }) => address.startsWith(`${sim.url}/`));
  const id = /\/(\d+)$/.exec(address)?.[1];
  return site !== undefined && id !== undefined && (await truth({ tool: 'gitlab', site: site.id, place: String(site.project), id })) !== undefined;
}

function webhooksOf(world: FaultWorld, site: Site, needed: boolean): string[] {
  const ours = site.sim.state.hooks.filter(({ url }) => url.startsWith(`${world.config.url}/`));
  if (ours.length > 1) return [`${site.id} has ${ours.length} webhooks of ours.`];
  const [hook] = ours;
  const works = hook?.alertStatus === 'executable' || (hook?.alertStatus === 'temporarily_disabled' && Date.parse(hook.disabledUntil ?? '') <= world.scheduler.now());
  return needed && !works ? [`The webhook at ${site.id} is ${hook?.alertStatus ?? 'missing'}.`] : [];
}

/** Of each card at most one note leads to it, as long as their authors could always take them back. */
function notesOf(site: Site): string[] {
  if (site.abandoned) return [];
  return [...site.sim.project(site.project).issues.values()].flatMap((issue) => {
    const texts = issue.notes.map(({ body }) => body).filter((body) => body.startsWith('On a Miro board'));
    return texts.filter((text, i) => texts.indexOf(text) !== i).map((text) => `${site.id}#${issue.iid} has a note twice: ${text}`);
  });
}

/** Webhooks that were acknowledged are in the log of deliveries. */
async function lostDeliveries(world: FaultWorld): Promise<string[]> {
  const logged = new Set<string>();
  for (const watch of await world.storage.seen.watches.page('', 100)) {
    for (const { remoteId } of await world.storage.seen.deliveries.byWatch(watch.id, 10_000)) if (remoteId) logged.add(remoteId);
  }
  return [...world.acknowledged].filter((id) => !logged.has(id)).map((id) => `Webhook ${id} was acknowledged, and is not in the store.`);
}

