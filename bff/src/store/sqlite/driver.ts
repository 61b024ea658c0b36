import { open } from 'node:fs/promises';
import type * as Sqlite from '@photostructure/sqlite';
import { TandemError } from '../../errors.ts';
import { checkpoint as moveLog } from './checkpoint.ts';

/** The part of `node:sqlite` that is used. */
export type Engine = Pick<typeof Sqlite, 'DatabaseSync'>;
type Connection = InstanceType<Engine['DatabaseSync']>;
type Statement = ReturnType<Connection['prepare']>;

/** The write-ahead log, opened beside the engine, for its syncs alone. */
interface LogFile {
  datasync(): Promise<void>;
  close(): Promise<void>;
}
type OpenFile = (path: string, flags: 'r+') => Promise<LogFile>;

/** What may be bound: `undefined` becomes NULL, a boolean 0 or 1, an object its JSON. */
export type Value = string | number | boolean | object | null | undefined;

/** A row as it is stored: JSON columns are text, absent fields NULL. */
export type Row<T, Json extends keyof T = never> = { [K in keyof T]-?: K extends Json ? string : undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] };

/** One SQLite connection. All of it is synchronous; statements are prepared once per text. */
export interface Database {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- whoever wrote the SQL knows the type of its rows, nothing else can
  all<R>(sql: string, ...values: readonly Value[]): R[];
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
  get<R>(sql: string, ...values: readonly Value[]): R | undefined;
  /** Answers how many rows changed. */
  run(sql: string, ...values: readonly Value[]): number;
  /** Statements without values, several at once. */
  exec(sql: string): void;
  /** Resolves when all that is committed now is on the disk; the event loop goes on meanwhile. */
  sync(): Promise<void>;
  /** Moves the log into the file beside all other work, and then what came meanwhile. Trouble of the disk shows with the next call. */
  checkpoint(): Promise<void>;
  readonly inTransaction: boolean;
  close(): void;
}

/** Trouble of the engine that passes or that only an operator can mend: busy, locked, read-only, I/O, corrupt, full, cannot open, not a database (https://www.sqlite.org/rescode.html). */
const BUSY = 5;
const IOERR = 10;
const OUTAGES: ReadonlySet<unknown> = new Set([BUSY, 6, 8, IOERR, 11, 13, 14, 26]);

/** A connection that is collected while one of its statements lives crashes the process, so every open one is held here until it is closed. */
const connections = new Set<Connection>();

/**
 * Opens a file (or `:memory:`) with write-ahead log and five seconds of patience for other processes. A commit is in the log, where a crash of the process cannot undo it;
 * against a power cut `sync` puts the log on the disk, off the event loop's thread (https://www.sqlite.org/pragma.html#pragma_synchronous, NORMAL: what is lost then is always the end of the log, never its middle).
 * After an I/O error nobody knows which of its pages the connection still believes to be on disk, and a later sync would not say: it is given up, and the next call opens the file anew.
 */
export async function openDatabase(path: string, given?: Engine, openFile: OpenFile = open): Promise<Database> {
  const { DatabaseSync } = given ?? (await engine());
  const statements = new Map<string, { statement: Statement; count: number }>();
  let connection = guarded(() => new DatabaseSync(path));
  let [broken, closed] = [false, false];
  let log: Promise<LogFile> | undefined;
  connections.add(connection);

  function giveUp(): void {
    statements.clear();
    connections.delete(connection);
    connection.close();
    forgetLog();
  }

  /** The handle waits for the sync that is under way. Nothing was written through it, so that its closing can lose nothing. */
  function forgetLog(): void {
    log?.then((file) => file.close()).catch(() => undefined);
    log = undefined;
  }

  /** By the engine's own word: it follows symbolic links, and the log is beside what they lead to. */
  function fileName(): string {
    return db.get<{ file: string }>('PRAGMA database_list')?.file ?? path;
  }

  function usable(): void {
    if (closed) throw new TandemError('unavailable', 'Tandem is stopping. Try again in a moment.');
    if (!broken || inTransaction()) return;
    if (connections.has(connection)) giveUp();
    // While the disk fails this fails too, and is tried again with the next call.
    connection = guarded(() => new DatabaseSync(path));
    connections.add(connection);
    guarded(() => connection.exec(`${PATIENCE}; ${SAFE}`));
    broken = false;
  }

  function inTransaction(): boolean {
    return connections.has(connection) && connection.isTransaction;
  }

  /** A file that lives in memory has no disk to fail, and nothing to come back to. */
  function watched<R>(work: () => R): R {
    try {
      return guarded(work);
    } catch (error) {
      broken ||= path !== ':memory:' && error instanceof TandemError && primaryCode(error.cause) === IOERR;
      throw error;
    }
  }

  function call<R>(sql: string, values: readonly Value[], use: (statement: Statement, bound: (string | number | null)[]) => R): R {
    usable();
    return watched(() => {
      let known = statements.get(sql);
      if (!known) statements.set(sql, (known = { statement: connection.prepare(sql), count: sql.split('?').length - 1 }));
      // The engine binds what is missing as NULL without a word.
      if (known.count !== values.length) throw new RangeError(`${known.count} values expected, ${values.length} given: ${sql}`);
      return use(known.statement, values.map(bindable));
    });
  }

  const db: Database = {
    all: (sql, ...values) => call(sql, values, (statement, bound) => statement.all(...bound)),
    get: (sql, ...values) => call(sql, values, (statement, bound) => statement.get(...bound)),
    run: (sql, ...values) => call(sql, values, (statement, bound) => statement.run(...bound).changes),
    exec(sql) {
      usable();
      watched(() => connection.exec(sql));
    },
    async sync() {
      if (path === ':memory:') return;
      try {
        await (await (log ??= openFile(`${fileName()}-wal`, 'r+'))).datasync();
      } catch (error) {
        forgetLog();
        broken = true;
        throw unusable(error);
      }
    },
    async checkpoint() {
      if (path === ':memory:') return;
      try {
        await moveLog(fileName(), ENGINE);
        // A log is begun anew only when all of it was moved, and this little is moved at once.
        if (!closed) db.exec('PRAGMA wal_checkpoint(PASSIVE)');
      } catch {
        // The connection is closed and opened anew with the next call, which moves the log as well, and tells if the disk does not let it.
        broken = true;
      }
    },
    get inTransaction() {
      return inTransaction();
    },
    close() {
      if (closed) return;
      closed = true;
      if (connections.has(connection)) giveUp();
    },
  };
  try {
    await setUp(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

const PATIENCE = 'PRAGMA busy_timeout = 5000';
/** Checkpoints are ours to begin; the engine's own, in the midst of a commit, is for a log that has become very long all the same (pages). */
const SAFE = 'PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 100000';

const BUILT_IN = 'node:sqlite';
const ENGINE = Number(process.versions.node.split('.')[0]) >= 24 ? BUILT_IN : '@photostructure/sqlite';

/** The built-in where this Node has it, else the package that copies its interface. */
export async function engine(): Promise<Engine> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the package copies the built-in's interface, which the types of Node 20 do not know yet
  return ENGINE === BUILT_IN ? (process.getBuiltinModule(BUILT_IN) as Engine) : import('@photostructure/sqlite');
}

async function setUp(db: Database): Promise<void> {
  db.exec(PATIENCE);
  // Changing the journal mode does not wait for other processes as everything else does, and two that open a new file at once both change it.
  for (let attempt = 1; ; attempt++) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      break;
    } catch (error) {
      if (attempt === 100 || !(error instanceof TandemError) || primaryCode(error.cause) !== BUSY) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  db.exec(SAFE);
}

function bindable(value: Value): string | number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

function guarded<R>(work: () => R): R {
  try {
    return work();
  } catch (error) {
    if (!OUTAGES.has(primaryCode(error))) throw error;
    throw unusable(error);
  }
}

function unusable(cause: unknown): TandemError {
  return new TandemError('unavailable', 'The database file cannot be used right now. Try again in a moment; if it stays so, look at the disk.', { cause });
}

function primaryCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

type Present<R> = { [K in keyof R as null extends R[K] ? never : K]: R[K] } & { [K in keyof R as null extends R[K] ? K : never]?: Exclude<R[K], null> };

/** The row as an object of ours: NULL columns are absent fields. */
export function present<R extends object>(row: R): Present<R> {
  const kept: object & Partial<R> = {};
  for (const name in row) if (row[name] !== null) kept[name] = row[name];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no type follows a filter over fields
  return kept as unknown as Present<R>;
}
