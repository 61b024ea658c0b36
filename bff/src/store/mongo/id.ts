/** A record as MongoDB has it: our `id` is its `_id`. */
export type Stored<T extends { readonly id: string }> = Omit<T, 'id'> & { readonly _id: string };

/** The record as the port has it. */
export function ours<D extends { readonly _id: string }>({ _id, ...rest }: D): Omit<D, '_id'> & { readonly id: string } {
  return { id: _id, ...rest };
}

/** The record as the database has it. */
export function theirs<T extends { readonly id: string }>({ id, ...rest }: T): Omit<T, 'id'> & { readonly _id: string } {
  return { _id: id, ...rest };
}
