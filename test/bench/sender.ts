import { createHmac, randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { workerData } from 'node:worker_threads';
import { placeId, signingKey, watchId, type Scene } from './scene.ts';
import type { Board } from './stand-in.ts';
import { seeded } from './stats.ts';
import { clock, serve, startThread, type Thread } from './thread.ts';

/** What the main thread tells the sender of webhooks. */
export type SenderApi = ReturnType<typeof apiOf>;
export type Sender = Thread<SenderApi>;

interface Given extends Board {
  readonly scene: Scene;
}

/** What became of what was sent. */
export interface Sent {
  /** answered 202 */
  readonly accepted: number;
  /** answered anything else, or nothing */
  readonly refused: number;
  /** from the first to the last, in ms */
  readonly ms: number;
  /** each answer's delay after the time at which it was to be sent, in ms; only where times were given */
  readonly delays: readonly number[];
}

/** Sends signed webhooks as GitLab does, in a thread of its own: as fast as they are answered, or at given times whatever comes back. */
export function startSender(scene: Scene, board: Board): Sender {
  return startThread<SenderApi>('sender', { scene, ...board } satisfies Given);
}

export function serveSender(): void {
  serve(apiOf(workerData as Given));
}

/** Connections that are there when requests come at given times; more are made when all wait. */
const CONNECTIONS = 256;

/** One keep-alive connection: one request at a time. */
class Line {
  readonly #socket: Socket;
  #got = '';
  #answered: ((status: number) => void) | undefined;
  #open = true;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (chunk: string) => this.#take(chunk));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#open = false;
      this.#answer(0);
    });
  }

  /** The answer's status; 0 when the connection ended first. */
  send(request: Buffer): Promise<number> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      if (this.#open) this.#socket.write(request);
      else this.#answer(0);
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  /** Resolves when it is connected, or ended. */
  static async open(port: number): Promise<Line> {
    const line = new Line(port);
    await new Promise<void>((resolve) => void line.#socket.once('connect', resolve).once('close', resolve));
    return line;
  }

  get usable(): boolean {
    return this.#open;
  }

  #take(chunk: string): void {
    this.#got += chunk;
    const head = this.#got.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#got.slice(0, head))?.[1] ?? 0);
    if (this.#got.length < head + 4 + length) return;
    const status = Number(this.#got.slice(9, 12));
    this.#got = '';
    this.#answer(status);
  }

  #answer(status: number): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(status);
  }
}

function apiOf({ scene, versions: shared, changedAt: times }: Given) {
  const versions = new Int32Array(shared);
  const changedAt = new Float64Array(times);
  const keys = scene.places.map((_, place) => signingKey(place));
  let port = 0;

  /** An event of the item, about 650 bytes, signed now. */
  const request = (item: number, id: string): Buffer => {
    const place = scene.items[item] ?? 0;
    const event = {
      object_kind: 'issue',
      event_type: 'issue',
      user: { id: 7, name: 'Ana', username: 'ana', email: '[REDACTED]' },
      project: { id: Number(placeId(place)), name: 'Roadmap', path_with_namespace: `acme/p${place}`, default_branch: 'main' },
      object_attributes: { iid: item + 1, action: 'update', state: 'opened', title: 'A title as people write it', description: 'x'.repeat(250) },
      changes: { title: { previous: 'Before', current: 'After' } },
    };
    const body = JSON.stringify(event);
    const at = Math.floor(Date.now() / 1000);
    const signature = createHmac('sha256', keys[place] ?? '').update(`${id}.${at}.${body}`).digest('base64');
    const head = [
      `POST /hooks/gitlab/${watchId(place)} HTTP/1.1`,
      `host: 127.0.0.1:${port}`,
      'user-agent: GitLab/18.0.0',
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      'x-gitlab-event: Issue Hook',
      `idempotency-key: ${id}`,
      `webhook-id: ${id}`,
      `webhook-timestamp: ${at}`,
      `webhook-signature: v1,${signature}`,
    ];
    return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
  };

  /** Somebody changes the item in the tracker. */
  const change = (item: number): number => {
    changedAt[item] = clock();
    return Atomics.add(versions, item, 1) + 1;
  };

  return {
    /** Where the BFF listens. */
    aim: (at: number): void => void (port = at),
    /** Changes an item without telling anybody. */
    change: (item: number): void => void change(item),
    /** Each connection sends the next as soon as its last was answered, for so long or so many. `items` in turn; `edit`: each is changed first. */
    async fast({ items, connections, ms = Infinity, count = Infinity, edit = false }: { items: readonly number[]; connections: number; ms?: number; count?: number; edit?: boolean }): Promise<Sent> {
      const ready = edit ? [] : items.map((item) => request(item, randomUUID()));
      const began = clock();
      let [n, good, bad] = [0, 0, 0];
      const one = async (): Promise<void> => {
        const line = new Line(port);
        while (n < count && clock() - began < ms) {
          const turn = (n += 1) % items.length;
          const item = items[turn] ?? 0;
          if (edit) change(item);
          if ((await line.send(ready[turn] ?? request(item, randomUUID()))) === 202) good += 1;
          else bad += 1;
          if (!line.usable) break;
        }
        line.end();
      };
      await Promise.all(Array.from({ length: connections }, one));
      return { accepted: good, refused: bad, ms: clock() - began, delays: [] };
    },
    /** Sends so many a second at random times, as many strangers do, whether or not answers come. */
    async steady({ items, perSecond, ms, edit = false, seed = 1 }: { items: readonly number[]; perSecond: number; ms: number; edit?: boolean; seed?: number }): Promise<Sent> {
      const random = seeded(seed);
      const times: number[] = [];
      for (let at = 0; at < ms; at += (-Math.log(1 - random()) * 1000) / perSecond) times.push(at);
      const ready = edit ? [] : items.map((item) => request(item, randomUUID()));
      // Open before the first second begins, as a proxy in front keeps them: the event loop accepts one connection a turn, and a burst would measure that.
      const all = await Promise.all(Array.from({ length: CONNECTIONS }, () => Line.open(port)));
      const idle = [...all];
      const delays: number[] = [];
      let bad = 0;
      const began = clock() + 20;
      const send = async (at: number, n: number): Promise<void> => {
        const item = items[n % items.length] ?? 0;
        if (edit) change(item);
        let line = idle.pop();
        if (!line?.usable) all.push((line = new Line(port)));
        const status = await line.send(ready[n % items.length] ?? request(item, randomUUID()));
        if (status === 202) delays.push(clock() - began - at);
        else bad += 1;
        idle.push(line);
      };
      const sent: Promise<void>[] = [];
      while (sent.length < times.length) {
        const at = times[sent.length] ?? 0;
        const wait = began + at - clock();
        if (wait <= 0) sent.push(send(at, sent.length));
        else await new Promise((resolve) => setTimeout(resolve, Math.max(1, Math.floor(wait))));
      }
      await Promise.all(sent);
      for (const line of all) line.end();
      return { accepted: delays.length, refused: bad, ms: clock() - began, delays };
    },
    /** Changes items and tells, on each connection as fast as it is answered, until the BFF is gone; answers the ids that it said 202 to, and the items whose last change it did not. */
    async until({ items, connections }: { items: readonly number[]; connections: number }): Promise<{ accepted: string[]; untold: number[] }> {
      const accepted: string[] = [];
      const told = new Map<number, number>();
      let n = 0;
      const one = async (): Promise<void> => {
        const line = new Line(port);
        for (let status = 202; status === 202; ) {
          const item = items[(n += 1) % items.length] ?? 0;
          const id = randomUUID();
          const version = change(item);
          status = await line.send(request(item, id));
          if (status !== 202) break;
          accepted.push(id);
          told.set(item, Math.max(version, told.get(item) ?? 0));
        }
        line.end();
      };
      await Promise.all(Array.from({ length: connections }, one));
      return { accepted, untold: items.filter((item) => (told.get(item) ?? 0) < (versions[item] ?? 0)) };
    },
  } as const;
}
