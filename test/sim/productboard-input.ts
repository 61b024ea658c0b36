import { isRecord, Refusal } from './kit.ts';
import type { PbCallback, PbConnection } from './productboard-types.ts';

let requests = 0;

/** Productboard's error envelope. https://developer.productboard.com/reference/errors */
export function pbError(status: number, code: string, detail: string, pointer?: string, headers: Readonly<Record<string, string>> = {}): Refusal {
  requests += 1;
  return new Refusal(status, { id: `req-${requests}`, errors: [{ code, title: code, detail, ...(pointer ? { source: { pointer } } : {}) }] }, headers);
}

export function invalid(pointer: string, detail: string): Refusal {
  return pbError(422, 'validation.failed', detail, pointer);
}

/** The object at `pointer`, with none but these fields. */
export function fieldsOf(value: unknown, pointer: string, known: readonly string[]): Record<string, unknown> {
  if (!isRecord(value)) throw invalid(pointer, 'An object is expected');
  const stranger = Object.keys(value).find((name) => !known.includes(name));
  if (stranger) throw invalid(`${pointer}/${stranger}`, 'Unknown field');
  return value;
}

/** `data.fields` of a body. */
export function dataFields(body: unknown, known: readonly string[]): Record<string, unknown> {
  const { data } = fieldsOf(body, '', ['data']);
  return fieldsOf(fieldsOf(data, '/data', ['fields'])['fields'], '/data/fields', known);
}

export function text(value: unknown, pointer: string, most: number, least = 1): string {
  if (typeof value !== 'string') throw invalid(pointer, 'A text is expected');
  // A limit of JSON Schema counts code points.
  const { length } = Array.from(value);
  if (length < least || length > most) throw invalid(pointer, `${least} to ${most} characters are expected`);
  return value;
}

export const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

export function uuid(value: string | undefined, pointer: string): string {
  if (!UUID.test(value ?? '')) throw pbError(400, 'request.invalid', 'A UUID is expected', pointer);
  return value ?? '';
}

/** Where to call: https and a public host; loopback in plain HTTP is taken, too, so that tests need no certificate. */
export function callbackOf(value: unknown, pointer: string): PbCallback {
  const { url, version, headers } = fieldsOf(value, pointer, ['url', 'version', 'headers']);
  const address = text(url, `${pointer}/url`, 1024);
  if (version !== 1) throw invalid(`${pointer}/version`, 'The version must be 1');
  const parsed = URL.canParse(address) ? new URL(address) : undefined;
  if (!parsed || !isReachable(parsed)) throw pbError(422, 'callback.invalidUrl', 'The URL must be https and publicly reachable', `${pointer}/url`);
  const { authorization } = headers === undefined ? {} : fieldsOf(headers, `${pointer}/headers`, ['authorization']);
  return { url: address, version: 1, ...(authorization === undefined ? {} : { authorization: text(authorization, `${pointer}/headers/authorization`, 2048) }) };
}

function isReachable({ protocol, hostname }: URL): boolean {
  if (/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return true;
  const private4 = /^(?:10|127|0)\.|^192\.168\.|^169\.254\.|^172\.(?:1[6-9]|2\d|3[01])\./;
  return protocol === 'https:' && hostname.includes('.') && !private4.test(hostname) && !/\.(?:local|internal|test|localhost)$/.test(hostname);
}

const COLORS = ['gray', 'blue', 'green', 'yellow', 'orange', 'red', 'purple'];

/** A connection as Productboard takes it, by PUT or in the answer to a button. */
export function connectionOf(value: unknown, pointer: string): PbConnection {
  const { state } = isRecord(value) ? value : {};
  if (state === 'progress' || state === 'initial') {
    fieldsOf(value, pointer, ['state']);
    return { state };
  }
  if (state === 'error') return { state, message: text(fieldsOf(value, pointer, ['state', 'message'])['message'], `${pointer}/message`, 255) };
  if (state !== 'connected') throw invalid(`${pointer}/state`, 'connected, error, progress or initial is expected');
  const fields = fieldsOf(value, pointer, ['state', 'label', 'hoverLabel', 'tooltip', 'color', 'targetUrl']);
  const of = (name: string, most: number): string => text(fields[name], `${pointer}/${name}`, most);
  const [color, targetUrl] = [of('color', 20), of('targetUrl', 1000)];
  if (!COLORS.includes(color)) throw invalid(`${pointer}/color`, `One of ${COLORS.join(', ')} is expected`);
  if (!URL.canParse(targetUrl)) throw invalid(`${pointer}/targetUrl`, 'A URL is expected');
  return { state, label: of('label', 20), hoverLabel: of('hoverLabel', 20), tooltip: of('tooltip', 50), color, targetUrl };
}
