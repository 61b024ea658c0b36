import { printKey } from '../access/credentials.ts';
import type { Deps } from '../deps.ts';
import type { AccountKey } from '../store/store.ts';

/** First imports at Munity: what was granted access to is not there at once. */
export interface Imports {
  begun(account: AccountKey): Promise<void>;
  done(account: AccountKey): Promise<void>;
  isUnderWay(account: AccountKey): Promise<boolean>;
}

/** Munity may take a while; whoever hears nothing of the end believes after this that it is over. */
export const LONGEST_IMPORT = 30 * 60_000;

const idOf = (account: AccountKey): string => `import/${printKey(account)}`;

/** What is known of imports: what Munity's webhooks told. */
export function openImports({ store, now }: Pick<Deps, 'store' | 'now'>): Imports {
  return {
    begun: (account) => store.grants.put({ id: idOf(account), kind: 'import', data: {}, expiresAt: now() + LONGEST_IMPORT }),
    done: async (account) => {
      await store.grants.take(idOf(account), 'import', now());
    },
    isUnderWay: async (account) => (await store.grants.get(idOf(account), 'import', now())) !== undefined,
  };
}
