import { Pool } from 'undici';
import { floorOf, wave, windowBegins } from './fanout.ts';
import { judged, shown, type Group } from './figure.ts';
import { boardId, cardId, miroToken, range, type Scene } from './scene.ts';
import { pause, TIGHT, type Stage } from './stage.ts';

/** One item with half as many cards again as a window has updates, all of one creator: 1,500 at Miro's own measure. */
const CROWD = (TIGHT.credits / 100) * 1.5;
/** Items that are edited in a burst, each this many times, and the cards of each. */
const [ITEMS, EDITS, CARDS_OF] = [15, 3, 10];

/** Us and the way of the official sample (miroapp/app-examples, github-appcards): for each webhook a `Promise.all` of updates, whatever becomes of them. */
export const peer: Group = {
  names: ['peer.completeness', 'peer.last', 'peer.wasted'],
  perStore: false,
  async run(bench) {
    const scene: Scene = {
      places: [0],
      tokens: [0, 0],
      items: range(1 + ITEMS).map(() => 0),
      cards: [...range(CROWD).map(() => ({ item: 0, token: 0, board: 0 })), ...range(ITEMS * CARDS_OF).map((n) => ({ item: 1 + Math.floor(n / CARDS_OF), token: 1, board: 1 }))],
    };
    const stage = await bench.stages.open('sqlite', scene, TIGHT);
    const pool = new Pool(stage.standIn.url);
    const burst = range(ITEMS * EDITS).map((n) => 1 + (n % ITEMS));

    await windowBegins();
    await stage.standIn.reset();
    await naively(stage, scene, pool, [0]);
    const theirs = complete(await stage.standIn.stale(), CROWD);
    await windowBegins();
    await stage.standIn.reset();
    await naively(stage, scene, pool, burst);
    const spent = await spentBy(stage);

    await stage.start();
    await pause(1000);
    const { took, stale } = await wave(stage, [0], 30_000);
    const ours = complete(stale, CROWD);
    const floor = floorOf(scene, [0]);
    bench.say({ name: 'peer.completeness', value: shown(ours, '%'), baseline: `theirs ${shown(theirs, '%')}`, budget: '100 %', ok: ours === 100 && theirs < 100 });
    bench.say({ name: 'peer.last', value: shown(took / 1000, 's'), baseline: `floor ${shown(floor / 1000, 's')}`, ratio: took / floor, ...judged(took / floor, { most: 1.1 }) });
    await wave(stage, burst, 30_000);
    const { calls, right } = await spentBy(stage);
    const [wasted, theirsWasted] = [calls - right, spent.calls - spent.right];
    bench.say({ name: 'peer.wasted', value: `${wasted} of ${calls} calls`, baseline: `theirs ${theirsWasted} of ${spent.calls}`, ratio: wasted / theirsWasted, ...judged(wasted / theirsWasted, { most: 0.5 }) });
    await pool.close();
    await stage.close();
  },
};

function complete(stale: number, of: number): number {
  return ((of - stale) / of) * 100;
}

/** Updates that were asked for since the last reset, and how many cards of the burst are right. */
async function spentBy({ standIn }: Stage): Promise<{ calls: number; right: number }> {
  const { writes, refused } = await standIn.seen();
  const right = (await Promise.all(range(ITEMS).map((n) => standIn.right(1 + n)))).filter(Boolean).length * CARDS_OF;
  return { calls: writes + refused, right };
}

/** Each item is edited, and each edit's webhook updates all its cards at once with what the item then is. */
async function naively({ standIn, sender }: Stage, scene: Scene, pool: Pool, edits: readonly number[]): Promise<void> {
  const webhook = async (item: number): Promise<void> => {
    await sender.change(item);
    const body = await standIn.face(item);
    const own = scene.cards.flatMap((card, n) => (card.item === item ? [{ ...card, id: cardId(n) }] : []));
    await Promise.all(
      own.map(async ({ board, token, id }) => {
        const headers = { authorization: `Bearer ${miroToken(token)}`, 'content-type': 'application/json' };
        const answer = await pool.request({ method: 'PATCH', path: `/v2/boards/${encodeURIComponent(boardId(board))}/app_cards/${id}`, headers, body });
        await answer.body.dump();
      }),
    );
  };
  await Promise.all(edits.map(webhook));
}
