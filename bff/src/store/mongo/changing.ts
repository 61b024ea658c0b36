/** The update for a change of ours: fields that are given are set, those given as `null` taken away. Without any it still is an update, which finds its document. */
export function changing(id: string, change: object): { $set: object; $unset: Record<string, 1>; $setOnInsert: { _id: string } } {
  const fields = Object.entries(change);
  return {
    $set: Object.fromEntries(fields.filter(([, value]) => value !== null)),
    $unset: Object.fromEntries(fields.filter(([, value]) => value === null).map(([name]) => [name, 1 as const])),
    $setOnInsert: { _id: id },
  };
}
