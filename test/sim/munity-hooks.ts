import type { Courier } from './gitlab-types.ts';
import type { MunityDelivery, MunityHookSwitches } from './munity-types.ts';

export interface MunitySender {
  readonly switches: MunityHookSwitches;
  readonly deliveries: MunityDelivery[];
  /** Sends it after whatever caused it. */
  send(event: string, customer: string | null, state: string | null, payload: Readonly<Record<string, unknown>>): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

const MAX_DELIVERIES = 20_000;

/**
 * Webhooks to the workspace's one address, one after the other: https://doc.munityapps.com/webhooks/ (envelope and payloads; method, content type, retries and signatures are not documented: POST, JSON unless switched, none, none).
 */
export function makeMunitySender(options: { workspaceId: string; url: () => string | undefined; now: () => number; courier: Courier; changed: () => void }): MunitySender {
  const deliveries: MunityDelivery[] = [];
  const held: (() => void)[] = [];
  let holding = false;
  let dropping = 0;
  let doubling = 0;
  let line: Promise<void> = Promise.resolve();
  let waiting = 0;

  const switches: MunityHookSwitches = {
    contentType: 'application/json',
    data: true,
    typeOf: (kind) => ({ 'pm-projects': 'ProjectManagementProject', 'pm-issues': 'ProjectManagementIssue', 'pm-users': 'ProjectManagementUser', 'pm-issue-statuses': 'ProjectManagementIssueStatus' })[kind],
    hold() {
      holding = true;
    },
    release(order = 'order') {
      holding = false;
      const kept = held.splice(0);
      if (order === 'reverse') kept.reverse();
      for (const go of order === 'twice' ? kept.flatMap((one) => [one, one]) : kept) go();
    },
    drop(count) {
      dropping += count;
    },
    duplicate(count) {
      doubling += count;
    },
  };

  const attempt = async (url: string, event: string, customer: string | null, body: string, contentType: string): Promise<void> => {
    const delivery: MunityDelivery = { url, event, customer, body, at: new Date(options.now()).toISOString() };
    deliveries.push(delivery);
    if (deliveries.length > MAX_DELIVERIES) deliveries.shift();
    try {
      const answer = await options.courier({ url, headers: { 'Content-Type': contentType, 'User-Agent': 'python-requests/2.31.0' }, body });
      delivery.status = String(answer.status);
    } catch {
      delivery.status = 'no answer';
    }
    options.changed();
  };
  const enqueue = (url: string, event: string, customer: string | null, body: string): void => {
    const { contentType } = switches;
    waiting += 1;
    line = line.then(() => attempt(url, event, customer, body, contentType)).finally(() => (waiting -= 1));
  };

  return {
    switches,
    deliveries,
    send(event, customer, state, payload) {
      const url = options.url();
      if (url === undefined) return;
      if (dropping > 0) {
        dropping -= 1;
        return;
      }
      const body = JSON.stringify({ workspace_id: options.workspaceId, customer_id: customer, event, state, payload });
      const times = doubling > 0 ? 2 : 1;
      if (doubling > 0) doubling -= 1;
      for (let i = 0; i < times; i += 1) {
        if (holding) held.push(() => enqueue(url, event, customer, body));
        else enqueue(url, event, customer, body);
      }
    },
    async settled() {
      while (waiting > 0) await line;
    },
  };
}
