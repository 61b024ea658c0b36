import { createHash } from 'node:crypto';
import type { SessionAnswer } from '@tandem/shared/api';
import { signBearer } from '../bearer.ts';
import { randomId } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import type { Member } from '../jwt.ts';

/** Which member a browser belongs to, outside Miro: its cookie is made by a sign-in with Miro that this very browser began. */
export interface Sessions {
  /** A new session; answers the cookie's value. */
  open(member: Member): Promise<string>;
  of(cookie: string | undefined): Promise<Member | undefined>;
  close(cookie: string | undefined): Promise<void>;
  /** A short-lived token of `/api` for the member: the API itself takes no cookie, so nothing ambient acts there. */
  bearer(member: Member): SessionAnswer;
}

/** Seconds that a session lives: a working day. */
export const SESSION_LIFE = 12 * 3600;
const BEARER_LIFE = 10 * 60_000;

/** Sessions in the store; the cookie's value itself is never stored. */
export function openSessions({ store, vault, random, now }: Pick<Deps, 'store' | 'vault' | 'random' | 'now'>): Sessions {
  const idOf = (cookie: string): string => createHash('sha256').update(cookie).digest('base64url');
  return {
    async open({ user, team }) {
      const cookie = randomId(random);
      await store.grants.put({ id: idOf(cookie), kind: 'session', data: { user, team }, expiresAt: now() + SESSION_LIFE * 1000 });
      return cookie;
    },
    async of(cookie) {
      const session = cookie ? await store.grants.get(idOf(cookie), 'session', now()) : undefined;
      const { user, team } = session?.data ?? {};
      return user && team ? { user, team } : undefined;
    },
    async close(cookie) {
      if (cookie) await store.grants.take(idOf(cookie), 'session', now());
    },
    bearer(member) {
      const until = now() + BEARER_LIFE;
      return { token: signBearer(vault, member, until), until: new Date(until).toISOString() };
    },
  };
}
