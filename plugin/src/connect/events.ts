/** What the connected integration tells: access is granted (`READY`), its items are here (`IMPORT_DONE`), or it failed. */
export type MunityEventType = 'READY' | 'IMPORT_DONE' | 'error';

/** An event as callers get it. Munity's documents call the name `type` in one place and `status` in another, so both are set. */
export interface MunityEvent {
  readonly type: MunityEventType;
  readonly status: MunityEventType;
  readonly message: unknown;
}

/** What is read of a payload. */
type Told = Partial<Record<'type' | 'status' | 'message', unknown>>;

/** Every name that an event had in Munity's history. */
export const NAMES: Readonly<Partial<Record<string, MunityEventType>>> = { READY: 'READY', IMPORT_DONE: 'IMPORT_DONE', INSTALLED: 'IMPORT_DONE', SYNCHED: 'IMPORT_DONE', ERROR: 'error' };

/** The event that something received stands for, if any: an object, its JSON, or just a name, in whatever case. Never throws. */
export function eventOf(received: unknown): MunityEvent | undefined {
  const payload = parsed(received);
  const { type, status, message } = Object(payload) as Told;
  const name = known(type) ?? known(status) ?? known(payload);
  return name && munityEvent(name, message);
}

/** An event of this type. */
export function munityEvent(type: MunityEventType, message: unknown): MunityEvent {
  return { type, status: type, message };
}

function known(name: unknown): MunityEventType | undefined {
  return typeof name === 'string' ? NAMES[name.trim().toUpperCase()] : undefined;
}

function parsed(received: unknown): unknown {
  try {
    return typeof received === 'string' ? (JSON.parse(received) as unknown) : received;
  } catch {
    return received;
  }
}
