import { existsSync, readFileSync } from 'node:fs';
import mongoose from 'mongoose';
import type { GitlabSim } from './gitlab-types.ts';
import type { MiroSim } from './miro-types.ts';
import type { Exchange } from './traffic.ts';

/** Every secret that a world's simulators issued and that Tandem minted. None may be in a line that it logged or in a byte that it stored. */
export interface Secrets {
  add(...values: readonly (string | null | undefined)[]): void;
  /** What an answer to a person's browser holds: Tandem's cookies and bearer tokens, and the codes that send the browser back to it. */
  watch(answer: Response): Promise<void>;
  /** A sentence for each secret that is in one of the places; none is what it should be. */
  leaks(places: Readonly<Record<string, Buffer>>): string[];
}

/** Shorter ones prove nothing: text of people may hold them by chance. */
const SHORTEST = 12;
/** Names that secrets travel under at token endpoints and with webhooks. */
const FIELDS = ['access_token', 'refresh_token', 'code', 'code_verifier', 'token', 'signing_token'];

/** Collects secrets; `tandem` is the address whose cookies count. */
export function openSecrets(tandem: string): Secrets {
  const all = new Set<string>();
  const add: Secrets['add'] = (...values) => {
    for (const value of values) if (value && value.length >= SHORTEST) all.add(value);
  };
  return {
    add,
    async watch(answer) {
      const { origin, pathname } = new URL(answer.url);
      const home = origin === new URL(tandem).origin;
      for (const cookie of home ? answer.headers.getSetCookie() : []) add(/^[^=]+=([^;]*)/.exec(cookie)?.[1]);
      const to = answer.headers.get('location');
      if (to !== null && !home) add(new URL(to, answer.url).searchParams.get('code'));
      if (home && pathname === '/auth/session' && answer.status === 200) add(((await answer.clone().json()) as { token: string }).token);
    },
    leaks(places) {
      const found: string[] = [];
      for (const secret of all) {
        const forms = new Set([secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64').replace(/=+$/, '')]);
        for (const [place, bytes] of Object.entries(places)) if ([...forms].some((form) => bytes.includes(form))) found.push(`${secret} is in the ${place}.`);
      }
      return found;
    },
  };
}

/** What two simulators issued and were given: tokens of every kind that were ever valid, and what travelled with them. */
export function issuedBy(miro: MiroSim, gitlab: GitlabSim): (string | null | undefined)[] {
  const { tokens, hooks, oauth } = gitlab.state;
  return [
    ...[...miro.requests, ...gitlab.requests].flatMap(travelled),
    ...miro.state.grants.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]),
    ...tokens.map(({ value }) => value),
    ...hooks.flatMap(({ token, signingToken }) => [token, signingToken]),
    ...oauth.applications.map(({ clientSecret }) => clientSecret),
    ...oauth.grants.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]),
  ];
}

/** Only what was accepted is a secret; what tests make up is not. */
function travelled({ path, status, fault, body, answer }: Exchange): string[] {
  if (!/\/oauth\/token$|\/hooks(?:\/|$)/.test(path) || (status >= 300 && !fault)) return [];
  return [body, answer].flatMap((side) => {
    const fields = typeof side === 'object' && side !== null ? (side as Record<string, unknown>) : {};
    return FIELDS.flatMap((name) => (typeof fields[name] === 'string' ? [fields[name]] : []));
  });
}

/** Everything that a store holds, as it lies there: the files of SQLite, or the documents of a MongoDB database. */
export async function bytesOf(store: string): Promise<Buffer> {
  if (!store.startsWith('mongodb')) {
    const file = store.replace(/^sqlite:/, '');
    return Buffer.concat([file, `${file}-wal`].filter((path) => existsSync(path)).map((path) => readFileSync(path)));
  }
  const client = new mongoose.mongo.MongoClient(store);
  try {
    const database = client.db();
    const kept: Buffer[] = [];
    for (const { name } of await database.listCollections().toArray()) {
      for (const document of await database.collection(name).find({}, { raw: true }).toArray()) kept.push(document as unknown as Buffer);
    }
    return Buffer.concat(kept);
  } finally {
    await client.close();
  }
}
