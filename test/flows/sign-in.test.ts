import type { MeAnswer } from '@tandem/shared/api';
import { afterEach, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../sim/world.ts';

describe('signed in with Miro', () => {
  let world: World;
  afterEach(() => world.close());
  const refreshes = (): number => world.miro.requests.filter((request) => request.path === '/v1/oauth/token' && (request.body as { grant_type?: string }).grant_type === 'refresh_token').length;
  const look = (): Promise<{ status: number }> => world.call(world.people.ana, 'GET', `/api/boards/${encodeURIComponent(world.board)}/cards`);

  test('nobody has a token before they sign in, and afterwards only a sealed one is stored', async () => {
    world = await openWorld();
    const { ana } = world.people;
    const state = async (): Promise<string> => (await world.call<MeAnswer>(ana, 'GET', '/api/me')).body.miro;
    expect([await state(), (await look()).status]).toEqual(['none', 403]);
    await world.signIn(ana);
    expect([await state(), (await look()).status]).toEqual(['active', 200]);
    const account = await world.tandem().store.accounts.get({ team: ana.team, user: ana.user, tool: 'miro', site: 'miro' });
    expect(account?.person.name).toBe('Ana');
    expect(JSON.stringify(account)).not.toContain(world.miro.state.grants[0]?.accessToken);
  });

  test('fifty calls with an ended token cause one refresh, and the rotated pair is used from then on', async () => {
    world = await openWorld({ miro: { tokenLife: 3600 } });
    await world.signIn(world.people.ana);
    world.advance(3601_000);
    const answers = await Promise.all(Array.from({ length: 50 }, look));
    expect([new Set(answers.map((answer) => answer.status)), refreshes(), world.miro.state.reusedRefreshTokens]).toEqual([new Set([200]), 1, 0]);
    world.advance(3601_000);
    expect([(await look()).status, refreshes(), world.miro.state.reusedRefreshTokens]).toEqual([200, 2, 0]);
  });

  test('a token is renewed before it ends, while somebody uses it', async () => {
    world = await openWorld({ miro: { tokenLife: 3600 } });
    await world.signIn(world.people.ana);
    world.advance(3600_000 * 0.85);
    await look();
    expect(refreshes()).toBe(1);
  });

  test('tokens that do not end are never refreshed', async () => {
    world = await openWorld({ miro: { tokenLife: 'forever' } });
    await world.signIn(world.people.ana);
    world.advance(90 * 24 * 3600_000);
    expect([(await look()).status, refreshes()]).toEqual([200, 0]);
  });

  test('a refused refresh ends the account, says so, and is not tried again; signing in again heals cards without linking anew', async () => {
    world = await openWorld({ miro: { tokenLife: 3600 } });
    const { ana } = world.people;
    await world.signIn(ana);
    await world.connect(ana);
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    world.advance(3601_000);
    world.miro.revokeTokens(ana.user);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'While signed out' });
    await world.settle();
    expect([(await world.call<MeAnswer>(ana, 'GET', '/api/me')).body.miro, refreshes()]).toEqual(['expired', 1]);
    world.advance(3600_000);
    await world.settle();
    expect([(await look()).status, refreshes()]).toEqual([403, 1]);
    await world.signIn(ana);
    await world.settle();
    expect(world.card(card)?.title).toBe('<p>While signed out</p>');
    expect((await world.call<{ cards: object[] }>(ana, 'GET', `/api/boards/${encodeURIComponent(world.board)}/cards`)).body.cards).toMatchObject([{ card, state: 'live' }]);
  });

  test("when a creator's token is dead, another member's token writes the card, and the journal says whose", async () => {
    world = await openWorld();
    const { ana, ben } = world.people;
    for (const who of [ana, ben]) {
      await world.signIn(who);
      await world.connect(who);
    }
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    world.advance(2000);
    world.miro.revokeTokens(ana.user);
    world.gitlab.as('ben').updateIssue(world.place, 1, { title: 'Written by Ben' });
    await world.settle();
    expect([world.card(card)?.title, world.card(card)?.modifiedBy]).toEqual(['<p>Written by Ben</p>', ben.user]);
    const link = await world.tandem().store.links.byCard(ana.team, world.board, card);
    expect((await world.tandem().store.journal.byLink(link?.id ?? '', 1))[0]?.text).toContain('token of Ben');
  });

  test('an installation that Miro begins needs no state and ends on Miro’s page', async () => {
    world = await openWorld();
    const { ana } = world.people;
    const consent = new URL(`${world.miro.url}/oauth/authorize`);
    consent.search = new URLSearchParams({ response_type: 'code', client_id: world.miro.clientId, redirect_uri: `${world.url}/auth/miro/callback` }).toString();
    const agreed = await fetch(consent, { method: 'POST', body: new URLSearchParams({ user: ana.user, team: ana.team, answer: 'allow' }), redirect: 'manual' });
    const back = await fetch(agreed.headers.get('location') ?? '', { redirect: 'manual' });
    const done = new URL(back.headers.get('location') ?? '');
    expect([done.origin, done.pathname, done.searchParams.get('team_id')]).toEqual([world.miro.url, '/app-install-completed/', ana.team]);
    expect((await world.call<MeAnswer>(ana, 'GET', '/api/me')).body.miro).toBe('active');
  });
});
