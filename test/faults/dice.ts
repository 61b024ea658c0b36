/** Random decisions that a seed repeats. */
export interface Dice {
  /** in [0, 1) */
  roll(): number;
  /** a whole number from 0, below `count` */
  below(count: number): number;
  chance(share: number): boolean;
  of<T>(list: readonly T[]): T;
  bytes(size: number): Buffer;
}

/** Dice of a seed; different streams of one seed know nothing of each other, so that a decision more in one changes none in another. */
export function openDice(seed: number, stream: number): Dice {
  let state = (Math.imul(seed, 0x9e37_79b1) ^ Math.imul(stream + 1, 0x85eb_ca6b)) >>> 0;
  // mulberry32
  const word = (): number => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  for (let i = 0; i < 4; i += 1) word();
  const below = (count: number): number => Math.floor((word() / 2 ** 32) * count);
  return {
    roll: () => word() / 2 ** 32,
    below,
    chance: (share) => word() / 2 ** 32 < share,
    of(list) {
      const one = list[below(list.length)];
      if (one === undefined) throw new Error('nothing to choose from');
      return one;
    },
    bytes(size) {
      const bytes = Buffer.alloc(size);
      for (let i = 0; i < size; i += 1) bytes[i] = word() & 0xff;
      return bytes;
    },
  };
}
