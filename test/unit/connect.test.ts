import { describe, expect, test, vi } from 'vitest';
import type { ConnectSessionAnswer } from '@tandem/shared/api';
import { MUNITY } from '@tandem/plugin/connect/addresses';
import { configureConnect, connect, createConnect, listenMunityEvent, type MunityCallback } from '@tandem/plugin/connect/connect';
import { MunityConnectError } from '@tandem/plugin/connect/error';
import { eventOf } from '@tandem/plugin/connect/events';
import { createStartConnect, type ConnectOptions } from '@tandem/plugin/connect/flow';
import { BROWSER } from '@tandem/plugin/connect/outside';
import * as PATIENCE from '@tandem/plugin/connect/patience';
import { fakeOutside, NOW, secretOf } from '../connect/fake-outside.ts';

const API = 'https://api.munityapps.com';
const MINUTE = 60_000;
const secret = secretOf({ customer_id: 'c1', state: 'session-1', exp: NOW / 1000 + 900 });
const stateless = secretOf({ customer_id: 'c1' });
const NOTHING = { timers: 0, listeners: 0, streams: 0 };

function begin(more: Partial<ConnectOptions> = {}, outside = fakeOutside()) {
  const start = createStartConnect(outside);
  const events: [string, unknown][] = [];
  const onEvent = vi.fn<MunityCallback>(({ type, message }) => void events.push([type, message]));
  const options = { connector: 'jira', secret, munity: MUNITY, onEvent, ...more };
  const connection = start(options);
  const ended = vi.fn<(how: unknown) => void>();
  connection.promise.then(ended, ended);
  return { outside, start, options, connection, events, onEvent, ended, phase: () => connection.flow.value.phase, stream: outside.streams[0], popup: outside.popups[0] };
}
/** Our own server, whose answer a test changes. */
function server(first: ConnectSessionAnswer = { state: 'waiting' }) {
  const bff = { answer: first as ConnectSessionAnswer | Error, asked: 0 };
  const ask = async (session: string): Promise<ConnectSessionAnswer> => {
    expect(session).toBe('session-1');
    bff.asked++;
    if (bff.answer instanceof Error) throw bff.answer;
    return bff.answer;
  };
  return { bff, ask };
}
const failure = (code: string) => expect.objectContaining({ name: 'MunityConnectError', code });

describe('what Munity says', () => {
  test.each([
    [{ type: 'READY' }, 'READY'],
    [{ status: 'READY' }, 'READY'],
    [{ type: 'something', status: 'ready' }, 'READY'],
    ['READY', 'READY'],
    ['{"type":"READY","message":null}', 'READY'],
    ['"import_done"', 'IMPORT_DONE'],
    [{ type: 'INSTALLED' }, 'IMPORT_DONE'],
    [{ status: 'SYNCHED' }, 'IMPORT_DONE'],
    ['ERROR', 'error'],
    [{ type: 'error', message: 'denied' }, 'error'],
  ])('%j is %s, under both names of the documents', (received, type) => {
    expect(eventOf(received)).toMatchObject({ type, status: type });
  });

  test.each([undefined, null, 7, '', 'READY?', {}, [], { type: 7 }, { type: { ready: true } }, '{"type":', '{"data":"READY"}'])('%j is no event', (received) => {
    expect(eventOf(received)).toBeUndefined();
  });
});

describe('the window', () => {
  test('opens empty at once, and goes on when the event stream listens', () => {
    const { outside, stream, popup } = begin();
    expect(outside.opened).toEqual(['']);
    expect(stream?.address).toBe('https://sse.munityapps.com/events/?uuid=uuid-1');
    expect(popup?.location.href).toBe('');
    stream?.open();
    expect(popup?.location.href).toBe(`${API}/v1/credentials/jira/register?secret=${secret}&ws_room=uuid-1`);
  });

  test('goes on without the event stream after a second and a half, and only once', async () => {
    const { outside, stream, popup } = begin();
    await outside.pass(PATIENCE.stream);
    expect(popup?.location.href).toContain('/register?');
    if (popup) popup.location.href = 'https://accounts.example/consent';
    stream?.open();
    expect(popup?.location.href).toBe('https://accounts.example/consent');
  });

  test('that was blocked is offered as a link where the page can, and stays an error where it cannot', async () => {
    const blocked = fakeOutside();
    blocked.blocked = true;
    const plain = begin({}, blocked);
    await blocked.pass(0);
    expect(plain.ended).toHaveBeenCalledWith(failure('popup_blocked'));
    expect(blocked.left()).toEqual(NOTHING);

    const linked = begin({ offersLink: true }, blocked);
    expect(linked.phase()).toBe('blocked');
    expect(linked.connection.address).toContain('/register?secret=');
    linked.connection.opened();
    expect(linked.phase()).toBe('waiting');
    blocked.streams.at(-1)?.say('{"type":"READY"}');
    await blocked.pass(0);
    expect(linked.ended).toHaveBeenCalledWith(true);
  });

  test('that was blocked and never opened by the link is an error in the end, or when given up', async () => {
    const blocked = fakeOutside();
    blocked.blocked = true;
    const waited = begin({ offersLink: true }, blocked);
    await blocked.pass(PATIENCE.all);
    expect(waited.ended).toHaveBeenCalledWith(failure('popup_blocked'));
    const left = begin({ secret: stateless, offersLink: true }, blocked);
    left.connection.abort();
    await blocked.pass(0);
    expect(left.ended).toHaveBeenCalledWith(failure('popup_blocked'));
  });

  test('that seems closed is only said to be: what was granted there still counts', async () => {
    const { outside, stream, popup, phase, ended } = begin();
    if (popup) popup.closed = true;
    await outside.pass(PATIENCE.look);
    expect(phase()).toBe('waiting');
    await outside.pass(PATIENCE.look);
    expect(phase()).toBe('closed');
    await outside.pass(PATIENCE.closed - 1);
    stream?.say('READY');
    await outside.pass(0);
    expect([phase(), ended.mock.calls]).toEqual(['ready', [[true]]]);
  });

  test('that stays closed ends the connection after its grace', async () => {
    const { outside, popup, ended } = begin();
    if (popup) popup.closed = true;
    await outside.pass(2 * PATIENCE.look + PATIENCE.closed - 1);
    expect(ended).not.toHaveBeenCalled();
    await outside.pass(1);
    expect(ended).toHaveBeenCalledWith(failure('popup_closed'));
    expect(outside.left()).toEqual(NOTHING);
  });

  test('can be opened again, which begins its grace anew; or given up', async () => {
    const { outside, popup, connection, phase, ended } = begin();
    if (popup) popup.closed = true;
    await outside.pass(100_000);
    connection.reopen();
    expect(outside.opened.at(-1)).toContain('ws_room=uuid-1');
    await outside.pass(10_000);
    expect(phase()).toBe('waiting');
    const again = outside.popups[1];
    if (again) again.closed = true;
    // The first one’s three minutes are over by now.
    await outside.pass(100_000);
    expect(phase()).toBe('closed');
    connection.abort();
    await outside.pass(0);
    expect(ended).toHaveBeenCalledWith(failure('popup_closed'));
  });

  test('is closed half a second after access was granted', async () => {
    const { outside, stream, popup } = begin();
    stream?.say('READY');
    await outside.pass(PATIENCE.close - 1);
    expect(popup?.closed).toBe(false);
    await outside.pass(1);
    expect(popup?.closed).toBe(true);
  });

  test('that shows what went wrong stays open', async () => {
    const { outside, stream, popup, ended } = begin();
    stream?.say('{"type":"error","message":"The customer said no."}');
    await outside.pass(MINUTE);
    expect(ended).toHaveBeenCalledWith(expect.objectContaining({ code: 'remote_error', message: 'The customer said no.', retryable: true }));
    expect(popup?.closed).toBe(false);
    expect(outside.left()).toEqual(NOTHING);
  });
});

describe('the event stream', () => {
  test('grants, and tells of the import later', async () => {
    const { outside, stream, ended, events } = begin();
    stream?.say('{"type":"READY","message":"hello"}');
    await outside.pass(MINUTE);
    expect(ended.mock.calls).toEqual([[true]]);
    stream?.say('{"status":"IMPORT_DONE"}');
    stream?.say('{"status":"IMPORT_DONE"}');
    await outside.pass(PATIENCE.close);
    expect(events).toEqual([
      ['READY', 'hello'],
      ['IMPORT_DONE', undefined],
    ]);
    expect(outside.left()).toEqual(NOTHING);
  });

  test('that tells of the import first has granted all the same', async () => {
    const { outside, stream, ended, events } = begin();
    stream?.say('INSTALLED');
    await outside.pass(0);
    expect([ended.mock.calls, events.map(([type]) => type)]).toEqual([[[true]], ['READY', 'IMPORT_DONE']]);
  });

  test('may name its events instead of writing it into them', async () => {
    const named = begin();
    named.stream?.say('', 'READY');
    await named.outside.pass(0);
    expect(named.ended).toHaveBeenCalledWith(true);
    const failed = begin();
    failed.stream?.say('{"message":"no"}', 'error');
    await failed.outside.pass(0);
    expect(failed.ended).toHaveBeenCalledWith(failure('remote_error'));
  });

  test('that drops is left to the browser; where the browser gives up it is opened anew', async () => {
    const { outside, stream, ended } = begin();
    stream?.open();
    stream?.drop();
    await outside.pass(MINUTE);
    expect(outside.streams).toHaveLength(1);
    stream?.drop(true);
    await outside.pass(1000);
    expect(outside.streams).toHaveLength(2);
    outside.streams[1]?.open();
    outside.streams[1]?.say('READY');
    await outside.pass(0);
    expect(ended).toHaveBeenCalledWith(true);
  });

  test('that comes back every time is never given up', async () => {
    const { outside, phase } = begin({ secret: stateless });
    for (let at = 0; at < 12; at++) {
      outside.streams[at]?.drop(true);
      await outside.pass(20_000);
      outside.streams[at + 1]?.open();
    }
    expect([phase(), outside.streams.length]).toEqual(['waiting', 13]);
  });

  test('that cannot be had ends the connection only where nobody else can be asked', async () => {
    const exhaust = async ({ outside }: { outside: ReturnType<typeof fakeOutside> }): Promise<void> => {
      for (let at = 0; at < 6; at++) {
        outside.streams[at]?.drop(true);
        await outside.pass(20_000);
      }
    };
    const alone = begin({ secret: stateless });
    await exhaust(alone);
    expect(alone.ended).toHaveBeenCalledWith(failure('channel_lost'));
    expect(alone.outside.left()).toEqual(NOTHING);

    const { bff, ask } = server();
    const asking = begin({ ask });
    await exhaust(asking);
    expect([asking.phase(), asking.outside.streams.length]).toEqual(['waiting', 6]);
    bff.answer = { state: 'installed' };
    await asking.outside.pass(PATIENCE.ask);
    expect(asking.ended).toHaveBeenCalledWith(true);
  });

  test('may go on telling after access was granted: an error then takes nothing back', async () => {
    const { outside, stream, ended, events, phase } = begin();
    stream?.say('READY');
    stream?.say('{"type":"error","message":"One project could not be read."}');
    await outside.pass(0);
    expect([phase(), ended.mock.calls, events.at(-1)]).toEqual(['ready', [[true]], ['error', 'One project could not be read.']]);
  });

  test('is listened to for half an hour after access was granted, no longer', async () => {
    const { outside, stream } = begin();
    stream?.say('READY');
    await outside.pass(PATIENCE.imported - 1);
    expect(outside.left().streams).toBe(1);
    await outside.pass(1);
    expect(outside.left()).toEqual(NOTHING);
  });
});

describe('a message of the window', () => {
  test('counts from Munity’s own page in that very window alone', async () => {
    const { outside, popup, phase } = begin();
    outside.message('https://evil.example', popup, { type: 'READY' });
    outside.message(`${API}.evil.example`, popup, { type: 'READY' });
    outside.message(API, { closed: false }, { type: 'READY' });
    outside.message(API, null, { type: 'READY' });
    expect(phase()).toBe('waiting');
    outside.message(API, popup, { type: 'unrelated' });
    expect(phase()).toBe('waiting');
    outside.message(API, popup, { status: 'READY' });
    expect(phase()).toBe('ready');
  });

  test('counts for nothing while no window is open, not even one from nowhere', async () => {
    const blocked = fakeOutside();
    blocked.blocked = true;
    const { phase } = begin({ offersLink: true }, blocked);
    blocked.message(API, null, { type: 'READY' });
    expect(phase()).toBe('blocked');
  });
});

describe('our own server', () => {
  test('is asked every two seconds, then every five, and what it says counts', async () => {
    const { bff, ask } = server();
    const { outside, ended } = begin({ ask });
    await outside.pass(30_000);
    expect(bff.asked).toBe(15);
    await outside.pass(30_000);
    expect(bff.asked).toBe(21);
    bff.answer = { state: 'installed' };
    await outside.pass(PATIENCE.ask);
    expect(ended).toHaveBeenCalledWith(true);
  });

  test('tells of the import too, where the event stream does not', async () => {
    const { bff, ask } = server();
    const { outside, stream, events } = begin({ ask });
    stream?.say('READY');
    bff.answer = { state: 'installed' };
    await outside.pass(10_000);
    expect(events.map(([type]) => type)).toEqual(['READY']);
    bff.answer = { state: 'imported' };
    await outside.pass(2500);
    expect(events.map(([type]) => type)).toEqual(['READY', 'IMPORT_DONE']);
    expect(outside.left()).toEqual(NOTHING);
  });

  test('is asked at once when the window seems closed', async () => {
    const { bff, ask } = server();
    const { outside, popup, ended } = begin({ ask });
    bff.answer = { state: 'imported' };
    if (popup) popup.closed = true;
    await outside.pass(2 * PATIENCE.look);
    expect(ended).toHaveBeenCalledWith(true);
  });

  test('ends it with its reason, or because nobody finished', async () => {
    const failed = begin({ ask: server({ state: 'failed', reason: 'Jira refused the credentials.' }).ask });
    await failed.outside.pass(2000);
    expect(failed.ended).toHaveBeenCalledWith(expect.objectContaining({ code: 'remote_error', message: 'Jira refused the credentials.' }));
    expect(failed.events).toEqual([['error', 'Jira refused the credentials.']]);
    const expired = begin({ ask: server({ state: 'expired' }).ask });
    await expired.outside.pass(2000);
    expect(expired.ended).toHaveBeenCalledWith(failure('timeout'));
  });

  test('that never answers, nor lets itself be stopped, is asked anew; its answers after the end count for nothing', async () => {
    const signals: AbortSignal[] = [];
    const { outside, connection, phase } = begin({
      ask: (_, asking) => {
        signals.push(asking);
        return new Promise(() => {});
      },
    });
    await outside.pass(PATIENCE.askEagerly + PATIENCE.answer - 1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await outside.pass(1 + PATIENCE.askEagerly);
    expect([phase(), signals.map(({ aborted }) => aborted)]).toEqual(['waiting', [true, false]]);
    connection.abort();
    expect([signals.map(({ aborted }) => aborted), outside.left()]).toEqual([[true, true], NOTHING]);
  });

  test('may be out of reach for a while', async () => {
    const { bff, ask } = server();
    const { outside, ended } = begin({ ask });
    bff.answer = new TypeError('no network');
    await outside.pass(MINUTE);
    bff.answer = { state: 'installed' };
    await outside.pass(PATIENCE.ask);
    expect(ended).toHaveBeenCalledWith(true);
  });
});

describe('a connection', () => {
  test('that nobody finishes ends after fifteen minutes', async () => {
    const { outside, ended, popup } = begin({ ask: server().ask });
    await outside.pass(PATIENCE.all - 1);
    expect(ended).not.toHaveBeenCalled();
    await outside.pass(1);
    expect(ended).toHaveBeenCalledWith(failure('timeout'));
    expect([popup?.closed, outside.left()]).toEqual([true, NOTHING]);
  });

  test('is given up by hand or by a signal: its window closes, nothing is left, and what comes later counts for nothing', async () => {
    const stop = new AbortController();
    for (const end of [({ connection }: ReturnType<typeof begin>) => connection.abort(), () => stop.abort('left the page')]) {
      const begun = begin({ signal: stop.signal });
      end(begun);
      begun.stream?.say('READY');
      await begun.outside.pass(PATIENCE.all);
      expect(begun.ended.mock.calls).toEqual([[failure('aborted')]]);
      expect([begun.popup?.closed, begun.outside.left(), begun.events]).toEqual([true, NOTHING, []]);
    }
    const late = begin({ signal: stop.signal });
    await late.outside.pass(0);
    expect([late.ended.mock.calls, late.outside.opened]).toEqual([[[failure('aborted')]], []]);
  });

  test('that has been granted can be left: nothing is taken back and nothing is left', async () => {
    const { outside, stream, connection, ended } = begin();
    stream?.say('READY');
    await outside.pass(0);
    connection.abort();
    expect([connection.flow.value.phase, ended.mock.calls, outside.left()]).toEqual(['ready', [[true]], NOTHING]);
  });

  test('runs once: a second click brings its window to the front, another connector has to wait', async () => {
    const { outside, start, options, connection, popup, stream } = begin();
    expect(start(options)).toBe(connection);
    expect([outside.opened.length, popup?.focused]).toEqual([1, 1]);
    await expect(start({ ...options, connector: 'asana' }).promise).rejects.toEqual(expect.objectContaining({ code: 'in_progress', retryable: false }));
    stream?.say('READY');
    const other = start({ ...options, connector: 'asana' });
    expect([other.flow.value.phase, outside.opened.length]).toEqual(['waiting', 2]);
  });

  test.each([
    ['a connector that is none', { connector: '../admin' }, 'invalid_argument'],
    ['a secret that is none', { secret: 'abc' }, 'invalid_argument'],
    ['a secret without claims', { secret: 'a.!!!.c' }, 'invalid_argument'],
    ['no address of Munity', { munity: { ...MUNITY, api: 'nowhere' } }, 'invalid_argument'],
    ['no address of the event stream', { munity: { ...MUNITY, sse: 'https://[' } }, 'invalid_argument'],
    ['a secret that has ended', { secret: secretOf({ exp: NOW / 1000 }) }, 'secret_expired'],
  ])('with %s opens nothing', async (_, more, code) => {
    const { outside, ended, connection } = begin(more);
    await outside.pass(0);
    expect(ended).toHaveBeenCalledWith(failure(code));
    expect([outside.opened, outside.left(), connection.flow.value.phase]).toEqual([[], NOTHING, 'failed']);
  });

  test('whose event stream the browser refuses to open ends as any other, and holds up nobody', async () => {
    const outside = fakeOutside();
    const oops = new SyntaxError('not an address');
    const { stream } = outside;
    outside.stream = () => {
      throw oops;
    };
    const { start, options, ended, events } = begin({}, outside);
    await outside.pass(0);
    expect(ended.mock.calls).toEqual([[expect.objectContaining({ name: 'MunityConnectError', code: 'remote_error', cause: oops })]]);
    expect([events, outside.popups[0]?.closed, outside.left()]).toEqual([[['error', oops]], true, NOTHING]);
    outside.stream = stream;
    expect(start({ ...options, connector: 'asana' }).flow.value.phase).toBe('waiting');
  });

  test('that somebody else asks for as well is told to both, each callback once; at other addresses it has to wait', async () => {
    const { outside, start, options, events, stream } = begin();
    const other = vi.fn<MunityCallback>();
    start({ ...options, onEvent: other });
    start({ ...options, onEvent: other });
    await expect(start({ ...options, munity: { ...MUNITY, sse: 'https://sse.other.example' } }).promise).rejects.toEqual(failure('in_progress'));
    stream?.say('READY');
    stream?.say('IMPORT_DONE');
    expect([events.map(([type]) => type), other.mock.calls.map(([{ type }]) => type)]).toEqual([['READY', 'IMPORT_DONE'], ['READY', 'IMPORT_DONE']]);
    expect(outside.opened).toEqual(['']);
  });

  test('says whose code it is', () => {
    expect(begin().connection.implementation).toBe('native');
  });
});

describe('connect, as Munity documents it', () => {
  type Anything = ReturnType<typeof JSON.parse>;
  /** the line of the documents, and of the package's own declarations */
  type Documented = (connector: string, secret: string, cb: (data: { status: string; message: Anything }) => void, config?: { [key: string]: string }) => Promise<boolean>;

  test('has the documented signature', () => {
    const documented: Documented = connect;
    expect(documented).toBe(connect);
    expect(connect.length).toBe(3);
  });

  test('can be called wherever Munity’s package is', () => {
    // As it declares itself (app.unpkg.com/@munityapps/sdk-frontend@1.0.15/files/lib/es5/index.d.ts), in its own words.
    interface Declared {
      // oxlint-disable-next-line typescript/no-unsafe-function-type, typescript/no-wrapper-object-types
      connect(connector: string, SECRET: string, cb?: Function | null, config?: { [key: string]: string }): Promise<Boolean>;
      listenMunityEvent(uuid: Anything, cb: Anything, config?: { [key: string]: string }): void;
    }
    const declared: Declared = { connect, listenMunityEvent };
    expect(Object.values(declared)).toEqual([connect, listenMunityEvent]);
  });

  test('resolves true, and calls back with both names', async () => {
    const outside = fakeOutside();
    const { connect: go } = createConnect(outside, () => ({}));
    const heard = vi.fn();
    const promise = go('jira', stateless, heard);
    outside.streams[0]?.say('{"type":"READY"}');
    expect(await promise).toBe(true);
    outside.streams[0]?.say('{"type":"IMPORT_DONE"}');
    expect(heard.mock.calls).toEqual([[{ type: 'READY', status: 'READY', message: undefined }], [{ type: 'IMPORT_DONE', status: 'IMPORT_DONE', message: undefined }]]);
  });

  test('rejects with a typed error, also for nonsense, and never throws at once', async () => {
    const { connect: go } = createConnect(fakeOutside(), () => ({}));
    const promise = go('jira', 'nonsense');
    await expect(promise).rejects.toBeInstanceOf(MunityConnectError);
    await expect(promise).rejects.toMatchObject({ code: 'invalid_argument', retryable: false });
  });

  test('survives a callback that throws', async () => {
    const outside = fakeOutside();
    const oops = new Error('oops');
    const promise = createConnect(outside, () => ({})).connect('jira', stateless, () => {
      throw oops;
    });
    outside.streams[0]?.say('READY');
    expect(await promise).toBe(true);
    outside.streams[0]?.say('IMPORT_DONE');
    await outside.pass(PATIENCE.close);
    expect([outside.reported, outside.left()]).toEqual([[oops, oops], NOTHING]);
  });

  test('goes to other hosts for one call only, and asks whom the page named', async () => {
    const outside = fakeOutside();
    const { bff, ask } = server();
    const { connect: go } = createConnect(outside, () => ({ ask }));
    const first = go('jira', secret, null, { api_url: 'https://api.other.example', sse_url: 'https://sse.other.example', connect: 'ignored' });
    expect(outside.streams[0]?.address).toBe('https://sse.other.example/events/?uuid=uuid-1');
    outside.streams[0]?.open();
    expect(outside.popups[0]?.location.href).toMatch(/^https:\/\/api\.other\.example\/v1\/credentials\/jira\/register\?/);
    outside.message('https://api.other.example', outside.popups[0], 'READY');
    expect(await first).toBe(true);
    void go('asana', secret);
    expect(outside.streams[1]?.address).toContain('https://sse.munityapps.com/');
    bff.answer = { state: 'installed' };
    await outside.pass(2000);
    expect(bff.asked).toBeGreaterThan(0);
  });

  test('has ids of its own on pages of plain http, too, where `crypto.randomUUID` is not', () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const ids = Array.from({ length: 100 }, () => BROWSER.uuid());
    vi.unstubAllGlobals();
    for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
    expect(new Set(ids).size).toBe(100);
    expect(new Set(ids.join('')).size, 'every digit').toBe(17);
  });

  test('opens its window before it returns', () => {
    const outside = fakeOutside();
    void createConnect(outside, () => ({})).connect('jira', stateless);
    expect(outside.opened).toEqual(['']);
  });

  test('importing it says nothing', async () => {
    const said = vi.spyOn(console, 'log');
    vi.resetModules();
    await import('@tandem/plugin/connect/connect');
    expect(said).not.toHaveBeenCalled();
    configureConnect({});
  });
});

describe('listenMunityEvent', () => {
  test('calls back for each event until it is stopped', () => {
    const outside = fakeOutside();
    const heard = vi.fn();
    const stop = createConnect(outside, () => ({})).listenMunityEvent('a b', heard, { sse_url: 'https://sse.other.example' });
    expect(outside.streams[0]?.address).toBe('https://sse.other.example/events/?uuid=a%20b');
    outside.streams[0]?.say('{"status":"IMPORT_DONE","message":1}');
    expect(heard.mock.calls).toEqual([[{ type: 'IMPORT_DONE', status: 'IMPORT_DONE', message: 1 }]]);
    stop();
    expect(outside.left()).toEqual(NOTHING);
  });

  test('says when there will be no more, and survives a callback that throws', async () => {
    const outside = fakeOutside();
    const heard = vi.fn(() => {
      throw new Error('oops');
    });
    createConnect(outside, () => ({})).listenMunityEvent('u', heard);
    for (let at = 0; at < 6; at++) {
      outside.streams[at]?.drop(true);
      await outside.pass(20_000);
    }
    expect(heard).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ type: 'error', status: 'error' }));
    expect([outside.reported.length, outside.left()]).toEqual([1, NOTHING]);
  });
});
