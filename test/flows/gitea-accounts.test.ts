import type { CardAnswer, DisconnectAnswer, MeAnswer, SiteView } from '@tandem/shared/api';
import type { WireError } from '@tandem/shared/errors';
import { openHttp, parseJson, type Http } from '@tandem/bff/http';
import type { Account } from '@tandem/bff/store/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { giteaBrowser } from '../gitea/consent.ts';
import { giteaForTests } from '../gitea/server.ts';
import type { Browser } from '../sim/browser.ts';
import { eventually, openWorld, seen, type World } from '../sim/world.ts';

const LIFE = 3;
const gitea = await giteaForTests({ tokenLife: LIFE });
const e = encodeURIComponent;

/** Accounts by consent on a real tracker, whose tokens end in real time and rotate. */
describe.skipIf(!gitea)('a Gitea account by consent, with tokens that live three seconds', () => {
  if (!gitea) return;
  const repo = '/repos/acme/roadmap';
  const path = `/gitea/${e(gitea.url)}`;
  let world: World;
  let browser: Browser;
  let card: string;
  /** what Gitea gave last */
  let tokens: { access_token: string; refresh_token: string };
  let refreshes = 0;
  let application: { clientId: string; clientSecret: string };

  /** Counts refreshes, and collects what Gitea issued: none of it may be stored or logged in plain text. */
  const watching = (real: Http): Http => ({
    ...real,
    async send(request) {
      const answer = await real.send(request);
      if (request.method === 'POST' && request.url.endsWith('/hooks')) world.secrets.add((JSON.parse(request.body ?? '{}') as { config?: { secret?: string } }).config?.secret);
      if (request.url !== `${gitea.url}/login/oauth/access_token`) return answer;
      const form = new URLSearchParams(request.body);
      if (form.get('grant_type') === 'refresh_token') refreshes += 1;
      world.secrets.add(form.get('code'), form.get('code_verifier'));
      if (answer.status === 200) keep(parseJson(answer.text) as typeof tokens);
      return answer;
    },
  });
  const keep = (fresh: typeof tokens): void => {
    tokens = fresh;
    world.secrets.add(fresh.access_token, fresh.refresh_token, application.clientSecret);
  };

  beforeAll(async () => {
    const env = async (url: string): Promise<Record<string, string>> => {
      application = await gitea.addApplication([`${url}/auth/gitea/callback`]);
      return { GITEA_URL: gitea.url, GITEA_CLIENT_ID: application.clientId, GITEA_CLIENT_SECRET: application.clientSecret };
    };
    world = await openWorld({ live: true, env, overrides: { http: watching(openHttp({ trusted: [], allowPrivate: true })) } });
    browser = world.browser(world.people.ana);
    await browser.open('/auth/miro?back=settings');
  });
  afterAll(async () => {
    await world?.close();
    await gitea.close();
  });

  const site = async (): Promise<SiteView | undefined> => (await world.call<MeAnswer>(world.people.ana, 'GET', '/api/me')).body.sites.find(({ tool }) => tool === 'gitea');
  const account = async (): Promise<Account | undefined> => {
    const { user, team } = world.people.ana;
    return world.tandem().store.accounts.get({ team, user, tool: 'gitea', site: gitea.url });
  };
  const title = (): string | undefined => seen(world.card(card))?.title;
  const shows = (want: string): Promise<unknown> => eventually(title, (shown) => shown === `<p>${want}</p>`);
  /** Through Gitea's consent page, in ana's browsers at both ends. */
  const consent = async (): Promise<{ asked: boolean; to: string; address: URL }> => {
    const left = await browser.fetch((await site())?.consent ?? '');
    const address = new URL(left.headers.get('location') ?? '');
    const { to, asked } = await (await giteaBrowser(gitea.url, 'ana')).authorize(address.href);
    world.secrets.add(new URL(to).searchParams.get('code'));
    return { asked, to: (await browser.open(to)).to, address };
  };
  /** Waits until Gitea itself no longer takes the access token. */
  const ended = (): Promise<number> =>
    eventually(async () => (await fetch(`${gitea.url}/api/v1/user`, { headers: { authorization: `Bearer ${tokens.access_token}` } })).status, (status) => status === 401);

  test('connects with a proof that the code was asked for here', async () => {
    const { asked, to, address } = await consent();
    expect([asked, to, address.pathname, address.searchParams.get('code_challenge_method')]).toEqual([true, '/signed-in.html#connected', '/login/oauth/authorize', 'S256']);
    expect(await site()).toMatchObject({ account: { state: 'active', kind: 'oauth', person: { username: 'ana' } } });
    const { card: made, answer } = await world.put(world.people.ana, { tool: 'gitea', site: gitea.url, place: 'acme/roadmap', id: '1' });
    expect([answer.status, answer.body.watch]).toEqual([201, 'hook']);
    card = made;
    await shows('Export the board as PDF');
  });

  test('edits go on in both directions for longer than any token lives, and nobody connects again', async () => {
    const first = await account();
    const before = refreshes;
    let [last, round] = ['Export the board as PDF', 0];
    const until = await eventually(
      async () => {
        round += 1;
        const [ours, theirs] = [`On the board ${round}`, `In Gitea ${round}`];
        const edited = await world.edit(world.people.ana, card, { set: { title: ours }, seen: { title: last } });
        expect([edited.status, edited.body.item?.title]).toEqual([200, ours]);
        await gitea.api('ben', 'PATCH', `${repo}/issues/1`, { title: theirs });
        await shows(theirs);
        last = theirs;
        return (await account())?.renewedAt ?? 0;
      },
      (renewedAt) => renewedAt >= (first?.renewedAt ?? 0) + 2 * LIFE * 1000,
      80_000,
    );
    expect([until > (first?.renewedAt ?? Infinity), refreshes - before >= 2, (await site())?.account?.state]).toEqual([true, true, 'active']);
  });

  test('fifty calls with an ended token cause exactly one refresh', async () => {
    await ended();
    const [before, began] = [refreshes, Date.now()];
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.call(world.people.ana, 'GET', `/api/tools${path}/places`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    // Where they take longer than a token lives, the next one ends over them.
    const lives = 1 + Math.floor((Date.now() - began) / (LIFE * 1000));
    expect([refreshes - before >= 1, refreshes - before <= lives], `${refreshes - before} refreshes in ${lives}`).toEqual([true, true]);
  });

  test('a refresh token that somebody else used is refused, the account says so, and connecting again brings its cards back', async () => {
    const { clientId, clientSecret } = application;
    const grant = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: clientId, client_secret: clientSecret };
    const stolen = await fetch(`${gitea.url}/login/oauth/access_token`, { method: 'POST', body: new URLSearchParams(grant) });
    expect(stolen.status).toBe(200);
    await ended();
    const refused = await world.call(world.people.ana, 'GET', `/api/tools${path}/places`);
    expect([refused.status, (refused.body as WireError).error.code]).toEqual([403, 'account_expired']);
    expect((await site())?.account?.state).toBe('expired');

    await gitea.api('ben', 'PATCH', `${repo}/issues/1`, { title: 'While nobody could read it' });
    const link = async () => (await world.tandem().store.links.byCard(world.people.ana.team, world.board, card))?.state;
    await eventually(link, (state) => state === 'hidden');
    await eventually(() => seen(world.card(card))?.status, (status) => status === 'disconnected');

    const { asked, to } = await consent();
    expect([asked, to, (await site())?.account?.state]).toEqual([false, '/signed-in.html#connected', 'active']);
    await shows('While nobody could read it');
    expect([await link(), seen(world.card(card))?.status]).toEqual(['live', 'connected']);
    expect((await world.call<CardAnswer>(world.people.ana, 'GET', `/api/cards/${e(world.board)}/${card}`)).body.watch).toBe('hook');
  });

  test('disconnecting removes the webhook and says what Gitea keeps, which knows no way to end a token early', async () => {
    const hooks = async (): Promise<number> => (await gitea.api<{ config: { url: string } }[]>('ana', 'GET', `${repo}/hooks`)).filter(({ config }) => config.url.startsWith(world.url)).length;
    expect(await hooks()).toBe(1);
    const { status, body } = await world.call<DisconnectAnswer>(world.people.ana, 'DELETE', `/api/accounts${path}`);
    expect([status, body.left]).toEqual([200, ['Tandem is still listed among the applications that you allowed in Gitea. Remove it there, in your settings.']]);
    expect([await hooks(), (await site())?.account]).toEqual([0, undefined]);
    await eventually(() => seen(world.card(card))?.status, (shown) => shown === 'disconnected');
  });
});
