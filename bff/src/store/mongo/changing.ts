import type { Model } from 'mongoose';

/** Sets the given fields of one document, unsets those that are `null`; answers whether the document exists. */
export async function changing<T>(model: Model<T>, id: string, change: object): Promise<boolean> {
  const fields = Object.entries(change);
  if (fields.length === 0) return (await model.exists({ _id: id })) !== null;
  const set = fields.filter(([, value]) => value !== null);
  const unset = fields.filter(([, value]) => value === null).map(([name]) => [name, 1]);
  const result = await model.updateOne(
    { _id: id },
    { ...(set.length > 0 ? { $set: Object.fromEntries(set) } : {}), ...(unset.length > 0 ? { $unset: Object.fromEntries(unset) } : {}) },
  );
  return result.matchedCount === 1;
}
