import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Lab } from '../connect/lab.ts';
import { buildLab } from '../connect/lab-page.ts';
import { visitLab, type LabVisit } from '../connect/lab-visit.ts';
import { makeCertificate, signSecret, startMunity, type MunitySim } from '../sim/munity.ts';
import { freePort } from '../sim/port.ts';
import { launchChromium } from './chromium.ts';

/** Munity's `connect` in a frame of another site, against Munity's own pages, in a real browser that blocks windows outside of clicks. */

const CERTIFICATE = makeCertificate();
const WORKSPACE = '11111111-2222-4333-aaaa-eeeeeeeeeeee';
const NOTHING = { timers: 0, listeners: 0, streams: 0 };

let browser: Browser;
const scripts = { native: '', sdk: '' };
let munity: MunitySim;
let lab: LabVisit;

beforeAll(async () => {
  [browser, scripts.native, scripts.sdk] = await Promise.all([launchChromium({ blocksPopups: true }), buildLab(false), buildLab(true)]);
});
afterAll(() => browser?.close());
beforeEach(async () => {
  munity = await startMunity({ workspaceId: WORKSPACE, publicKey: CERTIFICATE.publicKey, apiKey: 'prefix.key', importAfter: 'held' });
  munity.connecting.loader = 0;
  munity.tool('jira').addUser('ana', 'Ana Marković');
  munity.tool('jira').addProject('SHOP', 'Web shop');
});
afterEach(async () => {
  await lab?.close();
  await munity?.close();
});

const secretOf = (claims: Record<string, unknown> = {}): string => signSecret(CERTIFICATE.privateKey, { workspace_id: WORKSPACE, customer_id: 'c0ffee', ...claims });
const config = (): Record<string, string> => ({ api_url: munity.url, sse_url: munity.sseUrl });
const visit = async (script = scripts.native): Promise<LabVisit> => (lab = await visitLab(browser, script, config()));
const allow = (popup: Page): Promise<void> => popup.getByRole('button', { name: 'Allow' }).click();
const call = async (at = 0) => (await lab.calls())[at];
const names = async (): Promise<unknown[]> => ((await call())?.events ?? []).map((event) => (event as { type: string }).type);
const closed = (popup: Page): Promise<unknown> => expect.poll(() => popup.isClosed()).toBe(true);
const granted = (at = 0) => expect.poll(async () => (await call(at))?.result).toBe(true);
const code = (at = 0) => expect.poll(async () => (await call(at))?.error?.code);

describe('access that is granted', () => {
  test('resolves true, closes the window, and tells of the import by the callback alone', async () => {
    const { click, left, said } = await visit();
    const popup = await click({ secret: secretOf() });
    await allow(popup);
    await granted();
    await closed(popup);
    expect(await names()).toEqual(['READY']);
    munity.releaseImports();
    await expect.poll(names).toEqual(['READY', 'IMPORT_DONE']);
    expect((await call())?.events).toEqual(['READY', 'IMPORT_DONE'].map((type) => expect.objectContaining({ type, status: type, message: expect.any(String) })));
    await expect.poll(left).toEqual(NOTHING);
    expect(said).toEqual([]);
  });

  test.each([
    ['status', 'IMPORT_DONE'],
    ['string', 'SYNCHED'],
    ['json-string', 'INSTALLED'],
  ] as const)('is understood when events are worded as %s and the import is called %s', async (shape, done) => {
    Object.assign(munity.events, { shape, done });
    const { click } = await visit();
    await allow(await click({ secret: secretOf() }));
    await granted();
    munity.releaseImports();
    await expect.poll(names).toEqual(['READY', 'IMPORT_DONE']);
  });

  test('goes through the form of a tool with keys too', async () => {
    const user = munity.tool('monday').addUser('ana', 'Ana Marković');
    munity.tool('monday').addProject('SHOP', 'Web shop');
    const { click } = await visit();
    const popup = await click({ secret: secretOf(), connector: 'monday' });
    await popup.getByLabel('API token').fill(user.token);
    await popup.getByRole('button', { name: 'Send' }).click();
    await granted();
  });

  test.each(['same-origin', 'same-origin-allow-popups'] as const)('counts when the tool’s page cut its window off (%s)', async (coop) => {
    munity.connecting.coop = coop;
    const { click, left } = await visit();
    const popup = await click({ secret: secretOf() });
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    // Long enough that the window seems closed.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await call()).toEqual({ events: [] });
    await allow(popup);
    await granted();
    munity.releaseImports();
    await expect.poll(left).toEqual(NOTHING);
  });

  test('counts when the event stream was cut meanwhile, and when its server refused it for a moment', async () => {
    const { click } = await visit();
    const popup = await click({ secret: secretOf() });
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    munity.events.refuse(2);
    munity.events.drop();
    await expect.poll(() => munity.events.refusals()).toBe(0);
    await expect.poll(() => munity.events.listeners()).toBe(1);
    await allow(popup);
    await granted();
  });

  test('is told by the window itself where the stream lost it', async () => {
    munity.connecting.postMessage = true;
    munity.events.lose(1);
    const { click } = await visit();
    await allow(await click({ secret: secretOf() }));
    await granted();
  });

  test('is told by our own server where everything else failed', async () => {
    const { click, frame } = await visit();
    await frame.evaluate(() => {
      const lab = (window as unknown as { lab: Lab }).lab;
      lab.configureConnect({ ask: (session) => Promise.resolve({ state: session === 'nonce-1' && 'granted' in window ? 'installed' : 'waiting' }) });
    });
    const popup = await click({ secret: secretOf({ state: 'nonce-1' }), config: { ...config(), sse_url: `http://127.0.0.1:${await freePort()}` } });
    await allow(popup);
    await popup.getByText('is connected').waitFor();
    expect(await call()).toEqual({ events: [] });
    await frame.evaluate(() => void Object.assign(window, { granted: true }));
    await granted();
    await closed(popup);
  });

  test('renews a connection: it keeps its id', async () => {
    const { click } = await visit();
    await allow(await click({ secret: secretOf() }));
    await granted();
    const { id } = munity.integration('c0ffee', 'jira');
    munity.breakCredentials('c0ffee', 'jira');
    await allow(await click({ secret: secretOf({ integration_id: id }) }));
    await granted(1);
    expect(munity.state.integrations.map((one) => [one.id, one.broken])).toEqual([[id, false]]);
  });

  test('survives a callback that throws', async () => {
    const { click, frame, said } = await visit();
    await frame.evaluate(() => {
      (window as unknown as { lab: Lab }).lab.next.callback = () => {
        throw new Error('oops');
      };
    });
    await allow(await click({ secret: secretOf() }));
    await granted();
    expect(said).toEqual(['oops']);
  });
});

describe('access that is not granted', () => {
  test('rejects with what Munity says, and leaves its page to be read', async () => {
    const { click, left } = await visit();
    const popup = await click({ secret: secretOf() });
    await popup.getByRole('button', { name: 'Deny' }).click();
    await code().toBe('remote_error');
    expect(await call()).toEqual({ events: [{ type: 'error', status: 'error', message: 'Access to Jira was not granted.' }], error: { name: 'MunityConnectError', code: 'remote_error', message: 'Access to Jira was not granted.', retryable: true, typed: true } });
    await popup.getByText('This did not work').waitFor();
    expect(await left()).toEqual(NOTHING);
  });

  test('because Munity takes the secret no longer, says so', async () => {
    munity.setPublicKey(makeCertificate().publicKey);
    const { click } = await visit();
    await click({ secret: secretOf() });
    await code().toBe('remote_error');
  });

  test('rejects at once when the browser opens no window', async () => {
    lab = await visitLab(browser, scripts.native, config(), { secret: secretOf() });
    const { left } = lab;
    await code().toBe('popup_blocked');
    expect(await left()).toEqual(NOTHING);
  });

  test('opens nothing with a secret that has ended, or is none', async () => {
    const { prepare, frame, page, left } = await visit();
    page.on('popup', () => expect.unreachable('a window opened'));
    for (const [at, secret, expected] of [
      [0, secretOf({ exp: Math.floor(Date.now() / 1000) - 1 }), 'secret_expired'],
      [1, 'nonsense', 'invalid_argument'],
    ] as const) {
      await prepare({ secret });
      await frame.getByRole('button').click();
      await code(at).toBe(expected);
    }
    expect(await left()).toEqual(NOTHING);
  });

  test('in a window that was closed is believed after three minutes, not before', async () => {
    const { page, click, left } = await visit();
    await page.clock.install();
    const popup = await click({ secret: secretOf() });
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    await popup.close();
    await page.clock.runFor(150_000);
    expect(await call()).toEqual({ events: [] });
    await page.clock.runFor(32_000);
    await code().toBe('popup_closed');
    expect((await left()).streams).toBe(0);
  });

  test('in time rejects, and closes the window', async () => {
    const { page, click, left } = await visit();
    await page.clock.install();
    const popup = await click({ secret: secretOf() });
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    await page.clock.runFor(14 * 60_000);
    expect(await call()).toEqual({ events: [] });
    await page.clock.runFor(61_000);
    await code().toBe('timeout');
    await closed(popup);
    expect((await left()).streams).toBe(0);
  });

  test('by whoever gives it up: the window closes and nothing is left', async () => {
    const { frame, page, left } = await visit();
    const opened = page.waitForEvent('popup');
    await frame.evaluate(
      ([secret, api, sse]) => {
        document.querySelector('button')?.addEventListener('click', (event) => {
          event.stopImmediatePropagation();
          const { start } = (window as unknown as { lab: Lab }).lab;
          const stop = new AbortController();
          const connection = start({ connector: 'jira', secret: secret ?? '', munity: { api: api ?? '', sse: sse ?? '', connect: '{api_url}/v1/credentials/{connector}/register?secret={secret}&ws_room={uuid}', events: '{sse_url}/events/?uuid={uuid}' }, signal: stop.signal });
          Object.assign(window, { connection, stop });
        }, { capture: true });
      },
      [secretOf(), munity.url, munity.sseUrl],
    );
    await frame.getByRole('button').click();
    const popup = await opened;
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    const how = await frame.evaluate(async () => {
      const { connection, stop } = window as unknown as { connection: ReturnType<Lab['start']>; stop: AbortController };
      stop.abort();
      return connection.promise.catch((error: { code: string }) => [error.code, connection.implementation]);
    });
    expect(how).toEqual(['aborted', 'native']);
    await closed(popup);
    expect(await left()).toEqual(NOTHING);
  });
});

describe('a second click', () => {
  test('brings the same window to the front', async () => {
    const { click, frame, page } = await visit();
    const popup = await click({ secret: secretOf() });
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    await frame.getByRole('button').click();
    expect(page.context().pages()).toHaveLength(2);
    await allow(popup);
    await expect.poll(async () => (await lab.calls()).map((one) => one.result)).toEqual([true, true]);
  });

  test('for another tool has to wait', async () => {
    const { click, prepare, frame } = await visit();
    await click({ secret: secretOf() });
    await prepare({ secret: secretOf(), connector: 'asana' });
    await frame.getByRole('button').click();
    await code(1).toBe('in_progress');
  });
});

describe('a forged message', () => {
  const forge = (origin: string, body = 'parent.postMessage({ type: "READY" }, "*"); parent.parent.frames[0].postMessage({ type: "READY" }, "*");') => ({ address: `${origin}/forged`, body: `<!doctype html><script>${body}</script>` });

  test('from another site, and from Munity’s own site in another window, grants nothing', async () => {
    const { click, frame, page } = await visit();
    const popup = await click({ secret: secretOf() });
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    for (const { address, body } of [forge('http://evil.test'), forge(munity.url)]) {
      await page.context().route(address, (route) => route.fulfill({ contentType: 'text/html', body }));
      await frame.evaluate(
        (src) =>
          new Promise((resolve) => {
            // A message was heard, so that it was one that counted for nothing.
            addEventListener('message', resolve, { once: true });
            const forged = document.createElement('iframe');
            forged.src = src;
            document.body.append(forged);
          }),
        address,
      );
    }
    expect(await call()).toEqual({ events: [] });
    await allow(popup);
    await granted();
  });
});

test('a message from Munity’s window counts only while Munity’s own page is in it', async () => {
  const { click, frame, page } = await visit();
  const popup = await click({ secret: secretOf() });
  await popup.getByRole('button', { name: 'Allow' }).waitFor();
  await frame.evaluate(() => {
    const heard: string[] = [];
    addEventListener('message', ({ origin }) => heard.push(origin));
    Object.assign(window, { heard });
  });
  const heard = (): Promise<string[]> => frame.evaluate(() => (window as unknown as { heard: string[] }).heard);
  for (const [at, origin] of ['http://evil.test', munity.url].entries()) {
    await page.context().route(`${origin}/forged`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><script>opener.postMessage({ type: "READY" }, "*")</script>' }));
    await popup.evaluate((address) => void (location.href = address), `${origin}/forged`);
    await expect.poll(heard).toHaveLength(at + 1);
    if (at === 0) expect(await call()).toEqual({ events: [] });
  }
  expect(await heard()).toEqual(['http://evil.test', munity.url]);
  await granted();
});

describe('listenMunityEvent', () => {
  test('hears what is told in its room, until it is stopped', async () => {
    const { frame, left } = await visit();
    await frame.evaluate((sse) => {
      const heard: unknown[] = [];
      const stop = (window as unknown as { lab: Lab }).lab.listenMunityEvent('room-1', (event) => heard.push(event), { sse_url: sse });
      Object.assign(window, { heard, stop });
    }, munity.sseUrl);
    await expect.poll(() => munity.events.listeners('room-1')).toBe(1);
    munity.events.send('room-1', '{"status":"IMPORT_DONE","message":null}');
    await expect.poll(() => frame.evaluate(() => (window as unknown as { heard: unknown[] }).heard)).toEqual([{ type: 'IMPORT_DONE', status: 'IMPORT_DONE', message: null }]);
    await frame.evaluate(() => (window as unknown as { stop: () => void }).stop());
    await expect.poll(() => munity.events.listeners('room-1')).toBe(0);
    expect(await left()).toEqual(NOTHING);
  });
});

describe('with Munity’s own package installed', () => {
  test('that package opens the window, in the same click, with the hosts of this call', async () => {
    const { click, frame } = await visit(scripts.sdk);
    await allow(await click({ secret: secretOf() }));
    await granted();
    expect(await frame.evaluate(() => (window as unknown as { sdkCalls: unknown }).sdkCalls)).toEqual([['jira', config()]]);
    munity.releaseImports();
    await expect.poll(names).toEqual(['READY', 'IMPORT_DONE']);
  });

  test('a drop of its stream, which it calls an error, is one only where nobody else can be asked', async () => {
    const { click, frame } = await visit(scripts.sdk);
    await (await click({ secret: secretOf() })).getByRole('button', { name: 'Allow' }).waitFor();
    munity.events.drop();
    await code().toBe('channel_lost');

    await frame.evaluate(() => {
      (window as unknown as { lab: Lab }).lab.configureConnect({ ask: () => Promise.resolve({ state: 'granted' in window ? 'installed' : 'waiting' }) });
    });
    const popup = await click({ secret: secretOf({ state: 'nonce-1' }) });
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    munity.events.drop();
    await allow(popup);
    await popup.getByText('is connected').waitFor();
    expect(await call(1)).toEqual({ events: [] });
    await frame.evaluate(() => void Object.assign(window, { granted: true }));
    await granted(1);
  });

  test('a window that the browser blocked is an error at once; where the page offers a link, that is heard by our own way', async () => {
    lab = await visitLab(browser, scripts.sdk, config(), { secret: secretOf() });
    const { frame, page, left } = lab;
    await code().toBe('popup_blocked');
    expect((await left()).timers).toBe(0);
    await frame.evaluate(
      ([secret, api, sse]) => {
        const munity = { api: api ?? '', sse: sse ?? '', connect: '{api_url}/v1/credentials/{connector}/register?secret={secret}&ws_room={uuid}', events: '{sse_url}/events/?uuid={uuid}' };
        const { open } = window;
        window.open = () => null;
        Object.assign(window, { connection: (window as unknown as { lab: Lab }).lab.start({ connector: 'jira', secret: secret ?? '', munity, offersLink: true }) });
        window.open = open;
      },
      [secretOf(), munity.url, munity.sseUrl],
    );
    type Begun = { connection: ReturnType<Lab['start']> };
    expect(await frame.evaluate(() => [(window as unknown as Begun).connection.flow.value.phase, (window as unknown as Begun).connection.implementation])).toEqual(['blocked', 'sdk']);
    const opened = page.waitForEvent('popup');
    await frame.evaluate(() => {
      const { connection } = window as unknown as Begun;
      document.body.insertAdjacentHTML('beforeend', '<button id="again">Open</button>');
      document.querySelector('#again')?.addEventListener('click', () => connection.reopen());
    });
    await frame.getByRole('button', { name: 'Open' }).click();
    await allow(await opened);
    expect(await frame.evaluate(() => (window as unknown as Begun).connection.promise)).toBe(true);
    expect(await frame.evaluate(() => (window as unknown as { sdkCalls: unknown[] }).sdkCalls.length)).toBe(2);
  });

  test('its window that was closed is seen to be, and opened again without a second call; one that is open is only brought to the front', async () => {
    const { frame, page } = await visit(scripts.sdk);
    await frame.evaluate(
      ([secret, api, sse]) => {
        const munity = { api: api ?? '', sse: sse ?? '', connect: '{api_url}/v1/credentials/{connector}/register?secret={secret}&ws_room={uuid}', events: '{sse_url}/events/?uuid={uuid}' };
        const { start } = (window as unknown as { lab: Lab }).lab;
        let connection: ReturnType<Lab['start']> | undefined;
        document.querySelector('button')?.addEventListener('click', (event) => {
          event.stopImmediatePropagation();
          if (connection) return connection.reopen();
          connection = start({ connector: 'jira', secret: secret ?? '', munity });
          Object.assign(window, { connection });
        }, { capture: true });
      },
      [secretOf(), munity.url, munity.sseUrl],
    );
    type Begun = { connection: ReturnType<Lab['start']> };
    const press = async (): Promise<Page> => {
      const opened = page.waitForEvent('popup');
      await frame.getByRole('button').click();
      return opened;
    };
    const first = await press();
    await first.getByRole('button', { name: 'Allow' }).waitFor();
    await frame.getByRole('button').click();
    expect(page.context().pages()).toHaveLength(2);
    await first.close();
    await expect.poll(() => frame.evaluate(() => (window as unknown as Begun).connection.flow.value.phase)).toBe('closed');
    await allow(await press());
    expect(await frame.evaluate(() => (window as unknown as Begun).connection.promise)).toBe(true);
    expect(await frame.evaluate(() => (window as unknown as { sdkCalls: unknown[] }).sdkCalls.length)).toBe(1);
  });

  test('what it throws is a typed error, and holds up nobody', async () => {
    const { click, prepare, frame, left } = await visit(scripts.sdk);
    await frame.evaluate(() => void Object.assign(window, { sdkThrows: true }));
    await prepare({ secret: secretOf() });
    await frame.getByRole('button').click();
    await code().toBe('remote_error');
    expect(await left()).toEqual(NOTHING);
    await frame.evaluate(() => void Object.assign(window, { sdkThrows: false }));
    await allow(await click({ secret: secretOf(), connector: 'jira' }));
    await granted(1);
  });
});
