import { sweepTask } from '@tandem/bff/sync/keys';
import type { NewTask } from '@tandem/bff/store/store';
import { judged, shown, type Group } from './figure.ts';
import { boardId, plainScene, range, teamId, userId, type Rows, type Scene } from './scene.ts';
import { memoryOf, PLENTY, until, type Stage } from './stage.ts';
import { clock } from './thread.ts';

const TEAMS = 10;
/** Of each team. */
const [PLACES, TOKENS, BOARDS] = [20, 20, 200];
const [ITEMS_AT, CARDS_OF, CARDS_ON] = [250, 2, 50];
const MB = 1024 * 1024;
/** Pages of GitLab's lists and of Miro's. */
const [PLACE_PAGE, BOARD_PAGE] = [100, 50];

/** 100,000 links on 2,000 boards: how soon a start answers, and what looking after all of them costs. Every board is due at once, as after a night that nobody ran it. */
export const scale: Group = {
  names: ['scale'],
  perStore: true,
  long: true,
  async run(bench, store) {
    const scene = large();
    const stage = await bench.stages.open(store, scene, PLENTY, everyBoardDue);
    const links = shown(scene.cards.length);

    const hour = await stage.start('hour');
    const memory = memoryOf(hour.pid);
    bench.say({ name: 'scale.memory', store, value: shown(memory / MB, 'MB'), baseline: `${links} links`, budget: '≤ 250 MB', ok: memory <= 250 * MB });
    const seen = await stage.standIn.seen();
    await hour.end('SIGKILL');
    // Each board once; each place once for what changed, and once as a whole.
    const pages = (TEAMS * BOARDS * CARDS_ON) / BOARD_PAGE + TEAMS * PLACES * (1 + Math.ceil(ITEMS_AT / PLACE_PAGE));
    const others = Object.entries(seen.others).map(([name, count]) => `${count} × ${name}`);
    const listed = seen.boardPages + seen.placePages;
    bench.say({ name: 'scale.pages', store, value: shown(listed), baseline: `${shown(seen.boardPages)} of boards`, budget: `≤ ${shown(pages)}`, ok: listed <= pages && seen.boardPages > 0 });
    bench.say({ name: 'scale.other_calls', store, value: [`${seen.reads} reads`, `${seen.writes} writes`, ...others].join(', '), baseline: `${seen.hookLists} hook lists`, budget: '0', ok: seen.reads + seen.writes + others.length === 0 && seen.hookLists <= 2 * TEAMS * PLACES });

    // Everything is due once more.
    await stage.look((store) => store.tasks.mark(everyBoard(), 0));
    const first = await firstAck(stage);
    const small = await bench.stages.open(store, plainScene({ items: 1, cardsOf: 1, tokens: 1 }), PLENTY);
    const one = await firstAck(small);
    await small.close();
    bench.say({ name: 'scale.first_ack', store, value: shown(first, 'ms'), baseline: `${shown(one, 'ms')} with one link`, ratio: first / one, ...judged(first, { most: 2000 }), budget: '≤ 2,000 ms' });
    await stage.close();
  },
};

/** Milliseconds from the start of the process until it has said 202 to a webhook. */
async function firstAck(stage: Stage): Promise<number> {
  const began = clock();
  await stage.start();
  await until(async () => (await stage.sender.fast({ items: [0], connections: 1, count: 1 })).accepted === 1, 30_000, 5);
  return clock() - began;
}

function large(): Scene {
  const places = range(TEAMS * PLACES).map((place) => Math.floor(place / PLACES));
  const items = range(places.length * ITEMS_AT).map((item) => Math.floor(item / ITEMS_AT));
  const cards = range(items.length * CARDS_OF).map((n) => {
    const board = Math.floor(n / CARDS_ON);
    const team = Math.floor(board / BOARDS);
    return { item: Math.floor(n / CARDS_OF), token: team * TOKENS + (board % TOKENS), board };
  });
  return { places, tokens: range(TEAMS * TOKENS).map((token) => Math.floor(token / TOKENS)), items, cards };
}

function everyBoardDue(rows: Rows): Rows {
  return { ...rows, tasks: everyBoard() };
}

function everyBoard(): NewTask[] {
  return range(TEAMS * BOARDS).map((board) => {
    const team = Math.floor(board / BOARDS);
    return sweepTask(teamId(team), boardId(board), userId(team * TOKENS + (board % TOKENS)), 0, 'scale');
  });
}
