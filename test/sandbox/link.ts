import type { Ask, Push, Snapshot, Told } from './board-api.ts';

/** The page's line to its server. */
export interface Link {
  readonly client: string;
  readonly first: Snapshot;
  ask<K extends Ask['ask']>(what: Extract<Ask, { ask: K }>): Promise<Told[K]>;
  /** Every push from now on; `lost` when the line breaks. */
  listen(on: (push: Push) => void, lost: () => void): void;
}

/** Reads the board as the member that the address names, and opens the line. */
export async function openLink(): Promise<Link> {
  const client = Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join('');
  const board = decodeURIComponent(/^\/app\/board\/([^/]+)/.exec(location.pathname)?.[1] ?? '');
  const query = new URLSearchParams({ board, as: new URLSearchParams(location.search).get('as') ?? '', client });
  const reply = await fetch(`/sandbox/board?${query}`);
  if (!reply.ok) throw new Error(await reply.text());
  const first = (await reply.json()) as Snapshot;
  query.set('as', first.me.id);
  return {
    client,
    first,
    async ask<K extends Ask['ask']>(what: Extract<Ask, { ask: K }>) {
      const answer = await fetch(`/sandbox/ask?${query}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(what) });
      const body = (await answer.json()) as Told[K] | { error: string };
      if (!answer.ok) throw new Error((body as { error: string }).error);
      return body as Told[K];
    },
    listen(on, lost) {
      // whatever happened while the line was down is unknown: the page begins anew
      let broken = false;
      const source = new EventSource(`/sandbox/events?${query}`);
      source.addEventListener('message', (event: MessageEvent<string>) => on(JSON.parse(event.data) as Push));
      source.addEventListener('open', () => broken && location.reload());
      source.addEventListener('error', () => {
        broken = true;
        lost();
      });
    },
  };
}
