import mongoose from 'mongoose';
import { connect } from '@tandem/bff/store/mongo/connection';
import { mongoStore } from '@tandem/bff/store/mongo/index';
import type { MongoForTests } from '../mongo/server.ts';
import type { Storage } from './storage.ts';

/** What the server makes of the next commands of one process (https://github.com/mongodb/mongo/wiki/The-%22failCommand%22-fail-point): of so many that the driver's own second try does not help, or of one, which it does. */
const FAULTS: Readonly<Record<string, { readonly times: number; readonly how: object }>> = {
  'not primary': { times: 3, how: { errorCode: 10_107 } },
  'stepped down': { times: 1, how: { errorCode: 10_107, errorLabels: ['RetryableWriteError'] } },
  'connection dropped': { times: 1, how: { closeConnection: true } },
  'slow answer': { times: 1, how: { blockConnection: true, blockTimeMS: 20 } },
  'write concern failed': { times: 1, how: { writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } } },
};
const WRITES = ['insert', 'update', 'delete', 'findAndModify'];
const READS = ['find', 'aggregate', 'distinct'];

/** A database of its own on a real server, where each process of a world has its own connections. Verbs take their turns one by one, so that a seed stays repeatable. */
export function mongoStorage(server: Pick<MongoForTests, 'url'>): () => Promise<Storage> {
  return async () => {
    const url = server.url();
    const own = await connect(url);
    const seen = await mongoStore(own);
    const admin = new mongoose.mongo.MongoClient(url);
    const failPoint = (mode: object | string, data: object = {}) => admin.db('admin').command({ configureFailPoint: 'failCommand', mode, data });
    return {
      faults: { write: Object.keys(FAULTS), read: ['stepped down', 'connection dropped', 'slow answer'] },
      together: false,
      seen,
      async open(appName) {
        const connection = await connect(url, { appName });
        return {
          store: await mongoStore(connection),
          async under(fault, verb) {
            const strikes = FAULTS[fault];
            if (!strikes) throw new Error(`There is no fault ${fault}.`);
            await failPoint({ times: strikes.times }, { failCommands: 'writeConcernError' in strikes.how ? WRITES : [...WRITES, ...READS], appName, ...strikes.how });
            try {
              return await verb();
            } finally {
              await failPoint('off');
            }
          },
          abandon: () => connection.close(true),
        };
      },
      async end() {
        await own.db?.dropDatabase();
        await Promise.all([seen.close(), admin.close()]);
      },
    };
  };
}
