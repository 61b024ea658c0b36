/** A value that is seen to change by whoever reads it: effects, computed signals, and components while they render. `peek` reads without being told. */
export interface ReadonlySignal<T> {
  readonly value: T;
  peek(): T;
}

/** One that can be set; the same value once more is no change. */
export interface Signal<T> extends ReadonlySignal<T> {
  value: T;
}

/** What can be read. */
interface Source {
  readonly readers: Set<Reader>;
  /** Goes up with every change; a computed signal is computed for it. */
  version(): number;
}

/** Who reads. */
export interface Reader {
  /** what was read the last time, in that order, and how it was then */
  seen: Map<Source, number>;
  /** Something that was read may have changed. */
  alert(): void;
}

let reading: Reader | undefined;
let batches = 0;
/** readers that may have to look again, each with how */
const stale = new Map<Reader, () => void>();

/** Whatever is read from here on is read by `reader`, or by nobody, until what this answers is called: then the reader is told of that, and of nothing that it read before. */
export function follow(reader?: Reader): () => void {
  const [outer, before] = [reading, reader?.seen];
  if (reader) reader.seen = new Map();
  reading = reader;
  return () => {
    reading = outer;
    if (reader && before) for (const source of before.keys()) if (!reader.seen.has(source)) source.readers.delete(reader);
  };
}

/** It reads no more. */
export function leave(reader: Reader): void {
  follow(reader)();
  stale.delete(reader);
}

/** Somebody who does something when what they read has changed, once for all changes of a batch. */
export function reader(again: () => void): Reader {
  const self: Reader = {
    seen: new Map(),
    alert: () => {
      stale.set(self, again);
    },
  };
  return self;
}

/** In the order of reading: what was read only because of an earlier value is not asked once that has changed. */
function isBehind({ seen }: Reader): boolean {
  for (const [source, version] of seen) if (source.version() !== version) return true;
  return false;
}

function alert({ readers }: Source): void {
  for (const one of readers) one.alert();
}

function open<T>(source: Source, peek: () => T, set: (value: T) => void): Signal<T> {
  return {
    peek,
    get value() {
      if (reading) {
        reading.seen.set(source, source.version());
        source.readers.add(reading);
      }
      return peek();
    },
    set value(next) {
      set(next);
    },
  };
}

/** A value to read and to set. */
export function signal<T>(value: T): Signal<T> {
  let version = 0;
  const source: Source = { readers: new Set(), version: () => version };
  return open(
    source,
    () => value,
    (next) => {
      if (Object.is(next, value)) return;
      value = next;
      version += 1;
      batch(() => alert(source));
    },
  );
}

/** What follows from other signals: computed when it is read, and again when one of those that it read has changed. It lives as long as they do. */
export function computed<T>(compute: () => T): ReadonlySignal<T> {
  let known: { readonly value: T } | { readonly error: unknown } | undefined;
  let version = 0;
  let fresh = false;
  const self: Source & Reader = {
    readers: new Set(),
    seen: new Map(),
    alert: () => {
      if (!fresh) return;
      fresh = false;
      alert(self);
    },
    version: () => {
      if (!known || (!fresh && isBehind(self))) {
        const done = follow(self);
        try {
          const value = compute();
          if (!known || !('value' in known) || !Object.is(known.value, value)) version += 1;
          known = { value };
        } catch (error) {
          version += 1;
          known = { error };
        }
        done();
      }
      fresh = true;
      return version;
    },
  };
  const peek = (): T => {
    self.version();
    if (known && 'value' in known) return known.value;
    throw known?.error;
  };
  return open(self, peek, () => undefined);
}

/** Changes several signals; whoever reads them is told when all are done. */
export function batch<T>(change: () => T): T {
  batches += 1;
  try {
    return change();
  } finally {
    try {
      if (batches === 1) catchUp();
    } finally {
      batches -= 1;
    }
  }
}

/** Everybody looks again, and whoever that concerns in turn; the first error is thrown when all have. */
function catchUp(): void {
  let trouble: { readonly error: unknown } | undefined;
  const done = follow();
  for (const [one, again] of stale) {
    stale.delete(one);
    try {
      if (isBehind(one)) again();
    } catch (error) {
      trouble ??= { error };
    }
  }
  done();
  if (trouble) throw trouble.error;
}

/** Runs now, and again whenever what it read has changed; what it answers is done before that, and at the end. Answers how to end it. */
export function effect(run: () => (() => void) | undefined): () => void {
  let undo: (() => void) | undefined;
  const again = (): void => {
    undo?.();
    undo = undefined;
    const done = follow(self);
    try {
      undo = batch(run);
    } finally {
      done();
    }
  };
  const self = reader(again);
  again();
  return () => {
    leave(self);
    undo?.();
    undo = undefined;
  };
}
