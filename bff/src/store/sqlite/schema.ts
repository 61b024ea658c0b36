import { TandemError } from '../../errors.ts';
import { transaction } from './commit.ts';
import type { Database } from './driver.ts';

/** Forward-only steps; `user_version` counts those that a file has. They are frozen: a change of the tables is one more step, and a dump of the format before it for the tests. Each index names the verb that it serves; primary keys and UNIQUE serve the rest. */
export const STEPS: readonly string[] = [
  `
  -- accounts.get, put, swap, byMember, byTeam by the key
  CREATE TABLE accounts (
    team TEXT NOT NULL, user TEXT NOT NULL, tool TEXT NOT NULL, site TEXT NOT NULL,
    state TEXT NOT NULL, kind TEXT NOT NULL, sealed TEXT NOT NULL, person TEXT NOT NULL, expiresAt INTEGER, renewedAt INTEGER NOT NULL, since INTEGER NOT NULL,
    refreshing INTEGER, version INTEGER NOT NULL,
    PRIMARY KEY (team, user, tool, site)
  ) STRICT;
  CREATE INDEX accounts_site ON accounts (team, tool, site); -- accounts.bySite

  CREATE TABLE grants (id TEXT PRIMARY KEY, kind TEXT NOT NULL, data TEXT NOT NULL, expiresAt INTEGER NOT NULL) STRICT;
  CREATE INDEX grants_expiry ON grants (expiresAt); -- grants.take, which sweeps out the expired

  CREATE TABLE links (
    id TEXT PRIMARY KEY, team TEXT NOT NULL, ref TEXT NOT NULL, board TEXT NOT NULL, card TEXT NOT NULL, creator TEXT NOT NULL, reader TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT, lostAt INTEGER, sent TEXT, shown TEXT, syncedAt INTEGER, createdAt INTEGER NOT NULL,
    UNIQUE (team, board, card) -- links.create, byCard, byBoard
  ) STRICT;
  CREATE INDEX links_ref ON links (team, ref); -- links.byRef, refsAt
  CREATE INDEX links_lost ON links (state, lostAt) WHERE lostAt IS NOT NULL; -- links.lost

  CREATE TABLE items (team TEXT NOT NULL, ref TEXT NOT NULL, rev INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (team, ref)) STRICT;

  CREATE TABLE watches (
    id TEXT PRIMARY KEY, team TEXT NOT NULL, tool TEXT NOT NULL, site TEXT NOT NULL, place TEXT NOT NULL,
    sealed TEXT NOT NULL, mode TEXT NOT NULL, reason TEXT, remoteId TEXT, proof TEXT, maker TEXT, cursor TEXT, missed INTEGER, createdAt INTEGER NOT NULL,
    UNIQUE (team, tool, site, place) -- watches.ensure, byPlace, bySite
  ) STRICT;

  CREATE TABLE backlinks (
    team TEXT NOT NULL, ref TEXT NOT NULL, board TEXT NOT NULL, card TEXT NOT NULL, user TEXT NOT NULL, remoteId TEXT NOT NULL,
    PRIMARY KEY (team, ref, board)
  ) STRICT;

  CREATE TABLE deliveries (id TEXT PRIMARY KEY, watch TEXT NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL, remoteId TEXT, outcome TEXT NOT NULL) STRICT;
  CREATE INDEX deliveries_watch ON deliveries (watch, at); -- deliveries.byWatch
  CREATE INDEX deliveries_age ON deliveries (at); -- deliveries.prune

  CREATE TABLE lanes (id TEXT PRIMARY KEY, owner TEXT, until INTEGER, blockedUntil INTEGER, wake INTEGER, touched TEXT NOT NULL) STRICT;
  CREATE INDEX lanes_wake ON lanes (wake); -- lanes.lease, nextWake

  CREATE TABLE tasks (
    key TEXT PRIMARY KEY, lane TEXT NOT NULL, "group" TEXT NOT NULL, due INTEGER NOT NULL, cause TEXT NOT NULL, mark TEXT NOT NULL, markedAt INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, failingSince INTEGER, error TEXT, dead INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX tasks_due ON tasks (dead, lane, due, "group"); -- tasks.due, dead, revive, lanes.release, lanes.heal

  CREATE TABLE journal (id INTEGER PRIMARY KEY, link TEXT NOT NULL, at INTEGER NOT NULL, cause TEXT NOT NULL, event TEXT NOT NULL, text TEXT NOT NULL) STRICT;
  CREATE INDEX journal_link ON journal (link, at); -- journal.byLink
  CREATE INDEX journal_age ON journal (at); -- journal.prune
  `,
  `
  CREATE TABLE pairs (
    id TEXT PRIMARY KEY, team TEXT NOT NULL, leftRef TEXT NOT NULL, rightRef TEXT NOT NULL, leftUser TEXT NOT NULL, rightUser TEXT NOT NULL,
    rules TEXT NOT NULL, base TEXT NOT NULL, pending TEXT NOT NULL, clashes TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, pausedUntil INTEGER, writes TEXT NOT NULL,
    lostAt INTEGER, syncedAt INTEGER, createdAt INTEGER NOT NULL, rev INTEGER NOT NULL,
    UNIQUE (team, leftRef, rightRef) -- pairs.create, byRef, byTeam, refsAt
  ) STRICT;
  CREATE INDEX pairs_right ON pairs (team, rightRef); -- pairs.byRef, refsAt
  CREATE INDEX pairs_lost ON pairs (lostAt) WHERE lostAt IS NOT NULL; -- pairs.lost
  `,
  `
  ALTER TABLE items ADD COLUMN alias TEXT GENERATED ALWAYS AS (item ->> '$.alias') VIRTUAL;
  CREATE INDEX items_alias ON items (team, alias) WHERE alias IS NOT NULL; -- items.byAlias
  `,
  `
  ALTER TABLE pairs ADD COLUMN button TEXT;

  CREATE TABLE integrations (
    id TEXT PRIMARY KEY, team TEXT NOT NULL, user TEXT NOT NULL, "left" TEXT NOT NULL, "right" TEXT NOT NULL, name TEXT NOT NULL, button TEXT NOT NULL, rules TEXT NOT NULL, statuses TEXT NOT NULL,
    sealed TEXT NOT NULL, older TEXT, state TEXT NOT NULL, done TEXT NOT NULL, dirty INTEGER NOT NULL, reason TEXT, "column" TEXT, pressedAt INTEGER, report TEXT NOT NULL,
    createdAt INTEGER NOT NULL, rev INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX integrations_team ON integrations (team, createdAt); -- integrations.byTeam

  CREATE TABLE connections (
    integration TEXT NOT NULL, item TEXT NOT NULL, team TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, ticket TEXT, reason TEXT, askedAt INTEGER NOT NULL, triedAt INTEGER,
    shown TEXT, checkAt INTEGER, createdAt INTEGER NOT NULL, rev INTEGER NOT NULL,
    PRIMARY KEY (integration, item) -- connections.create, get, swap, byIntegration
  ) STRICT;
  `,
];

/** Brings a file up to this version's tables; refuses one that a newer version wrote. */
export function migrate(db: Database, steps: readonly string[] = STEPS): void {
  const missing = (): readonly string[] => {
    const version = db.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
    if (version <= steps.length) return steps.slice(version);
    throw new TandemError('unavailable', `The database file was written by a newer Tandem (format ${version}, this one knows ${steps.length}). Start that version again, or restore a backup.`);
  };
  if (missing().length === 0) return;
  transaction(db, () => {
    // Another process may have been faster, and be newer.
    for (const step of missing()) db.exec(step);
    db.exec(`PRAGMA user_version = ${steps.length}`);
  });
}
