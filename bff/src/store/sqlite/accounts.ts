import { firstVersion } from '../fresh.ts';
import type { Account, AccountKey, Accounts } from '../store.ts';
import type { Writer } from './commit.ts';
import { present, type Database, type Row } from './driver.ts';

const KEY = 'team = ? AND user = ? AND tool = ? AND site = ?';
const key = (of: AccountKey): [string, string, string, string] => [of.team, of.user, of.tool, of.site];

/** Accounts in SQLite. */
export function accounts(db: Database, write: Writer['write']): Accounts {
  const select = (where: string, ...values: string[]): Account[] => db.all<Row<Account, 'person'>>(`SELECT * FROM accounts WHERE ${where}`, ...values).map(account);

  return {
    get: async (of) => select(KEY, ...key(of))[0],
    put: (next) =>
      write(() => {
        const row = db.get<{ version: number; since: number }>(
          `INSERT INTO accounts (team, user, tool, site, state, kind, sealed, person, expiresAt, renewedAt, since, refreshing, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET state = excluded.state, kind = excluded.kind, sealed = excluded.sealed, person = excluded.person,
             expiresAt = excluded.expiresAt, renewedAt = excluded.renewedAt, refreshing = excluded.refreshing, version = accounts.version + 1
           RETURNING version, since`,
          ...key(next), next.state, next.kind, next.sealed, next.person, next.expiresAt, next.renewedAt, next.since, next.refreshing, firstVersion(),
        );
        if (!row) throw new Error('An upsert answered no row.');
        return { ...next, ...row };
      }),
    swap: (version, next) =>
      write(
        () =>
          db.run(
            `UPDATE accounts SET state = ?, kind = ?, sealed = ?, person = ?, expiresAt = ?, renewedAt = ?, refreshing = ?, version = version + 1 WHERE ${KEY} AND version = ?`,
            next.state, next.kind, next.sealed, next.person, next.expiresAt, next.renewedAt, next.refreshing, ...key(next), version,
          ) === 1,
      ),
    remove: (of) => write(() => void db.run(`DELETE FROM accounts WHERE ${KEY}`, ...key(of))),
    byMember: async (team, user) => select('team = ? AND user = ? ORDER BY tool, site', team, user),
    byTeam: async (team) => select('team = ? ORDER BY user, tool, site', team),
    bySite: async (team, tool, site) => select(`team = ? AND tool = ? AND site = ? ORDER BY state <> 'active', since, user`, team, tool, site),
  };
}

function account(row: Row<Account, 'person'>): Account {
  return { ...present(row), person: JSON.parse(row.person) };
}
