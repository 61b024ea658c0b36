import type { Watch, Watches } from '../store.ts';
import type { Writer } from './commit.ts';
import { present, type Database, type Row } from './driver.ts';

const CHANGEABLE = ['mode', 'remoteId', 'proof', 'maker', 'sealed', 'cursor', 'missed', 'reason'] as const;

/** Watches in SQLite. */
export function watches(db: Database, write: Writer['write']): Watches {
  const select = (where: string, ...values: string[]): Watch[] => db.all<Row<Watch>>(`SELECT * FROM watches WHERE ${where}`, ...values).map(present);
  const byPlace = (team: string, tool: string, site: string, place: string): Watch | undefined =>
    select('team = ? AND tool = ? AND site = ? AND place = ?', team, tool, site, place)[0];

  return {
    ensure: (watch) =>
      write(() => {
        const existing = byPlace(watch.team, watch.tool, watch.site, watch.place);
        if (existing) return existing;
        db.run(
          'INSERT INTO watches (id, team, tool, site, place, sealed, mode, reason, remoteId, proof, maker, cursor, missed, createdAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
          watch.id, watch.team, watch.tool, watch.site, watch.place, watch.sealed, watch.mode, watch.reason, watch.remoteId, watch.proof, watch.maker, watch.cursor, watch.missed, watch.createdAt,
        );
        return watch;
      }),
    get: async (id) => select('id = ?', id)[0],
    byPlace: async (team, tool, site, place) => byPlace(team, tool, site, place),
    bySite: async (team, tool, site) => select('team = ? AND tool = ? AND site = ? ORDER BY place', team, tool, site),
    page: async (after, limit) => db.all<Row<Watch>>('SELECT * FROM watches WHERE id > ? ORDER BY id LIMIT ?', after, limit).map(present),
    change: (id, change) =>
      write(() => {
        const given = CHANGEABLE.filter((field) => change[field] !== undefined);
        db.run(`UPDATE watches SET ${['id = id', ...given.map((field) => `${field} = ?`)].join(', ')} WHERE id = ?`, ...given.map((field) => change[field]), id);
      }),
  };
}
