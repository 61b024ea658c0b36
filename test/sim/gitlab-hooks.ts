import { createHmac, randomUUID } from 'node:crypto';
import type { Courier, Delivery, GitlabHook, GitlabState, HookSwitches } from './gitlab-types.ts';

/** What happened, for the hooks that want it. */
export interface HookEvent {
  readonly project: number;
  readonly trigger: 'issues_events' | 'confidential_issues_events' | 'note_events' | 'confidential_note_events';
  readonly payload: object;
}

export interface HookSender {
  readonly switches: HookSwitches;
  readonly deliveries: Delivery[];
  /** Sends it to every hook of the project that wants it, after the answer to whoever caused it. */
  emit(event: HookEvent): void;
  /** One attempt at once, whatever the hook's state; a success turns a disabled hook on again. */
  test(hook: GitlabHook, event: HookEvent): Promise<Delivery>;
  /** The same delivery again, with the same `Idempotency-Key`. */
  resend(hook: GitlabHook, delivery: Delivery): Promise<Delivery>;
  settled(): Promise<void>;
}

const EVENT_NAMES: Readonly<Record<HookEvent['trigger'], string>> = {
  issues_events: 'Issue Hook',
  confidential_issues_events: 'Confidential Issue Hook',
  note_events: 'Note Hook',
  confidential_note_events: 'Confidential Note Hook',
};
const FAILURES_TO_DISABLE = 4;
const BACKOFF = { first: 60_000, longest: 24 * 3_600_000 };
const MAX_DELIVERIES = 5_000;

/**
 * Webhooks as GitLab sends them: ten seconds, no retry, four failures in a row turn the hook off.
 * https://docs.gitlab.com/user/project/integrations/webhooks/
 */
export function makeHookSender(state: GitlabState, options: { url: () => string; now: () => number; courier: Courier; changed: () => void }): HookSender {
  const deliveries: Delivery[] = [];
  const underWay = new Set<Promise<unknown>>();
  const held: (() => void)[] = [];
  let holding = false;
  let dropping = 0;
  let doubling = 0;
  let lastId = 0;

  const attempt = async (hook: GitlabHook, event: string, payload: object, key: string): Promise<Delivery> => {
    const started = performance.now();
    const body = JSON.stringify(payload);
    const headers: Record<string, string> = {
      'Content-Type': 'application/json',
      'User-Agent': 'GitLab/19.0.0',
      'X-Gitlab-Event': event,
      'X-Gitlab-Instance': options.url(),
      'X-Gitlab-Webhook-UUID': hook.uuid,
      'X-Gitlab-Event-UUID': randomUUID(),
      'Idempotency-Key': key,
      ...Object.fromEntries(hook.customHeaders.map(({ key: name, value }) => [name, value])),
      ...(hook.token === null ? {} : { 'X-Gitlab-Token': hook.token }),
      ...signature(hook, key, body, options.now()),
    };
    lastId += 1;
    const delivery: Delivery = { id: lastId, hook: hook.id, url: hook.url, event, payload, idempotencyKey: key, at: new Date(options.now()).toISOString(), requestHeaders: { ...headers, ...(hook.token === null ? {} : { 'X-Gitlab-Token': '[REDACTED]' }) } };
    deliveries.push(delivery);
    if (deliveries.length > MAX_DELIVERIES) deliveries.shift();
    try {
      const answer = await options.courier({ url: hook.url, headers, body });
      delivery.responseBody = answer.text.slice(0, 8_192);
      delivery.status = String(answer.status);
    } catch (error) {
      delivery.responseBody = error instanceof Error ? error.message : String(error);
      delivery.status = 'internal error';
    }
    delivery.durationMs = performance.now() - started;
    judge(hook, delivery.status, options.now());
    options.changed();
    return delivery;
  };

  const send = (hook: GitlabHook, event: string, payload: object, key: string): void => {
    const work = new Promise<void>((resolve) => setImmediate(resolve)).then(() => attempt(hook, event, payload, key)).finally(() => underWay.delete(work));
    underWay.add(work);
  };

  return {
    deliveries,
    emit({ project, trigger, payload }) {
      const frozen = structuredClone(payload);
      for (const hook of state.hooks) {
        if (hook.project !== project || !hook[trigger] || !executable(hook, options.now())) continue;
        if (dropping > 0) {
          dropping -= 1;
          continue;
        }
        const key = randomUUID();
        const go = (): void => send(hook, EVENT_NAMES[trigger], frozen, key);
        const times = doubling > 0 ? 2 : 1;
        if (doubling > 0) doubling -= 1;
        for (let i = 0; i < times; i += 1) {
          if (holding) held.push(go);
          else go();
        }
      }
    },
    async test(hook, { trigger, payload }) {
      const delivery = await attempt(hook, EVENT_NAMES[trigger], payload, randomUUID());
      if (delivery.status?.startsWith('2')) Object.assign(hook, { failures: 0, alertStatus: 'executable', disabledUntil: null });
      return delivery;
    },
    resend: (hook, delivery) => attempt(hook, delivery.event, delivery.payload, delivery.idempotencyKey),
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    switches: {
      hold() {
        holding = true;
      },
      release(order = 'order') {
        holding = false;
        const waiting = held.splice(0);
        if (order === 'reverse') waiting.reverse();
        for (const go of order === 'twice' ? waiting.flatMap((one) => [one, one]) : waiting) go();
      },
      drop(count) {
        dropping += count;
      },
      duplicate(count) {
        doubling += count;
      },
    },
  };
}

/** Over the network, with so much patience. */
export function byFetch(timeout: number): Courier {
  return async ({ url, headers, body }) => {
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.timeout(timeout) });
    return { status: answer.status, text: await answer.text() };
  };
}

function executable(hook: GitlabHook, now: number): boolean {
  return hook.alertStatus === 'executable' || (hook.alertStatus === 'temporarily_disabled' && Date.parse(hook.disabledUntil ?? '') <= now);
}

/** https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks */
function judge(hook: GitlabHook, status: string, now: number): void {
  if (status.startsWith('2')) {
    if (hook.alertStatus !== 'disabled') Object.assign(hook, { failures: 0, alertStatus: 'executable', disabledUntil: null });
    return;
  }
  hook.failures += 1;
  if (hook.failures < FAILURES_TO_DISABLE) return;
  if (status.startsWith('4')) Object.assign(hook, { alertStatus: 'disabled', disabledUntil: null });
  else {
    const wait = Math.min(BACKOFF.first * 2 ** (hook.failures - FAILURES_TO_DISABLE), BACKOFF.longest);
    Object.assign(hook, { alertStatus: 'temporarily_disabled', disabledUntil: new Date(now + wait).toISOString() });
  }
}

/** The headers that prove a delivery, none without a signing token. Standard Webhooks: https://docs.gitlab.com/user/project/integrations/webhooks/ (signing token) */
export function signature(hook: GitlabHook, id: string, body: string, now: number): Record<string, string> {
  if (hook.signingToken === null) return {};
  const timestamp = String(Math.floor(now / 1000));
  const key = Buffer.from(hook.signingToken.replace(/^whsec_/, ''), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
}
