import mongoose, { type Connection, type SchemaDefinition, type ConnectOptions } from 'mongoose';
import { TandemError } from '../../errors.ts';

const { mongo } = mongoose;

/**
 * Connects to the database that the URL names, on a connection of its own: nothing of mongoose is global.
 * Every write waits for a majority and its journal, and is tried again once by the driver; every read asks the primary: leases and swaps compare with what is, whatever the URL says. A primary that steps down is back within seconds: calls wait 8 s for it, below the 10 s after which GitLab gives up on us,
 * and look for it every second: the driver's own wake-up after such an error can get lost while a look is under way, and the next is 10 s later by default.
 */
export async function connect(url: string, more: ConnectOptions = {}): Promise<Connection> {
  const connection = mongoose.createConnection(url, {
    autoIndex: false,
    autoCreate: false,
    bufferCommands: false,
    sanitizeFilter: true,
    w: 'majority',
    journal: true,
    retryWrites: true,
    readPreference: 'primary',
    serverSelectionTimeoutMS: 8_000,
    heartbeatFrequencyMS: 1_000,
    socketTimeoutMS: 20_000,
    ...more,
  });
  try {
    return await connection.asPromise();
  } catch (error) {
    await connection.close();
    throw outage(error);
  }
}

/** A schema of ours: unknown paths are refused in writes and in filters, no version key, no indexes by themselves. */
export function schemaOf<T>(definition: SchemaDefinition<T>): mongoose.Schema<T> {
  return new mongoose.Schema<T>(definition, { strict: 'throw', strictQuery: 'throw', versionKey: false, autoIndex: false, id: false, minimize: false });
}

/** One of these values, in a filter of ours; a single one is asked for as such, which every server looks up in its index. */
export function oneOf(values: readonly string[]) {
  const distinct = [...new Set(values)];
  return distinct.length === 1 && distinct[0] !== undefined ? distinct[0] : mongoose.trusted({ $in: distinct });
}

/** Whether the write lost a race for a unique key. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === 11_000;
}

/** Repeats an upsert that lost the race for its unique key: the next attempt finds the winner's document. */
export async function settled<T>(upsert: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await upsert();
    } catch (error) {
      if (!isDuplicate(error) || attempt === 10) throw error;
    }
  }
}

/** What servers answer while they change roles, stop, or cannot replicate; and the write concern that was not met (https://www.mongodb.com/docs/manual/reference/error-codes/). */
const PASSING: ReadonlySet<unknown> = new Set([6, 7, 64, 89, 91, 189, 262, 9001, 10_058, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** The error as `unavailable` when the server could not be reached or could not keep its promise; any other error as it is. */
export function outage(error: unknown): unknown {
  if (!isOutage(error)) return error;
  return new TandemError('unavailable', 'The database cannot be reached right now. Try again in a moment.', { cause: error });
}

function isOutage(error: unknown): boolean {
  if (error instanceof mongoose.Error.MongooseServerSelectionError) return true;
  if (!(error instanceof mongo.MongoError)) return false;
  if (!(error instanceof mongo.MongoServerError)) return true;
  // A bulk write tells of a connection that broke in an error of its own.
  if (error.errorResponse instanceof Error && error.errorResponse !== error) return isOutage(error.errorResponse);
  return PASSING.has(error.code) || error instanceof mongo.MongoWriteConcernError || error.hasErrorLabel('RetryableWriteError');
}

/** The part with its outages told as such, and its calls listed while they are under way. */
export function guarded<P extends object>(part: P, underWay: Set<Promise<unknown>>): P {
  return new Proxy(part, {
    get(target, name, receiver) {
      const verb: unknown = Reflect.get(target, name, receiver);
      if (typeof verb !== 'function') return verb;
      return async (...args: unknown[]): Promise<unknown> => {
        const call: Promise<unknown> = Promise.resolve(Reflect.apply(verb, target, args));
        underWay.add(call);
        try {
          return await call;
        } catch (error) {
          throw outage(error);
        } finally {
          underWay.delete(call);
        }
      };
    },
  });
}
