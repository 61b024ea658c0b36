/** How a schedule is played again by itself, with every step that it takes printed. */
export function playAgain(seed: number, store = ''): string {
  return `npm run faults -- --seed ${seed}${store}`;
}
