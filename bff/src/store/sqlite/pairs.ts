import { firstVersion } from '../fresh.ts';
import { prefixEnd } from '../prefix.ts';
import type { Pair, PairButton, Pairs } from '../store.ts';
import type { Writer } from './commit.ts';
import { present, type Database, type Row } from './driver.ts';

const JSON_COLUMNS = ['rules', 'base', 'pending', 'clashes', 'writes'] as const;
const FIXED = ['id', 'team', 'leftRef', 'rightRef', 'createdAt'] as const;
const CHANGEABLE = ['leftUser', 'rightUser', ...JSON_COLUMNS, 'button', 'state', 'reason', 'pausedUntil', 'lostAt', 'syncedAt'] as const;
const COLUMNS = [...FIXED, ...CHANGEABLE] as const;

/** Pairs in SQLite. */
export function pairs(db: Database, write: Writer['write']): Pairs {
  const select = (where: string, ...values: (string | number)[]): Pair[] => db.all<Stored>(`SELECT * FROM pairs WHERE ${where}`, ...values).map(pair);
  const between = (column: string): string => `SELECT ${column} AS ref FROM pairs WHERE team = ? AND ${column} >= ? AND ${column} < ?`;

  return {
    create: (given) =>
      write(() => {
        const [existing] = select('team = ? AND leftRef = ? AND rightRef = ?', given.team, given.leftRef, given.rightRef);
        if (existing) return { pair: existing, created: false };
        const rev = firstVersion();
        db.run(`INSERT INTO pairs (${COLUMNS.join(', ')}, rev) VALUES (${COLUMNS.map(() => '?').join(', ')}, ?)`, ...COLUMNS.map((column) => given[column]), rev);
        return { pair: { ...given, rev }, created: true };
      }),
    get: async (id) => select('id = ?', id)[0],
    byRef: async (team, ref) => [...select('team = ? AND leftRef = ?', team, ref), ...select('team = ? AND rightRef = ?', team, ref)],
    byTeam: async (team) => select('team = ? ORDER BY createdAt, id', team),
    async refsAt(team, refPrefix) {
      const span = [team, refPrefix, prefixEnd(refPrefix)] as const;
      return db.all<{ ref: string }>(`${between('leftRef')} UNION ${between('rightRef')}`, ...span, ...span).map((row) => row.ref);
    },
    swap: (rev, next) =>
      write(() => db.run(`UPDATE pairs SET ${CHANGEABLE.map((column) => `${column} = ?`).join(', ')}, rev = rev + 1 WHERE id = ? AND rev = ?`, ...CHANGEABLE.map((column) => next[column]), next.id, rev) === 1),
    remove: (id) => write(() => void db.run('DELETE FROM pairs WHERE id = ?', id)),
    lost: async (before, limit) => select('lostAt < ? ORDER BY lostAt LIMIT ?', before, limit),
  };
}

type Stored = Row<Omit<Pair, 'button'>, (typeof JSON_COLUMNS)[number]> & { readonly button: string | null };

function pair({ button, ...row }: Stored): Pair {
  const json = Object.fromEntries(JSON_COLUMNS.map((column) => [column, JSON.parse(row[column])])) as Pick<Pair, (typeof JSON_COLUMNS)[number]>;
  return { ...present(row), ...json, ...(button === null ? {} : { button: JSON.parse(button) as PairButton }) };
}
