import type { Exchange } from './traffic.ts';
import type { PbCallback, PbDelivery, PbEntity, PbState, PbWebhook } from './productboard-types.ts';

/** Waits before an event is sent again; after the last it is lost and the webhook is disabled. https://developer.productboard.com/reference/webhooks */
const WAITS = [1, 3, 9, 27, 81, 243, 729, 2187].map((minutes) => minutes * 60_000);

/** Where a call to us is written down, with our answer. */
export type CallLog = (exchange: Exchange) => void;

/** A call to somebody else: its status and text, or that there was no answer in time. Redirects are answers. */
export async function call(method: 'GET' | 'POST', to: PbCallback, patience: number, options: { query?: string; body?: object; log?: CallLog | undefined } = {}): Promise<{ status: number; type: string; text: string } | undefined> {
  try {
    const answer = await fetch(to.url + (options.query ?? ''), {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(patience),
      headers: {
        accept: method === 'GET' ? 'text/plain' : 'application/json',
        'user-agent': 'Productboard',
        ...(to.authorization === undefined ? {} : { authorization: to.authorization }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const [type, text] = [answer.headers.get('content-type') ?? '', await answer.text()];
    if (!options.log) return { status: answer.status, type, text };
    const { pathname, searchParams } = new URL(to.url + (options.query ?? ''));
    const said: unknown = type.startsWith('application/json') ? JSON.parse(text) : text;
    options.log({ at: new Date().toISOString(), method, path: pathname, query: Object.fromEntries(searchParams), headers: { 'content-type': 'application/json' }, ...(options.body === undefined ? {} : { body: options.body }), status: answer.status, ...(said === '' ? {} : { answer: said }) });
    return { status: answer.status, type, text };
  } catch {
    return undefined;
  }
}

export interface PbSender {
  readonly deliveries: PbDelivery[];
  emit(event: 'created' | 'updated' | 'deleted', entity: PbEntity, updated?: readonly string[]): void;
  drop(count: number): void;
  retry(): Promise<void>;
  settled(): Promise<void>;
}

/** Webhooks as Productboard sends them: five seconds, any 2xx is fine, eight more attempts, no signature, no event id. */
export function makePbSender(state: PbState, options: { url: () => string; now: () => number; patience: number; changed: () => void; real: boolean; log?: CallLog | undefined }): PbSender {
  const deliveries: PbDelivery[] = [];
  const underWay = new Set<Promise<unknown>>();
  let waiting: { at: number; webhook: PbWebhook; event: string; payload: object; attempt: number }[] = [];
  let dropping = 0;

  const send = async (webhook: PbWebhook, event: string, payload: object, attempt: number): Promise<void> => {
    if (webhook.disabled || !state.webhooks.has(webhook.id)) return;
    const delivery: PbDelivery = { webhook: webhook.id, event, payload, attempt, at: new Date(options.now()).toISOString() };
    deliveries.push(delivery);
    if (deliveries.length > 5000) deliveries.shift();
    const answer = await call('POST', webhook.notification, options.patience, { body: payload, log: options.log });
    delivery.status = answer?.status ?? 'no answer';
    if (!answer || answer.status < 200 || answer.status > 299) {
      const wait = WAITS[attempt];
      if (wait === undefined) webhook.disabled = true;
      else {
        waiting.push({ at: options.now() + wait, webhook, event, payload, attempt: attempt + 1 });
        if (options.real) setTimeout(() => void retry(), wait).unref();
      }
    }
    options.changed();
  };
  const begin = (...args: Parameters<typeof send>): void => {
    const work = new Promise<void>((resolve) => setImmediate(resolve)).then(() => send(...args)).finally(() => underWay.delete(work));
    underWay.add(work);
  };
  const settled = async (): Promise<void> => {
    while (underWay.size > 0) await Promise.all(underWay);
  };
  const retry = async (): Promise<void> => {
    const due = waiting.filter(({ at }) => at <= options.now());
    waiting = waiting.filter((one) => !due.includes(one));
    for (const { webhook, event, payload, attempt } of due) begin(webhook, event, payload, attempt);
    await settled();
  };

  return {
    deliveries,
    emit(what, entity, updated) {
      const kind = entity.type === 'subfeature' ? 'feature' : entity.type;
      const event = `${kind}.${what}`;
      const payload = { data: { id: entity.id, eventType: event, links: { target: `${options.url()}/v2/entities/${entity.id}` }, ...(updated ? { updatedAttributes: updated } : {}) } };
      for (const webhook of state.webhooks.values()) {
        if (!webhook.events.includes(event)) continue;
        if (dropping > 0) dropping -= 1;
        else begin(webhook, event, payload, 0);
      }
    },
    drop(count) {
      dropping += count;
    },
    retry,
    settled,
  };
}
