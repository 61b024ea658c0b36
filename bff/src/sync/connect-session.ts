import type { Deps } from '../deps.ts';
import type { Grant } from '../store/store.ts';

/** What a sign-in through Munity came to: access is granted, its items are there, the account is stored, or could not be. */
export type Fact = 'installed' | 'imported' | 'taken' | 'failed';

/** Notes it. Each fact is a row of its own: webhooks come at the same moment and in any order, and none may overwrite what another told. */
export async function note({ store }: Pick<Deps, 'store'>, session: Grant, fact: Fact, data: Readonly<Record<string, string>>): Promise<void> {
  await store.grants.put({ id: `${fact}/${session.id}`, kind: 'connect', data, expiresAt: session.expiresAt });
}

/** What was noted of it, if anything was. */
export async function noted({ store, now }: Pick<Deps, 'store' | 'now'>, session: string, fact: Fact): Promise<Grant['data'] | undefined> {
  return (await store.grants.get(`${fact}/${session}`, 'connect', now()))?.data;
}
