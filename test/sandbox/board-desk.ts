import type { Json } from '@mirohq/websdk-types';
import type { GitlabSim } from '../sim/gitlab.ts';
import type { CardProps as SimProps, MiroCard, MiroSim } from '../sim/miro.ts';
import type { MunitySim } from '../sim/munity.ts';
import type { PbSim } from '../sim/productboard.ts';
import type { ActivityLog } from './activity.ts';
import type { Ask, BoardCard, Member, Push, Snapshot, Status, Told } from './board-api.ts';
import type { Seeded } from './seed.ts';
import type { Switches } from './switches.ts';
import type { CardProps } from './wire.ts';

/** A browser window on the board. */
export interface Visit {
  readonly me: Member;
  readonly client: string;
}

/** What the board page asks, answered out of the simulators. */
export interface BoardDesk {
  /** the board's address on the server, as in Miro's deep links */
  readonly path: string;
  /** Throws a sentence for people where there is no such board or member. */
  visit(asked: { board: string; as: string; client: string }): Visit;
  snapshot(visit: Visit): Snapshot;
  /** Opens the live line of a window; answers how to close it. */
  join(visit: Visit, send: (push: Push) => void): () => void;
  answer(visit: Visit, ask: Ask): Promise<unknown>;
  close(): void;
}

/** Miro keeps at most this many bytes of metadata per item and app. https://developers.miro.com/changelog/2023-02-13-changelog */
const MAX_METADATA = 256;
const LOOK_EVERY = 200;
const WRITES: ReadonlySet<string> = new Set<Ask['ask']>(['create', 'sync', 'remove', 'copy', 'set-metadata']);

/** Connects the board page with the Miro simulator, as that user and with their rights. */
export function openBoardDesk(parts: { miro: MiroSim; gitlab: GitlabSim; munity: MunitySim | undefined; productboard: PbSim | undefined; seeded: Seeded; activity: ActivityLog; switches: Switches; app: () => string; killable: () => boolean }): BoardDesk {
  const { miro, gitlab, munity, seeded, activity, switches } = parts;
  const windows = new Map<object, { visit: Visit; send: (push: Push) => void }>();
  const metadata = new Map<string, Record<string, Json>>();
  const revs = new Map<string, number>();
  let lastRev = 0;

  const board = (): NonNullable<ReturnType<MiroSim['state']['boards']['get']>> => {
    const found = miro.state.boards.get(seeded.board);
    if (!found) throw new Error('The board is gone.');
    return found;
  };
  const members = (): Member[] => seeded.people.map(({ id, name, username, token }) => ({ id, name, edit: /owner|editor/.test(board().members[id] ?? ''), gitlab: { username, token } }));
  const shown = (card: MiroCard): BoardCard => {
    const { app, ...data } = card;
    return { ...data, owned: app === miro.clientId, origin: 'center', relativeTo: 'canvas_center', parentId: null, tagIds: [], rev: revs.get(card.id) ?? 0 };
  };
  const status = ({ me }: Visit): Status => {
    const signedIn = miro.state.grants.some((grant) => grant.user === me.id && !grant.revoked);
    const placed = [...board().cards.values()].some((card) => card.app === miro.clientId && card.status === 'connected');
    const consented = gitlab.state.oauth.grants.some((grant) => grant.state === 'alive' && grant.user === gitlab.user(me.gitlab.username).id);
    const granted = munity?.state.integrations.some((one) => one.account === munity.tool('jira').user(me.gitlab.username).id) ?? false;
    const connected = consented || granted || activity.acceptedTokens.has(me.gitlab.token);
    return { steps: [signedIn, signedIn, signedIn && connected, placed, placed && activity.edited()], activity: activity.lines(), on: switches.on(), killable: parts.killable() };
  };
  const tell = (push: Push, but?: string): void => {
    for (const { visit, send } of windows.values()) if (visit.client !== but) send(push);
  };
  const tellStatus = (): void => {
    for (const { visit, send } of windows.values()) send({ type: 'status', status: status(visit) });
  };

  const stopListening = miro.onChange((change) => {
    if (change.board !== seeded.board) return;
    lastRev += 1;
    revs.set(change.card, lastRev);
    const card = board().cards.get(change.card);
    if (card && change.kind !== 'removed') tell({ type: 'card', card: shown(card), kind: change.kind });
    if (change.kind === 'removed') tell({ type: 'removed', id: change.card });
  });
  let told = '';
  const timer = setInterval(() => {
    activity.look();
    // the sign-in, a kill, a card: whatever moved a step or a switch shows here too
    const now = JSON.stringify([...windows.values()].map(({ visit }) => status(visit)));
    if (now !== told) tellStatus();
    told = now;
  }, LOOK_EVERY);
  timer.unref();

  const set = (id: string, key: string, value: Json): Record<string, Json> => {
    const next = { ...metadata.get(id), [key]: value };
    if (Buffer.byteLength(JSON.stringify(next)) > MAX_METADATA) throw new Error(`Item metadata is limited to ${MAX_METADATA} bytes.`);
    metadata.set(id, next);
    return next;
  };
  const issueOf = (id: string | undefined): { project: string; iid: number } | undefined => {
    const card = id === undefined ? undefined : board().cards.get(id);
    const [, after = ''] = card?.description.split(`${gitlab.url}/`) ?? [];
    const [, project, iid] = /^(.+?)\/-\/(?:issues|work_items)\/(\d+)/.exec(after) ?? [];
    return project && iid ? { project, iid: Number(iid) } : undefined;
  };

  const answers: { [K in Ask['ask']]: (ask: Extract<Ask, { ask: K }>, visit: Visit) => Told[K] | Promise<Told[K]> } = {
    token: (_ask, { me }) => miro.idToken(me.id, seeded.team),
    create: ({ props }, { me }) => shown(miro.createCard(seeded.board, me.id, simProps(props))),
    sync: ({ id, props }, { me }) => shown(miro.updateCard(seeded.board, me.id, id, simProps(props))),
    remove: ({ id }, { me }) => {
      miro.removeCard(seeded.board, me.id, id);
      return null;
    },
    copy: ({ id, x, y }, { me }) => shown(miro.copyCard(seeded.board, me.id, id, { x, y })),
    metadata: ({ id }) => metadata.get(id) ?? {},
    'set-metadata': ({ id, key, value }) => set(id, key, value),
    // to all other windows, never the sender's: https://developers.miro.com/docs/websdk-reference-events
    broadcast: ({ event, payload, client }) => {
      tell({ type: 'broadcast', event, payload }, client);
      return null;
    },
    switch: async ({ name, card }, visit) => {
      await switches.flip(name, visit.me, issueOf(card));
      return status(visit);
    },
  };

  const online = (): void => tell({ type: 'online', users: [...new Set([...windows.values()].map(({ visit }) => visit.me.id))] });

  return {
    path: `/app/board/${encodeURIComponent(seeded.board)}/`,
    visit({ board: wanted, as, client }) {
      if (wanted !== seeded.board) throw new Error('There is no such board in this sandbox. Open its first page instead.');
      const everyone = members();
      const me = as === '' ? everyone[0] : everyone.find((member) => member.id === as || member.gitlab.username === as);
      if (!me) throw new Error(`Nobody here is called ${as}.`);
      return { me, client };
    },
    snapshot: (visit) => ({
      board: { id: seeded.board, name: board().name, createdAt: board().createdAt, updatedAt: board().modifiedAt },
      me: visit.me,
      members: members(),
      app: parts.app(),
      gitlab: { origin: gitlab.url, page: `${gitlab.url}/${seeded.project}/-/issues?as=${visit.me.gitlab.username}` },
      ...(munity ? { jira: { origin: munity.toolsUrl, page: `${munity.toolsUrl}/jira/acme/projects/CARE?as=${visit.me.gitlab.username}` } } : {}),
      ...(parts.productboard ? { productboard: { origin: parts.productboard.url, page: `${parts.productboard.url}/` } } : {}),
      cards: [...board().cards.values()].map(shown),
      status: status(visit),
    }),
    join(visit, send) {
      const key = {};
      windows.set(key, { visit, send });
      for (const card of board().cards.values()) send({ type: 'card', card: shown(card), kind: 'created' });
      send({ type: 'status', status: status(visit) });
      online();
      return () => {
        windows.delete(key);
        online();
      };
    },
    answer: async (visit, ask) => {
      const answer = answers[ask.ask] as ((ask: Ask, visit: Visit) => unknown) | undefined;
      if (!answer) throw new Error('The board does not know that.');
      if (!visit.me.edit && WRITES.has(ask.ask)) throw new Error(`${visit.me.name} can only view this board.`);
      return answer(ask, visit);
    },
    close() {
      clearInterval(timer);
      stopListening();
    },
  };
}

/** The SDK's words are the simulator's, but for what it does not keep. */
function simProps(props: CardProps): SimProps {
  return Object.fromEntries(Object.entries(props).filter(([name, value]) => name !== 'tagIds' && value !== undefined));
}
