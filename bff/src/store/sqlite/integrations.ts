import { firstVersion } from '../fresh.ts';
import type { Integration, Integrations } from '../store.ts';
import type { Writer } from './commit.ts';
import { present, type Database, type Row } from './driver.ts';

const JSON_COLUMNS = ['left', 'right', 'rules', 'statuses', 'done', 'report'] as const;
const FIXED = ['id', 'team', 'left', 'right', 'createdAt'] as const;
const CHANGEABLE = ['user', 'name', 'button', 'rules', 'statuses', 'sealed', 'older', 'state', 'done', 'dirty', 'reason', 'column', 'pressedAt', 'report'] as const;
const COLUMNS = [...FIXED, ...CHANGEABLE] as const;

/** Integrations in SQLite. */
export function integrations(db: Database, write: Writer['write']): Integrations {
  const select = (where: string, ...values: (string | number)[]): Integration[] => db.all<Stored>(`SELECT * FROM integrations WHERE ${where}`, ...values).map(integration);
  return {
    create: (given) =>
      write(() => {
        const rev = firstVersion();
        db.run(`INSERT INTO integrations (${COLUMNS.map(quoted).join(', ')}, rev) VALUES (${COLUMNS.map(() => '?').join(', ')}, ?)`, ...COLUMNS.map((column) => given[column]), rev);
        return { ...given, rev };
      }),
    get: async (id) => select('id = ?', id)[0],
    byTeam: async (team) => select('team = ? ORDER BY createdAt, id', team),
    page: async (after, limit) => select('id > ? ORDER BY id LIMIT ?', after, limit),
    swap: (rev, next) =>
      write(() => db.run(`UPDATE integrations SET ${CHANGEABLE.map((column) => `${quoted(column)} = ?`).join(', ')}, rev = rev + 1 WHERE id = ? AND rev = ?`, ...CHANGEABLE.map((column) => next[column]), next.id, rev) === 1),
    remove: (id) => write(() => void db.run('DELETE FROM integrations WHERE id = ?', id)),
  };
}

function quoted(column: string): string {
  return `"${column}"`;
}

type Stored = Row<Omit<Integration, 'dirty'>, (typeof JSON_COLUMNS)[number]> & { readonly dirty: number };

function integration({ dirty, ...row }: Stored): Integration {
  const json = Object.fromEntries(JSON_COLUMNS.map((column) => [column, JSON.parse(row[column])])) as Pick<Integration, (typeof JSON_COLUMNS)[number]>;
  return { ...present(row), ...json, dirty: dirty === 1 };
}
