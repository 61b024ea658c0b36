import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../sim/port.ts';
import { startBff } from '../sim/process.ts';
import { eventually, openWorld, type World } from '../sim/world.ts';

describe('the BFF as a process', () => {
  let world: World | undefined;
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  const linked = async (): Promise<{ world: World; title: () => string | undefined }> => {
    const opened = (world = await openWorld({ process: true }));
    const { ana } = opened.people;
    await opened.signIn(ana);
    await opened.connect(ana);
    const { card } = await opened.put(ana, opened.issue(1));
    const title = (): string | undefined => opened.card(card)?.title;
    await eventually(title, (shown) => shown === '<p>Checkout drops the discount</p>');
    return { world: opened, title };
  };

  test('killed between the 202 and the card, it shows the card right as soon as it is up again', async () => {
    const { world, title } = await linked();
    // Miro does not answer, so the card cannot be written before the kill.
    world.miro.faults.next(1, 'drop', { method: 'PATCH' });
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'Survived' });
    await world.gitlab.settled();
    expect(world.gitlab.deliveries.at(-1)?.status).toBe('202');
    await world.kill();
    expect(title()).toBe('<p>Checkout drops the discount</p>');
    world.miro.faults.clear();
    await world.boot();
    // Sooner than anything that is looked for at intervals.
    await eventually(title, (shown) => shown === '<p>Survived</p>', 20_000);
  });

  test('a stop is graceful: exit 0, and the next start takes up what is left', async () => {
    const { world, title } = await linked();
    world.miro.faults.next(1, 429, { method: 'PATCH', retryAfter: 1 });
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'After the stop' });
    await world.gitlab.settled();
    await world.restart();
    await eventually(title, (shown) => shown === '<p>After the stop</p>');
    expect(world.logged.some((line) => line.includes('"tandem stops"'))).toBe(true);
    expect(world.logged.some((line) => line.includes('did not stop in time'))).toBe(false);
  });

  test('without a usable configuration it ends with 78 and every fault', async () => {
    const lines: string[] = [];
    const bff = startBff({ PORT: 'x' }, (line) => void lines.push(line));
    bff.ready.catch(() => undefined);
    expect(await bff.ended).toBe(78);
    const text = lines.join('\n');
    for (const name of ['PORT', 'TANDEM_URL', 'TANDEM_SECRET', 'MIRO_CLIENT_ID', 'MIRO_CLIENT_SECRET']) expect(text).toContain(name);
  });

  test('a port that is taken is said in one sentence', async () => {
    const port = await freePort();
    const env = { PORT: String(port), TANDEM_URL: `http://localhost:${port}`, TANDEM_STORE: 'sqlite::memory:', TANDEM_SECRET: 's'.repeat(32), MIRO_CLIENT_ID: '1', MIRO_CLIENT_SECRET: 's' };
    const first = startBff(env);
    await first.ready;
    const lines: string[] = [];
    const second = startBff(env, (line) => void lines.push(line));
    second.ready.catch(() => undefined);
    expect(await second.ended).toBe(1);
    expect(lines.join('\n')).toContain(`Port ${port} is taken`);
    expect(await first.end('SIGTERM')).toBe(0);
  });
});
