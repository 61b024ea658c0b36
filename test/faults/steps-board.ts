import type { Ref } from '@tandem/shared/ref';
import { printRef } from '@tandem/shared/ref';
import type { Dice } from './dice.ts';
import { anIssue, named, type Step } from './step.ts';
import type { FaultWorld, Person } from './world.ts';

/** People at their boards and in the panel. What they ask for goes on beside everything else. */
export const boardSteps: readonly Step[] = [
  {
    name: 'put an issue on a board',
    weight: 3,
    act: (world, dice) => {
      const [site, issue] = anIssue(world, dice);
      const [who, board] = [dice.of(world.people), dice.of(world.boards)];
      if (!issue || !mayEdit(world, who, board)) return undefined;
      const { id } = world.miro.createCard(board, who.user, { title: 'A new card', status: 'connected' });
      link(world, who, board, id, { tool: 'gitlab', site: site.id, place: String(site.project), id: String(issue.iid) });
      return `${who.name} puts ${named(site, issue)} on a board as ${id}`;
    },
  },
  {
    name: 'ask again for a link',
    weight: 1,
    act: (world, dice) => {
      const card = aCard(world, dice);
      const asked = card && [...world.promised].find(([id, { link }]) => id === card.id && link === 'unknown');
      const who = dice.of(world.people);
      if (!card || !asked) return undefined;
      const [site, issue] = anIssue(world, dice);
      if (!issue) return undefined;
      link(world, who, card.board, card.id, { tool: 'gitlab', site: site.id, place: String(site.project), id: String(issue.iid) });
      return `${who.name} asks again for ${card.id}, as ${named(site, issue)}`;
    },
  },
  {
    name: 'edit in the panel',
    weight: 10,
    act: (world, dice) => {
      const card = aCard(world, dice);
      const [site, issue] = anIssue(world, dice);
      const who = dice.of(world.people);
      if (!card || !issue) return undefined;
      const label = `p${world.moment()}`;
      const how = dice.of(['title', 'status', 'label'] as const);
      const set = how === 'title' ? { title: `Panel ${dice.below(1e6)}` } : how === 'status' ? { status: issue.state === 'opened' ? 'closed' : 'opened' } : { labels: [...issue.labels, label] };
      const seen = how === 'title' ? { title: issue.title } : how === 'status' ? { status: issue.state } : { labels: issue.labels };
      void world.api(who, 'PATCH', `/api/cards/${encodeURIComponent(card.board)}/${card.id}`, { set, seen }).then((answer) => {
        world.say(`${who.name} edited ${card.id}: ${answer?.status ?? 'no answer'}`);
        const ref = answer?.status === 200 && how === 'label' ? (answer.body as { card: { ref: Ref } }).card.ref : undefined;
        if (ref) world.labelled.set(printRef(ref), new Set([...(world.labelled.get(printRef(ref)) ?? []), label]));
      });
      return `${who.name} edits ${card.id} as if it were ${named(site, issue)}: ${JSON.stringify(set)}`;
    },
  },
  {
    name: 'open a card',
    weight: 2,
    act: (world, dice) => {
      const [card, who] = [aCard(world, dice), dice.of(world.people)];
      if (card) void world.api(who, 'GET', `/api/cards/${encodeURIComponent(card.board)}/${card.id}`);
      return card && `${who.name} opens ${card.id}`;
    },
  },
  {
    name: 'open a board',
    weight: 2,
    act: (world, dice) => {
      const [board, who] = [dice.of(world.boards), dice.of(world.people)];
      void world.api(who, 'GET', `/api/boards/${encodeURIComponent(board)}/cards`);
      return `${who.name} opens a board`;
    },
  },
  {
    name: 'unlink',
    weight: 0.8,
    act: (world, dice) => {
      const [card, who] = [aCard(world, dice), dice.of(world.people)];
      if (!card) return undefined;
      const before = world.promised.get(card.id)?.link;
      const answered = asking(world, card.id, 'unknown');
      void world.api(who, 'DELETE', `/api/cards/${encodeURIComponent(card.board)}/${card.id}`).then((answer) => {
        world.say(`${who.name} unlinked ${card.id}: ${answer?.status ?? 'no answer'}`);
        // Refused before anything was done, or nobody knows what was done.
        answered(answer && answer.status < 300 ? 'unlinked' : answer && answer.status < 500 && before !== undefined ? before : 'unknown');
      });
      return `${who.name} unlinks ${card.id}`;
    },
  },
  {
    name: 'copy a card',
    weight: 1,
    act: (world, dice) => {
      const [card, who] = [aCard(world, dice), dice.of(world.people)];
      const to = dice.of(world.boards);
      if (!card || !mayEdit(world, who, card.board) || !mayEdit(world, who, to)) return undefined;
      return `${who.name} copies ${card.id} as ${world.miro.copyCard(card.board, who.user, card.id, { board: to }).id}`;
    },
  },
  {
    name: 'delete a card',
    weight: 1.5,
    act: (world, dice) => {
      const [card, who] = [aCard(world, dice), dice.of(world.people)];
      const there = card && world.miro.state.boards.get(card.board)?.cards.get(card.id);
      if (!card || !there || !mayEdit(world, who, card.board)) return undefined;
      // Should it come back, what it shows leads to its item like any copy does, unless it shows already that it was unlinked.
      const promised = world.promised.get(card.id)?.link ?? 'unknown';
      if (there.status !== 'disconnected') asking(world, card.id, promised === 'unlinked' ? 'unknown' : promised);
      world.deleted.push({ board: card.board, card: there });
      world.miro.removeCard(card.board, who.user, card.id);
      return `${who.name} deletes ${card.id}`;
    },
  },
  {
    name: 'undo the deletion of a card',
    weight: 2,
    act: (world) => {
      const last = world.deleted.pop();
      if (!last) return undefined;
      world.miro.state.boards.get(last.board)?.cards.set(last.card.id, last.card);
      return `${last.card.id} is on its board again`;
    },
  },
  {
    name: 'take a board away, or give it back',
    weight: 2.5,
    act: (world, dice) => {
      const [board, who] = [dice.of(world.boards), dice.of(world.people)];
      const members = world.miro.state.boards.get(board)?.members ?? {};
      const role = members[who.user];
      if (role === undefined) members[who.user] = 'editor';
      else if (dice.chance(0.5)) delete members[who.user];
      else members[who.user] = role === 'viewer' ? 'editor' : 'viewer';
      world.tally.count('board taken away or given back');
      return `${who.name} is ${members[who.user] ?? 'nobody'} on a board`;
    },
  },
  {
    name: 'uninstall',
    weight: 1,
    act: (world, dice) => {
      const who = dice.of(world.people);
      world.miro.revokeTokens(who.user);
      world.tally.count('token revoked');
      return `${who.name} takes Tandem’s right to Miro away`;
    },
  },
  {
    name: 'sign in',
    weight: 2,
    act: (world, dice) => {
      const who = dice.of(world.people);
      if (world.miro.state.grants.some((grant) => grant.user === who.user && !grant.revoked)) return undefined;
      void world.signIn(who);
      return `${who.name} signs in with Miro`;
    },
  },
  {
    name: 'connect',
    weight: 2,
    act: (world, dice) => {
      const [who, site] = [dice.of(world.people), dice.of(world.sites)];
      if (site.tokens.has(who.name) && dice.chance(0.8)) return undefined;
      void world.connect(who, site);
      return `${who.name} connects at ${site.id}`;
    },
  },
];

/** Asks for a link, and remembers what was promised. */
export function link(world: FaultWorld, who: Person, board: string, card: string, ref: Ref): void {
  const before = world.promised.get(card)?.link;
  const meanwhile = before !== undefined && before !== 'unlinked' ? before : 'unknown';
  const answered = asking(world, card, meanwhile);
  void world.api(who, 'POST', '/api/cards', { board, card, ref }).then((answer) => {
    world.say(`${who.name} asked for ${card}: ${answer?.status ?? 'no answer'}`);
    answered(answer?.status === 201 || answer?.status === 200 ? printRef(ref) : meanwhile);
  });
}

/** Something is asked for a card; what this answers takes what was promised. Who is answered first was not always heard first: of what overlaps nobody knows what holds. */
function asking(world: FaultWorld, card: string, meanwhile: string): (link: string) => void {
  const turn = (world.promised.get(card)?.turn ?? 0) + 1;
  world.promised.set(card, { link: meanwhile, turn });
  return (link) => {
    const now = world.promised.get(card)?.turn ?? turn;
    world.promised.set(card, { link: now === turn ? link : 'unknown', turn: now + 1 });
  };
}

function mayEdit(world: FaultWorld, who: Person, board: string): boolean {
  return /owner|editor/.test(world.miro.state.boards.get(board)?.members[who.user] ?? '');
}

/** A card that is on a board. */
function aCard(world: FaultWorld, dice: Dice): { board: string; id: string } | undefined {
  const cards = world.boards.flatMap((board) => [...(world.miro.state.boards.get(board)?.cards.keys() ?? [])].map((id) => ({ board, id })));
  return cards.length > 0 ? dice.of(cards) : undefined;
}
