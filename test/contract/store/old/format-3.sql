BEGIN TRANSACTION;
CREATE TABLE accounts (
    team TEXT NOT NULL, user TEXT NOT NULL, tool TEXT NOT NULL, site TEXT NOT NULL,
    state TEXT NOT NULL, kind TEXT NOT NULL, sealed TEXT NOT NULL, person TEXT NOT NULL, expiresAt INTEGER, renewedAt INTEGER NOT NULL, since INTEGER NOT NULL,
    refreshing INTEGER, version INTEGER NOT NULL,
    PRIMARY KEY (team, user, tool, site)
  ) STRICT;
INSERT INTO "accounts" VALUES('old','ana','gitlab','gitlab.com','expired','oauth','v1.sealed','{"id":"7","name":"Ana Núñez","username":"ana","avatar":"https://gitlab.com/a.png"}',9000,1000,1000,9500,554647496737);
INSERT INTO "accounts" VALUES('old','ben','gitlab','gitlab.com','active','token','v1.sealed','{"id":"7","name":"Ana Núñez","username":"ana"}',NULL,1000,1000,NULL,401938112546);
CREATE TABLE backlinks (
    team TEXT NOT NULL, ref TEXT NOT NULL, board TEXT NOT NULL, card TEXT NOT NULL, user TEXT NOT NULL, remoteId TEXT NOT NULL,
    PRIMARY KEY (team, ref, board)
  ) STRICT;
INSERT INTO "backlinks" VALUES('old','gitlab:gitlab.com/42/7','b1','c1','ana','9');
CREATE TABLE deliveries (id TEXT PRIMARY KEY, watch TEXT NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL, remoteId TEXT, outcome TEXT NOT NULL) STRICT;
INSERT INTO "deliveries" VALUES('old-delivery','old-watch',1001,'issue','uuid','marked');
INSERT INTO "deliveries" VALUES('old-delivery-2','old-watch',1000,'issue',NULL,'marked');
CREATE TABLE grants (id TEXT PRIMARY KEY, kind TEXT NOT NULL, data TEXT NOT NULL, expiresAt INTEGER NOT NULL) STRICT;
INSERT INTO "grants" VALUES('old-grant','session','{"user":"ana"}',9000000);
CREATE TABLE items (team TEXT NOT NULL, ref TEXT NOT NULL, rev INTEGER NOT NULL, item TEXT NOT NULL, alias TEXT GENERATED ALWAYS AS (item ->> '$.alias') VIRTUAL, PRIMARY KEY (team, ref)) STRICT;
INSERT INTO "items" VALUES('old','gitlab:gitlab.com/42/7',434645096496,'{"ref":{"tool":"gitlab","site":"gitlab.com","place":"42","id":"7"},"key":"roadmap#7","url":"https://gitlab.com/ana/roadmap/-/issues/7","title":"Ship “it” <now> 🚀 $set","description":"a\n\n- b\u0000c","status":{"id":"opened","name":"Open","kind":"open"},"labels":[{"name":"bug","color":"#ff0000"},{"name":"plain"}],"assignees":[{"id":"7","name":"Ana","username":"ana","avatar":"https://gitlab.com/a.png"}],"updatedAt":"2026-01-01T00:00:00.000Z","author":"7","due":"2026-02-03"}');
INSERT INTO "items" VALUES('old','gitlab:gitlab.com/42/8',547129046275,'{"ref":{"tool":"gitlab","site":"gitlab.com","place":"42","id":"8"},"key":"roadmap#7","url":"https://gitlab.com/ana/roadmap/-/issues/7","title":"Ship “it” <now> 🚀 $set","description":"","status":{"id":"opened","name":"Open","kind":"open"},"labels":[],"assignees":[],"updatedAt":"2026-01-01T00:00:00.000Z"}');
CREATE TABLE journal (id INTEGER PRIMARY KEY, link TEXT NOT NULL, at INTEGER NOT NULL, cause TEXT NOT NULL, event TEXT NOT NULL, text TEXT NOT NULL) STRICT;
INSERT INTO "journal" VALUES(1,'old-link',1000,'req-1','linked','Linked to roadmap#7');
CREATE TABLE lanes (id TEXT PRIMARY KEY, owner TEXT, until INTEGER, blockedUntil INTEGER, wake INTEGER, touched TEXT NOT NULL) STRICT;
INSERT INTO "lanes" VALUES('old-lane','old-owner',5000,4000,1000,'990a8f36-2b4c-46bf-af71-80580ffe8d5f');
CREATE TABLE links (
    id TEXT PRIMARY KEY, team TEXT NOT NULL, ref TEXT NOT NULL, board TEXT NOT NULL, card TEXT NOT NULL, creator TEXT NOT NULL, reader TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT, lostAt INTEGER, sent TEXT, shown TEXT, syncedAt INTEGER, createdAt INTEGER NOT NULL,
    UNIQUE (team, board, card) -- links.create, byCard, byBoard
  ) STRICT;
INSERT INTO "links" VALUES('old-link','old','gitlab:gitlab.com/42/7','b1','c1','ana','ana','gone','Deleted in the tool',2000,'digest-a','digest-b',1500,1000);
INSERT INTO "links" VALUES('old-link-2','old','gitlab:gitlab.com/42/7','b1','c2','ana','ana','live',NULL,NULL,NULL,NULL,NULL,1000);
CREATE TABLE pairs (
    id TEXT PRIMARY KEY, team TEXT NOT NULL, leftRef TEXT NOT NULL, rightRef TEXT NOT NULL, leftUser TEXT NOT NULL, rightUser TEXT NOT NULL,
    rules TEXT NOT NULL, base TEXT NOT NULL, pending TEXT NOT NULL, clashes TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, pausedUntil INTEGER, writes TEXT NOT NULL,
    lostAt INTEGER, syncedAt INTEGER, createdAt INTEGER NOT NULL, rev INTEGER NOT NULL,
    UNIQUE (team, leftRef, rightRef) -- pairs.create, byRef, byTeam, refsAt
  ) STRICT;
INSERT INTO "pairs" VALUES('old-pair','old','gitlab:gitlab.com/42/7','gitlab:gitlab.com/42/8','ana','ben','{"title":{"flow":"both","clash":"ask"},"description":{"flow":"both","clash":"ask"},"status":{"flow":"right","clash":"left"}}','{"title":{"left":"a","right":"a"}}','{}','{}','live',NULL,NULL,'[]',NULL,NULL,1000,7);
CREATE TABLE tasks (
    key TEXT PRIMARY KEY, lane TEXT NOT NULL, "group" TEXT NOT NULL, due INTEGER NOT NULL, cause TEXT NOT NULL, mark TEXT NOT NULL, markedAt INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, failingSince INTEGER, error TEXT, dead INTEGER NOT NULL DEFAULT 0
  ) STRICT;
INSERT INTO "tasks" VALUES('observe:fresh','old-lane','g1',1000,'req-1','6d0df627-f082-43fe-a20c-20e28a3fa8cf',1000,0,NULL,NULL,0);
INSERT INTO "tasks" VALUES('observe:failing','old-lane','g1',1200,'req-1','f82e7595-ba52-407f-8a78-3f1fa7f08b62',1000,2,900,'GitLab did not answer.',0);
INSERT INTO "tasks" VALUES('observe:dead','old-lane','g1',1000,'req-1','fcc7504c-6d3c-48a6-b54b-1d7850caaeb0',1000,0,NULL,'GitLab refused.',1);
CREATE TABLE watches (
    id TEXT PRIMARY KEY, team TEXT NOT NULL, tool TEXT NOT NULL, site TEXT NOT NULL, place TEXT NOT NULL,
    sealed TEXT NOT NULL, mode TEXT NOT NULL, reason TEXT, remoteId TEXT, proof TEXT, maker TEXT, cursor TEXT, missed INTEGER, createdAt INTEGER NOT NULL,
    UNIQUE (team, tool, site, place) -- watches.ensure, byPlace, bySite
  ) STRICT;
INSERT INTO "watches" VALUES('old-watch','old','gitlab','gitlab.com','42','v1.secret','hook','Nobody may.','12','signature','ana','2026-01-01T00:00:00.000Z',3,1000);
INSERT INTO "watches" VALUES('old-watch-2','old','gitlab','gitlab.com','43','v1.secret','pending',NULL,NULL,NULL,NULL,NULL,NULL,1000);
CREATE INDEX accounts_site ON accounts (team, tool, site);
CREATE INDEX grants_expiry ON grants (expiresAt);
CREATE INDEX links_ref ON links (team, ref);
CREATE INDEX links_lost ON links (state, lostAt) WHERE lostAt IS NOT NULL;
CREATE INDEX deliveries_watch ON deliveries (watch, at);
CREATE INDEX deliveries_age ON deliveries (at);
CREATE INDEX lanes_wake ON lanes (wake);
CREATE INDEX tasks_due ON tasks (dead, lane, due, "group");
CREATE INDEX journal_link ON journal (link, at);
CREATE INDEX journal_age ON journal (at);
CREATE INDEX pairs_right ON pairs (team, rightRef);
CREATE INDEX pairs_lost ON pairs (lostAt) WHERE lostAt IS NOT NULL;
CREATE INDEX items_alias ON items (team, alias) WHERE alias IS NOT NULL;
COMMIT;
PRAGMA user_version = 3;
