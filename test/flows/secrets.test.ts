import { afterAll, describe, expect, test as base } from 'vitest';
import type { MeAnswer } from '@tandem/shared/api';
import { mongoForTests } from '../mongo/server.ts';
import { openWorld, type World } from '../sim/world.ts';

const mongo = await mongoForTests();
afterAll(() => mongo?.close());

/** Every world of every test looks for secrets when it closes: here somebody lets them out on purpose. */
describe.each([
  { store: 'SQLite', url: () => undefined },
  { store: 'MongoDB', url: () => mongo?.url() },
])('a world that closes finds every secret that got out, on $store', ({ store, url }) => {
  const test = store === 'MongoDB' && !mongo ? base.skip : base;

  /** A world where every kind of secret came to be, and what they are. */
  const open = async (): Promise<{ world: World; secrets: Record<string, string> }> => {
    const where = url();
    const world = await openWorld({ miro: { tokenLife: 3600 }, ...(where === undefined ? {} : { store: where }) });
    const { ana, ben } = world.people;
    const browser = world.browser(ana);
    await browser.open('/auth/miro?back=settings');
    const { token: bearer } = (await (await browser.fetch('/auth/session', { method: 'POST' })).json()) as { token: string };
    const session = /tandem_session=([^;]+)/.exec(browser.cookies())?.[1] ?? '';
    const { body: me } = await world.call<MeAnswer>(ana, 'GET', '/api/me');
    await browser.open(me.sites[0]?.consent ?? '');
    await world.signIn(ben);
    await world.connect(ben);
    await world.put(ana, world.issue(1));
    world.advance(3601_000);
    await world.call(ana, 'GET', `/api/boards/${encodeURIComponent(world.board)}/cards`);
    await world.settle();

    const exchanged = (requests: World['miro']['requests'], name: string, n = 0): string => {
      const values = requests.filter(({ path }) => path.endsWith('/oauth/token')).flatMap(({ body, answer }) => [body, answer] as Record<string, string | undefined>[]);
      return values.flatMap((fields) => fields[name] ?? [])[n] ?? '';
    };
    const { miro, gitlab } = world;
    return {
      world,
      secrets: {
        'Miro code': exchanged(miro.requests, 'code'),
        'Miro access token, rotated away': exchanged(miro.requests, 'access_token'),
        'Miro refresh token, in use': miro.state.grants.at(0)?.refreshToken ?? '',
        'Miro ID token': miro.idToken(ana.user, ana.team),
        'Miro client secret': world.clientSecret,
        'GitLab code': exchanged(gitlab.requests, 'code'),
        'GitLab verifier': exchanged(gitlab.requests, 'code_verifier'),
        'GitLab access token': exchanged(gitlab.requests, 'access_token'),
        'GitLab refresh token': exchanged(gitlab.requests, 'refresh_token'),
        'GitLab client secret': gitlab.state.oauth.applications[0]?.clientSecret ?? '',
        'pasted token': world.tokens.ben,
        'webhook token': gitlab.state.hooks[0]?.token ?? '',
        'webhook signing token': gitlab.state.hooks[0]?.signingToken ?? '',
        'session cookie': session,
        'bearer token': bearer,
      },
    };
  };
  const complaint = (world: World): Promise<string> => world.close().then(() => '', (error: unknown) => String(error));

  test('in its log', async () => {
    const { world, secrets } = await open();
    expect(Object.entries(secrets).filter(([, value]) => value.length < 20)).toEqual([]);
    world.logged.push(...Object.values(secrets).map((secret) => `{"msg":"oops ${secret}"}`));
    const said = await complaint(world);
    expect(Object.entries(secrets).filter(([, secret]) => !said.includes(`${secret} is in the log.`))).toEqual([]);
    expect(said).not.toContain('is in the store.');
  });

  test('in its store, also encoded', async () => {
    const { world, secrets } = await open();
    const line = (text: string) => ({ link: 'somebody', at: world.now(), cause: 'test', event: 'oops', text });
    const encoded = Buffer.from(secrets['pasted token'] ?? '').toString('base64');
    await world.tandem().store.journal.add([line(encoded), ...Object.entries(secrets).flatMap(([name, secret]) => (name === 'pasted token' ? [] : [line(`oops ${secret}`)]))]);
    const said = await complaint(world);
    expect(Object.entries(secrets).filter(([, secret]) => !said.includes(`${secret} is in the store.`))).toEqual([]);
    expect(said).not.toContain('is in the log.');
  });

  test('and is content where none did', async () => {
    const { world } = await open();
    expect(await complaint(world)).toBe('');
  });
});
