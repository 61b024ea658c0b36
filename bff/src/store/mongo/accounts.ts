import type { Connection } from 'mongoose';
import { firstVersion } from '../fresh.ts';
import type { Account, AccountKey, Accounts } from '../store.ts';
import { oneOf, schemaOf, settled } from './connection.ts';
import { readsInTurns } from './turn.ts';

const schema = schemaOf<Account>({
  team: String,
  user: String,
  tool: String,
  site: String,
  state: String,
  kind: String,
  sealed: String,
  person: { _id: false, type: { id: String, name: String, username: String, avatar: String } },
  expiresAt: Number,
  renewedAt: Number,
  since: Number,
  refreshing: Number,
  version: Number,
});
schema.index({ team: 1, user: 1, tool: 1, site: 1 }, { unique: true }); // get, put, swap, remove, byMember, byTeam
schema.index({ team: 1, tool: 1, site: 1 }); // bySite

/** Accounts in MongoDB. */
export function accounts(connection: Connection): Accounts {
  const model = connection.model<Account>('accounts', schema);
  const one = readsInTurns<AccountKey, Account>(
    ({ team, user, tool, site }) => JSON.stringify([team, user, tool, site]),
    (asked) => {
      const each = (field: keyof AccountKey) => oneOf(asked.map((key) => key[field]));
      return model.find({ team: each('team'), user: each('user'), tool: each('tool'), site: each('site') }).select('-_id').lean();
    },
  );

  return {
    get: (of) => one(key(of)),
    put: (next) =>
      settled(async () => {
        const { since: _, ...again } = next;
        const replaced = await model.findOneAndUpdate(key(next), replace(again), { returnDocument: 'after' }).select('-_id').lean();
        if (replaced) return replaced;
        const account = { ...next, version: firstVersion() };
        await model.insertMany([account]);
        return account;
      }),
    swap: async (version, next) => (await model.updateOne({ ...key(next), version }, replace(next))).matchedCount === 1,
    remove: async (of) => void (await model.deleteOne(key(of))),
    byMember: (team, user) => model.find({ team, user }).sort({ tool: 1, site: 1 }).select('-_id').lean(),
    byTeam: (team) => model.find({ team }).sort({ user: 1, tool: 1, site: 1 }).select('-_id').lean(),
    // `active` sorts before `expired`
    bySite: (team, tool, site) => model.find({ team, tool, site }).sort({ state: 1, since: 1, user: 1 }).select('-_id').lean(),
  };
}

function key({ team, user, tool, site }: AccountKey): AccountKey {
  return { team, user, tool, site };
}

function replace(next: Omit<Account, 'version' | 'since'>) {
  const absent = (['expiresAt', 'refreshing'] as const).filter((field) => next[field] === undefined);
  return { $set: next, ...(absent.length > 0 ? { $unset: Object.fromEntries(absent.map((field) => [field, 1 as const])) } : {}), $inc: { version: 1 } };
}
