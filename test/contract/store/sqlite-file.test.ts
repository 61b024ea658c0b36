import { mkdtemp, open, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '@tandem/bff/store/open';
import { groupCommit } from '@tandem/bff/store/sqlite/commit';
import { engine, openDatabase, type Database } from '@tandem/bff/store/sqlite/driver';
import { sqliteStore } from '@tandem/bff/store/sqlite/index';
import { migrate } from '@tandem/bff/store/sqlite/schema';
import { everyVerb } from './every-verb.ts';
import { work } from './processes.ts';
import { delivery, range, task } from './samples.ts';

let folder: string;
let path: string;
const opened: Database[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-sqlite-'));
  path = join(folder, 'tandem.db');
});
afterEach(async () => {
  for (const db of opened.splice(0)) db.close();
  await rm(folder, { recursive: true });
});

async function database(): Promise<Database> {
  const db = await openDatabase(path);
  opened.push(db);
  return db;
}

/** The database, with an ear on its statements. */
function overheard(db: Database, hear: (sql: string) => void): Database {
  return {
    all(sql, ...values) {
      hear(sql);
      return db.all(sql, ...values);
    },
    get(sql, ...values) {
      hear(sql);
      return db.get(sql, ...values);
    },
    run(sql, ...values) {
      hear(sql);
      return db.run(sql, ...values);
    },
    exec(sql) {
      hear(sql);
      db.exec(sql);
    },
    sync() {
      hear('sync');
      return db.sync();
    },
    checkpoint: () => db.checkpoint(),
    get inTransaction() {
      return db.inTransaction;
    },
    close: () => db.close(),
  };
}

async function table(): Promise<Database> {
  const db = await database();
  db.exec('CREATE TABLE t (n INTEGER NOT NULL UNIQUE) STRICT');
  return db;
}

describe('the SQLite file', () => {
  test('has exactly the indexes that its verbs need', async () => {
    const db = await database();
    migrate(db);
    const rows = db.all<{ name: string; columns: string }>(
      `SELECT m.name AS name, group_concat(i.name, ', ') AS columns FROM sqlite_schema m JOIN pragma_index_info(m.name) i WHERE m.type = 'index' AND m.name NOT LIKE 'sqlite_%' GROUP BY m.name ORDER BY m.name`,
    );
    expect(Object.fromEntries(rows.map(({ name, columns }) => [name, columns]))).toEqual({
      accounts_site: 'team, tool, site',
      deliveries_age: 'at',
      deliveries_watch: 'watch, at',
      grants_expiry: 'expiresAt',
      integrations_team: 'team, createdAt',
      items_alias: 'team, alias',
      journal_age: 'at',
      journal_link: 'link, at',
      lanes_wake: 'wake',
      links_lost: 'state, lostAt',
      links_ref: 'team, ref',
      pairs_lost: 'lostAt',
      pairs_right: 'team, rightRef',
      tasks_due: 'dead, lane, due, group',
    });
    const unique = db.all<{ columns: string }>(`SELECT group_concat(i.name, ', ') AS columns FROM sqlite_schema m JOIN pragma_index_info(m.name) i WHERE m.name LIKE 'sqlite_autoindex_%' GROUP BY m.name`);
    expect(unique.map(({ columns }) => columns).sort()).toEqual(['id', 'id', 'id', 'id', 'id', 'id', 'id', 'integration, item', 'key', 'team, board, card', 'team, leftRef, rightRef', 'team, ref', 'team, ref, board', 'team, tool, site, place', 'team, user, tool, site']);
  });

  test('is never read from end to end by a verb', async () => {
    const db = await database();
    const statements = new Set<string>();
    const store = sqliteStore(overheard(db, (sql) => statements.add(sql)));
    statements.clear();
    await everyVerb(store);
    const plans = [...statements]
      .filter((sql) => /^(SELECT|INSERT|UPDATE|DELETE)/.test(sql))
      .map((sql) => {
        const values = Array.from({ length: sql.split('?').length - 1 }, () => null);
        return { sql, plan: db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(({ detail }) => detail) };
      });
    expect(plans.length).toBeGreaterThan(45);
    expect(plans.filter(({ plan }) => plan.some((step) => /^SCAN (?!CONSTANT ROW|json_each)/.test(step)))).toEqual([]);
    const due = plans.filter(({ sql }) => sql.includes('FROM tasks') && sql.includes('json_each'));
    expect(due.map(({ plan }) => plan[0])).toEqual(['SEARCH tasks USING INDEX tasks_due (dead=? AND lane=? AND due<?)']);
    expect(due[0]?.plan.filter((step) => step.includes('TEMP B-TREE FOR ORDER BY'))).toEqual([]);
    await store.close();
  });

  test('is written with a log, which is synced before anything is acknowledged, wherever a link leads to it', async () => {
    const db = await database();
    expect(db.get('PRAGMA journal_mode')).toMatchObject({ journal_mode: 'wal' });
    expect(db.get('PRAGMA synchronous')).toMatchObject({ synchronous: 1 });
    const link = join(folder, 'link.db');
    await symlink(path, link);
    const linked = await openDatabase(link);
    opened.push(linked);
    const store = sqliteStore(linked);
    await store.deliveries.accept(delivery(), [task()]);
    await store.close();
    expect(db.get('PRAGMA busy_timeout')).toMatchObject({ timeout: 5000 });
  });

  test('that a newer version wrote is refused with a sentence, and left as it is', async () => {
    const db = await database();
    migrate(db);
    db.exec('PRAGMA user_version = 999');
    await expect(openStore(`sqlite:${path}`)).rejects.toThrow(/newer Tandem \(format 999, this one knows \d+\)/);
    expect(db.get('PRAGMA user_version')).toMatchObject({ user_version: 999 });
  });

  test('is brought up step by step, once, and not at all when a step fails', async () => {
    const db = await database();
    const first = 'CREATE TABLE a (n INTEGER) STRICT; INSERT INTO a VALUES (1);';
    migrate(db, [first]);
    expect(() => migrate(db, [first, 'ALTER TABLE a ADD COLUMN m INTEGER; INSERT INTO nowhere VALUES (1);'])).toThrow('nowhere');
    expect(db.all('SELECT * FROM a')).toEqual([{ n: 1 }]);
    migrate(db, [first, 'ALTER TABLE a ADD COLUMN m INTEGER; UPDATE a SET m = 2;']);
    migrate(db, [first, 'ALTER TABLE a ADD COLUMN m INTEGER; UPDATE a SET m = 2;']);
    expect(db.all('SELECT * FROM a')).toEqual([{ n: 1, m: 2 }]);
  });

  test('may be opened by many at once when it does not exist yet', async () => {
    const stores = await Promise.all(range(8).map(() => openStore(`sqlite:${path}`)));
    await Promise.all(stores.map((store, n) => store.deliveries.accept(delivery({ id: `d${n}` }), [])));
    expect(await stores[0]?.deliveries.byWatch('w1', 100)).toHaveLength(8);
    for (const store of stores) await store.close();
  });

  test('that another process goes on writing is unavailable when patience ends, and usable again afterwards', async () => {
    const db = await database();
    const store = sqliteStore(db);
    db.exec('PRAGMA busy_timeout = 1');
    const other = await database();
    other.exec('BEGIN IMMEDIATE');
    const refused = await Promise.allSettled([store.deliveries.accept(delivery(), [task()]), store.tasks.drop('k'), store.lanes.heal(true)]);
    expect(refused.map((one) => (one.status === 'rejected' ? (one.reason as unknown) : one))).toEqual(refused.map(() => expect.objectContaining({ code: 'unavailable', status: 503 }) as unknown));
    expect(await store.deliveries.byWatch('w1', 10), 'whoever reads waits for nobody').toEqual([]);
    other.exec('ROLLBACK');
    await store.deliveries.accept(delivery(), [task()]);
    expect([await store.deliveries.byWatch('w1', 10), await store.tasks.get('observe:a')]).toMatchObject([[{ id: 'd1' }], { key: 'observe:a' }]);
    await store.close();
  });

  test('that cannot be opened, or is something else, is said to be unavailable', async () => {
    await expect(openStore(`sqlite:${join(folder, 'no', 'such', 'folder.db')}`)).rejects.toMatchObject({ code: 'unavailable' });
    await writeFile(path, 'this is a letter, not a database, and it is long enough to be looked at as one, page by page');
    await expect(openStore(`sqlite:${path}`)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('in memory is a store like any other, and a URL that names no store is refused without repeating it', async () => {
    const store = await openStore('sqlite::memory:');
    await store.deliveries.accept(delivery(), [task()]);
    expect(await store.tasks.due('lane1', 1000, 1, 1)).toHaveLength(1);
    await store.close();
    for (const url of ['sqlite:', 'postgres://user:secret@host/db', '']) {
      const error: unknown = await openStore(url).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'invalid_input' });
      expect(String(error)).not.toContain('secret');
    }
  });

  test('is opened anew after an I/O error, for nobody knows what of it reached the disk', async () => {
    const { DatabaseSync } = await engine();
    const made: InstanceType<typeof DatabaseSync>[] = [];
    let [failing, away] = [false, false];
    class Failing extends DatabaseSync {
      constructor(...where: ConstructorParameters<typeof DatabaseSync>) {
        // SQLITE_CANTOPEN
        if (away) throw Object.assign(new Error('unable to open database file'), { errcode: 14 });
        super(...where);
        made.push(this);
      }
      override exec(sql: string): void {
        if (sql !== 'COMMIT' || !failing) return super.exec(sql);
        failing = false;
        super.exec('ROLLBACK');
        // SQLITE_IOERR_FSYNC
        throw Object.assign(new Error('disk I/O error'), { errcode: 1034 });
      }
    }
    const store = sqliteStore(await openDatabase(path, { DatabaseSync: Failing }));
    await store.deliveries.accept(delivery(), []);
    failing = true;
    await expect(store.deliveries.accept(delivery({ id: 'lost' }), [])).rejects.toMatchObject({ code: 'unavailable' });
    away = true;
    for (const id of ['still', 'and still']) await expect(store.deliveries.accept(delivery({ id }), [])).rejects.toMatchObject({ code: 'unavailable' });
    await expect(store.ping()).rejects.toMatchObject({ code: 'unavailable' });
    away = false;
    await store.deliveries.accept(delivery({ id: 'after' }), []);
    expect((await store.deliveries.byWatch('w1', 10)).map(({ id }) => id).sort()).toEqual(['after', 'd1']);
    expect(made.map((connection) => connection.isOpen)).toEqual([false, true]);
    expect(made[1]?.prepare('PRAGMA synchronous').get()).toMatchObject({ synchronous: 1 });
    await store.close();
    expect(made.map((connection) => connection.isOpen)).toEqual([false, false]);
  });

  test('acknowledges nothing that a sync could not put on the disk, and is opened anew', async () => {
    const files: { failing: boolean; closed: boolean }[] = [];
    let failing = false;
    const db = await openDatabase(path, undefined, async (where, flags) => {
      const [file, state] = [await open(where, flags), { failing, closed: false }];
      files.push(state);
      return {
        datasync: async () => (failing ? Promise.reject(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })) : file.datasync()),
        close: async () => {
          await file.close();
          state.closed = true;
        },
      };
    });
    opened.push(db);
    const store = sqliteStore(db);
    await store.deliveries.accept(delivery(), []);
    failing = true;
    await expect(store.deliveries.accept(delivery({ id: 'lost' }), [])).rejects.toMatchObject({ code: 'unavailable' });
    failing = false;
    await store.deliveries.accept(delivery({ id: 'after' }), []);
    await store.close();
    expect(files).toHaveLength(2);
    expect(files[0]).toMatchObject({ closed: true });
  });

  test('does not crash the process when connections are forgotten and collected', { timeout: 60_000 }, async () => {
    const worker = await work({ do: 'collect', url: `sqlite:${path}`, me: 'gc' }, ['--expose-gc']);
    await worker.ready();
    worker.go();
    expect(await worker.ended()).toMatchObject({ code: 0, signal: null });
  });
});

describe('group commit', () => {
  test('writes of one turn share one commit, later ones have their own', async () => {
    const commits: string[] = [];
    const db = overheard(await table(), (sql) => void (sql === 'COMMIT' && commits.push(sql)));
    const { write } = groupCommit(db);
    await Promise.all(range(64).map((n) => write(() => db.run('INSERT INTO t VALUES (?)', n))));
    expect(commits).toHaveLength(1);
    await write(() => db.run('INSERT INTO t VALUES (?)', 100));
    expect(commits).toHaveLength(2);
  });

  test('what needs the disk waits for a sync that began after its commit, and shares it; the rest does not wait', async () => {
    const ends: (() => void)[] = [];
    const db: Database = { ...(await table()), inTransaction: false, sync: () => new Promise((resolve) => void ends.push(resolve)) };
    const { write, soon, idle } = groupCommit(db);
    const done: string[] = [];
    const first = write(() => db.run('INSERT INTO t VALUES (1)')).then(() => done.push('first'));
    await soon(() => db.run('INSERT INTO t VALUES (2)')).then(() => done.push('soon'));
    const later = [3, 4].map((n) => write(() => db.run('INSERT INTO t VALUES (?)', n)).then(() => done.push(`later ${n}`)));
    await soon(() => db.get('SELECT 1'));
    expect(done).toEqual(['soon']);
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await first;
    expect(done).toEqual(['soon', 'first']);
    await soon(() => db.get('SELECT 1'));
    expect(ends).toHaveLength(2);
    const rest = idle();
    ends[1]?.();
    await Promise.all([rest, ...later]);
    expect(done).toEqual(['soon', 'first', 'later 3', 'later 4']);
  });

  test('writes that come turn by turn while the disk is busy share one commit, and the sync after it', async () => {
    const ends: (() => void)[] = [];
    const commits: string[] = [];
    const db: Database = { ...overheard(await table(), (sql) => void (sql === 'COMMIT' && commits.push(sql))), inTransaction: false, sync: () => new Promise((resolve) => void ends.push(resolve)) };
    const { write } = groupCommit(db);
    const first = write(() => db.run('INSERT INTO t VALUES (1)'));
    const later: Promise<number>[] = [];
    for (const n of range(5)) {
      await new Promise(setImmediate);
      later.push(write(() => db.run('INSERT INTO t VALUES (?)', 10 + n)));
    }
    expect([commits.length, ends.length]).toEqual([1, 1]);
    ends[0]?.();
    await first;
    await new Promise(setImmediate);
    expect([commits.length, ends.length]).toEqual([2, 2]);
    ends[1]?.();
    expect(await Promise.all(later)).toEqual(range(5).map(() => 1));
    expect([commits.length, ends.length]).toEqual([2, 2]);
  });

  test('a long log is moved into the file beside the work, and begun anew', { timeout: 60_000 }, async () => {
    const db = await table();
    db.exec('CREATE TABLE texts (text TEXT NOT NULL) STRICT');
    const { soon, idle } = groupCommit(db);
    const sizes: number[] = [];
    for (const _ of range(3)) {
      for (const n of range(4000)) await soon(() => db.run('INSERT INTO texts VALUES (?)', `${n} ${'x'.repeat(500)}`));
      await idle();
      sizes.push((await stat(path)).size);
    }
    expect(sizes[0]).toBeGreaterThan(4000 * 500);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(new Set(sizes).size).toBe(3);
    const log = (await stat(`${path}-wal`)).size;
    await soon(() => db.run('INSERT INTO texts VALUES (?)', 'one more'));
    expect((await stat(`${path}-wal`)).size, 'it is written from its beginning again').toBe(log);
  });

  test('a sync that fails rejects those that waited for it', async () => {
    let failing = true;
    const db: Database = { ...(await table()), inTransaction: false, sync: () => (failing ? Promise.reject(new Error('no disk')) : Promise.resolve()) };
    const { write } = groupCommit(db);
    await expect(write(() => 1)).rejects.toThrow('no disk');
    failing = false;
    expect(await write(() => 2)).toBe(2);
  });

  test('a write that fails undoes and rejects itself alone', async () => {
    const db = await table();
    const { write } = groupCommit(db);
    const results = await Promise.allSettled(
      range(6).map((n) =>
        write(() => {
          db.run('INSERT INTO t VALUES (?)', n);
          if (n === 3) db.run('INSERT INTO t VALUES (?)', 0);
          return n;
        }),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(db.all('SELECT n FROM t ORDER BY n')).toEqual([0, 1, 2, 4, 5].map((n) => ({ n })));
  });

  test('a commit that fails rejects all its writes and leaves nothing, and the next one works', async () => {
    const db = await table();
    let broken = true;
    const failing = overheard(db, (sql) => {
      if (sql === 'COMMIT' && broken) throw new Error('disk full');
    });
    const { write } = groupCommit(failing);
    const results = await Promise.allSettled(range(3).map((n) => write(() => db.run('INSERT INTO t VALUES (?)', n))));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(db.all('SELECT * FROM t')).toEqual([]);
    broken = false;
    expect(await write(() => db.run('INSERT INTO t VALUES (?)', 1))).toBe(1);
  });

  test('a full disk rejects all its writes, and nothing of them is left', async () => {
    const db = await table();
    db.exec('CREATE TABLE big (text TEXT) STRICT; PRAGMA max_page_count = 12');
    const { write } = groupCommit(db);
    const results = await Promise.allSettled([
      write(() => db.run('INSERT INTO t VALUES (?)', 1)),
      write(() => db.run('INSERT INTO big VALUES (?)', 'x'.repeat(200_000))),
      write(() => db.run('INSERT INTO t VALUES (?)', 2)),
    ]);
    const kept = db.all<{ n: number }>('SELECT n FROM t').length;
    expect(results.filter(({ status }) => status === 'fulfilled').length, 'what was acknowledged is there').toBe(kept);
    expect(results[1]).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    expect(await write(() => db.run('INSERT INTO t VALUES (?)', 3))).toBe(1);
  });

  test('a statement with too few or too many values is refused', async () => {
    const db = await table();
    expect(() => db.run('INSERT INTO t VALUES (?)')).toThrow('1 values expected, 0 given');
    expect(() => db.run('INSERT INTO t VALUES (?)', 1, 2)).toThrow('1 values expected, 2 given');
  });
});
