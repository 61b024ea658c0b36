import { TandemError, UpstreamError } from '../errors.ts';
import type { Task } from '../store/store.ts';

/** What becomes of a task that failed. */
export type Verdict =
  | { readonly kind: 'retry'; readonly due: number; readonly attempts: number; readonly failingSince: number; readonly error: string; /** the whole lane waits until then */ readonly block?: number }
  | { readonly kind: 'dead'; readonly reason: string };

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * The rule of retrying: full jitter under a ceiling of 0.25 s that doubles, at most 15 s during the first ten minutes, then up to an hour;
 * never before the remote's own `retryAt`; dead after a day, unless the remote as a whole is `down`, or at once where trying again cannot help. `random` is in [0, 1).
 */
export function judge(error: unknown, task: Task, now: number, random: number, down = false): Verdict {
  const failingSince = task.attempts === 0 ? now : (task.failingSince ?? now);
  const attempts = task.attempts + 1;
  const reason = error instanceof Error ? error.message : String(error);
  if (!canHelp(error) || (isConflict(error) && task.error === reason)) return { kind: 'dead', reason };
  if (!down && now - failingSince >= 24 * HOUR) return { kind: 'dead', reason: `Given up after a day. Last: ${reason}` };
  const ceiling = Math.min(0.25 * SECOND * 2 ** Math.min(attempts - 1, 30), now - failingSince < 10 * MINUTE ? 15 * SECOND : HOUR);
  const asked = error instanceof TandemError ? error.retryAt : undefined;
  const due = Math.max(now + Math.ceil(random * ceiling), asked ?? 0);
  // Whoever says when to come back means everything that we want of them, not just this.
  const block = error instanceof UpstreamError && (error.upstreamStatus === 429 || asked !== undefined) ? { block: asked ?? due } : {};
  return { kind: 'retry', due, attempts, failingSince, error: reason, ...block };
}

/** Trouble of the remote passes, and so may a fault of our own or of the store; a refusal stays one. */
export function canHelp(error: unknown): boolean {
  if (error instanceof UpstreamError) return error.retryable || isConflict(error);
  if (error instanceof TandemError) return error.status >= 500;
  return true;
}

/** Somebody else's write at the same moment: tried once more, with what is to be written by then. */
function isConflict(error: unknown): boolean {
  return error instanceof UpstreamError && error.upstreamStatus === 409;
}
