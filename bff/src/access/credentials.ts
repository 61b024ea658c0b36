import type { SignIn } from '../ports.ts';
import type { AccountKey } from '../store/store.ts';
import type { Tokens } from './oauth.ts';

/** Where a remote is and how it is called: what turns an account into an {@link Access}. */
export interface Remote {
  readonly tool: string;
  readonly site: string;
  readonly name: string;
  readonly base: string;
  readonly api: string;
  /** how a pasted token is shown to it */
  readonly token?: Extract<SignIn, { kind: 'token' }>;
  readonly oauth?: OAuth;
  /** the service that holds the credentials for us */
  readonly through?: string;
}

/** How a remote signs in by consent. */
export type OAuth = Extract<SignIn, { kind: 'oauth' }>;

/** The secrets of an account, as they are sealed in the store. */
export type Credentials = { readonly kind: 'token'; readonly fields: Readonly<Record<string, string>> } | ({ readonly kind: 'oauth' } & Tokens);

/** The key as one string, each part percent-encoded. */
export function printKey(key: AccountKey): string {
  return [key.team, key.user, key.tool, key.site].map(encodeURIComponent).join('/');
}
