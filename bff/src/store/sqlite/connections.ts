import { firstVersion } from '../fresh.ts';
import type { Connection, Connections } from '../store.ts';
import type { Writer } from './commit.ts';
import { present, type Database, type Row } from './driver.ts';

const FIXED = ['integration', 'item', 'team', 'id', 'createdAt'] as const;
const CHANGEABLE = ['state', 'ticket', 'reason', 'askedAt', 'triedAt', 'shown', 'checkAt'] as const;
const COLUMNS = [...FIXED, ...CHANGEABLE] as const;

/** Connections in SQLite. */
export function connections(db: Database, write: Writer['write']): Connections {
  const select = (where: string, ...values: string[]): Connection[] => db.all<Row<Connection>>(`SELECT * FROM connections WHERE ${where}`, ...values).map(present);
  return {
    create: (given) =>
      write(() => {
        const [existing] = select('integration = ? AND item = ?', given.integration, given.item);
        if (existing) return { connection: existing, created: false };
        const rev = firstVersion();
        db.run(`INSERT INTO connections (${COLUMNS.join(', ')}, rev) VALUES (${COLUMNS.map(() => '?').join(', ')}, ?)`, ...COLUMNS.map((column) => given[column]), rev);
        return { connection: { ...given, rev }, created: true };
      }),
    get: async (integration, item) => select('integration = ? AND item = ?', integration, item)[0],
    byIntegration: async (integration) => select('integration = ? ORDER BY createdAt DESC, item', integration),
    swap: (rev, next) =>
      write(
        () => db.run(`UPDATE connections SET ${CHANGEABLE.map((column) => `${column} = ?`).join(', ')}, rev = rev + 1 WHERE integration = ? AND item = ? AND rev = ?`, ...CHANGEABLE.map((column) => next[column]), next.integration, next.item, rev) === 1,
      ),
    remove: (integration, item) => write(() => void db.run('DELETE FROM connections WHERE integration = ? AND item = ?', integration, item)),
  };
}
