/** Lets so many calls be under way at a time; whoever waits for one goes first where people wait for it. */
export type Queue = <T>(call: () => Promise<T>, people: boolean) => Promise<T>;

/** A queue of which `width` calls are under way at a time. */
export function openQueue(width: number): Queue {
  const waiting: { readonly people: (() => void)[]; readonly others: (() => void)[] } = { people: [], others: [] };
  let running = 0;
  return async (call, people) => {
    if (running < width) running += 1;
    else await new Promise<void>((go) => void (people ? waiting.people : waiting.others).push(go));
    try {
      return await call();
    } finally {
      // The turn is handed on, or given back.
      const next = waiting.people.shift() ?? waiting.others.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
