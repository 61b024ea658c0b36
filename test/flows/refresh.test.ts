import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test as base } from 'vitest';
import { openAccounts, type Accounts } from '@tandem/bff/access/accounts';
import { openVault } from '@tandem/bff/crypto';
import { openHttp } from '@tandem/bff/http';
import { miroSignIn } from '@tandem/bff/miro/sign-in';
import type { Account, Store } from '@tandem/bff/store/store';
import { openStore } from '@tandem/bff/store/open';
import { mongoForTests } from '../mongo/server.ts';
import { openWorld, type World } from '../sim/world.ts';

const mongo = await mongoForTests();
afterAll(() => mongo?.close());
const SECRET = 's'.repeat(32);

describe.each(['SQLite', 'MongoDB'])('several processes with one ended token, on %s', (kind) => {
  const test = kind === 'MongoDB' && !mongo ? base.skip : base;
  const folder = mkdtempSync(join(tmpdir(), 'tandem-'));
  let world: World;
  const stores: Store[] = [];
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await world.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const open = async (): Promise<{ others: Accounts[]; account: Account; refreshes: () => number }> => {
    const url = kind === 'MongoDB' ? (mongo?.url() ?? '') : `sqlite:${join(folder, `${Date.now()}.db`)}`;
    world = await openWorld({ store: url, miro: { tokenLife: 3600 }, env: { TANDEM_SECRET: SECRET } });
    const { ana } = world.people;
    await world.signIn(ana);
    const account = await world.tandem().store.accounts.get({ team: ana.team, user: ana.user, tool: 'miro', site: 'miro' });
    if (!account) throw new Error('no account');
    world.advance(3601_000);
    const config = { clientId: world.miro.clientId, clientSecret: world.clientSecret, api: world.miro.url, web: world.miro.url, sdk: '' };
    const others = await Promise.all(
      [1, 2, 3].map(async () => {
        const store = await openStore(url);
        stores.push(store);
        const miro = { tool: 'miro', site: 'miro', name: 'Miro', base: config.web, api: config.api, oauth: miroSignIn(config) };
        return openAccounts({ store, vault: openVault([SECRET]), http: openHttp({ trusted: [], allowPrivate: true }), miro, tools: { configured: [], at: () => undefined, named: () => undefined, personal: () => [], shared: {} }, now: world.now });
      }),
    );
    const refreshes = (): number => world.miro.requests.filter((request) => request.path === '/v1/oauth/token' && (request.body as { grant_type?: string }).grant_type === 'refresh_token').length;
    return { others, account, refreshes };
  };
  const ask = async (accounts: Accounts, account: Account): Promise<number> => (await accounts.accessOf(account).request({ path: '/v1/oauth-token' })).status;

  test('fifty calls in three of them cause exactly one refresh', async () => {
    const { others, account, refreshes } = await open();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => ask(others[n % 3] as Accounts, account)));
    expect([new Set(answers), refreshes(), world.miro.state.reusedRefreshTokens]).toEqual([new Set([200]), 1, 0]);
  });

  test('one that died between the refresh and its saving leaves an account that says so, and no storm', async () => {
    const { others, account, refreshes } = await open();
    const [store] = stores;
    const { version, ...row } = account;
    // The dead process had claimed the refresh and got the new pair, which nobody will ever see.
    await store?.accounts.swap(version, { ...row, refreshing: world.now() + 20_000 });
    for (const grant of world.miro.state.grants) grant.refreshToken = 'rotated away';
    world.advance(20_001);
    const answers = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => ask(others[n % 3] as Accounts, account)));
    expect(answers.every((answer) => answer.status === 'rejected' && (answer.reason as { code?: string }).code === 'account_expired')).toBe(true);
    expect(refreshes()).toBe(1);
    expect((await store?.accounts.get(account))?.state).toBe('expired');
  });

  test('trouble of Miro gives the claim back, so that the next call may try', async () => {
    const { others, account, refreshes } = await open();
    world.miro.faults.next(1, 503, { path: /oauth\/token/ });
    await expect(ask(others[0] as Accounts, account)).rejects.toMatchObject({ code: 'tool_down' });
    expect([await ask(others[1] as Accounts, account), refreshes()]).toEqual([200, 2]);
  });
});
