import mongoose, { type AnyBulkWriteOperation } from 'mongoose';
import { writesInTurns, type Turns } from './turn.ts';

/** What a bulk write needs of a model. */
interface Collection<D extends mongoose.mongo.Document> {
  bulkWrite(operations: AnyBulkWriteOperation<D>[], options: { ordered: true }): Promise<unknown>;
}

/** A change of one document. */
type Update<D extends mongoose.mongo.Document> = Extract<AnyBulkWriteOperation<D>, { readonly updateOne: unknown }>['updateOne'];

/** The updates of one turn, one for a call or several, as one bulk write in their order: the server syncs its journal for each command. Filters are sanitized, which bulk writes do not do by themselves. */
export function grouped<D extends mongoose.mongo.Document>(collection: Collection<D>): Turns<readonly Update<D>[]> {
  return writesInTurns((batch) => {
    const operations = batch.flat().map((update) => ({ updateOne: { ...update, filter: mongoose.sanitizeFilter(update.filter) } }) as AnyBulkWriteOperation<D>);
    return collection.bulkWrite(operations, { ordered: true });
  });
}
