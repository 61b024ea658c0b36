import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Pool } from 'undici';
import { openAccounts } from '@tandem/bff/access/accounts';
import { openVault } from '@tandem/bff/crypto';
import { openHttp } from '@tandem/bff/http';
import { cards } from '@tandem/bff/miro/cards';
import { MIRO } from '@tandem/bff/miro/sign-in';
import { openStore } from '@tandem/bff/store/open';
import type { Account } from '@tandem/bff/store/store';
import { openBudgets } from '@tandem/bff/sync/budget';
import { laneOf } from '@tandem/bff/sync/keys';
import { openTools } from '@tandem/bff/tools/index';
import { itemOf } from '@tandem/bff/tools/gitlab/map';
import { timers } from '@tandem/bff/timers';
import { faceOf, type Face } from '@tandem/shared/face';
import { ratios, shown, type Group } from './figure.ts';
import { boardId, cardId, issueOf, miroToken, plainScene, range, rowsOf, SECRET } from './scene.ts';
import { PLENTY } from './stage.ts';
import { startStandIn } from './stand-in.ts';

const ROUNDS = 9;
const CALLS = 1500;
const WIDTH = 8;

/** What a call of Miro's costs us, and what it would cost by the bare pool, with the same JSON to write and to read. */
export const client: Group = {
  names: ['client.cpu'],
  perStore: false,
  async run(bench) {
    const scene = plainScene({ items: 1, cardsOf: 1, tokens: 1 });
    const standIn = await startStandIn(scene, PLENTY, { versions: new SharedArrayBuffer(4), changedAt: new SharedArrayBuffer(8) });
    const { stdout } = await promisify(execFile)(process.execPath, [process.argv[1] ?? '', 'client-process', standIn.url], { encoding: 'utf8' });
    await standIn.end();
    const { value, baseline, ...rest } = ratios(JSON.parse(stdout) as { value: number; baseline: number }[], { most: 1.3 });
    bench.say({ name: 'client.cpu', value: shown(value, 'µs'), baseline: shown(baseline, 'µs'), ...rest });
  },
};

/** In a process of its own, since CPU is counted by process: prints the rounds, in microseconds a call. */
export async function measureClient(url: string): Promise<void> {
  const now = Date.now;
  const rows = rowsOf(plainScene({ items: 1, cardsOf: 1, tokens: 1 }), url, now());
  const [row] = rows.accounts;
  if (!row) throw new Error('no account');
  const account: Account = { ...row, version: 1 };
  const budgets = openBudgets(now);
  const http = openHttp({ trusted: [url], allowPrivate: false });
  const miro = { ...MIRO, name: 'Miro', base: url, api: url };
  const accounts = openAccounts({ store: await openStore('sqlite::memory:'), vault: openVault([SECRET]), http, miro, tools: openTools({}, false, now), now, heard: (of, headers) => budgets.note(laneOf(of), headers), timers });
  const face = faceOf(itemOf(url, issueOf(url, 0, 0, 1)));
  const pool = new Pool(url, { connections: 32 });

  const rounds = [];
  for (const round of range(ROUNDS + 1)) {
    const baseline = await cpuOf(() => bareWrite(pool, face));
    const value = await cpuOf(() => cards.write(accounts.accessOf(account, now() + 10_000), boardId(0), cardId(0), face));
    // The first warms up.
    if (round > 0) rounds.push({ baseline, value });
  }
  process.stdout.write(JSON.stringify(rounds), () => process.exit(0));
}

async function bareWrite(pool: Pool, { color, title, description, status, fields }: Face): Promise<unknown> {
  const { body } = await pool.request({
    method: 'PATCH',
    path: `/v2/boards/${encodeURIComponent(boardId(0))}/app_cards/${cardId(0)}`,
    headers: { accept: 'application/json', 'content-type': 'application/json', authorization: `Bearer ${miroToken(0)}` },
    body: JSON.stringify({ data: { title, description, status, fields }, style: { fillColor: color } }),
  });
  return body.json();
}

/** CPU time of a call, in microseconds. */
async function cpuOf(call: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  let left = CALLS;
  await Promise.all(
    range(WIDTH).map(async () => {
      while (left-- > 0) await call();
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}
