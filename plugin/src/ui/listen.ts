/** Listens to what happens to the whole window; answers how to stop. */
export function listen<K extends keyof WindowEventMap>(kinds: readonly K[], handle: (event: WindowEventMap[K]) => void): () => void {
  for (const kind of kinds) addEventListener(kind, handle);
  return () => {
    for (const kind of kinds) removeEventListener(kind, handle);
  };
}
