import { randomId, timedId } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Hint, HookHeaders, Parsed, Proof } from '../ports.ts';
import type { NewTask, Watch } from '../store/store.ts';
import { secretsOf } from './ensure.ts';
import { ensureTask, listTask, observeTask } from './keys.ts';
import { openSharedInbox } from './shared-inbox.ts';
import type { Worker } from './worker.ts';

/** A hook call as it arrives. */
export interface HookCall {
  readonly tool: string;
  readonly watch: string;
  readonly headers: HookHeaders;
  readonly body: AsyncIterable<Buffer>;
}

/** Bytes that are kept at one time while their proof is under way; a body beyond that is checked as it streams, and its place is listed instead. */
const MOST_KEPT = 64 * 1024 * 1024;

/**
 * Receives webhook deliveries: unknown watch 404, removed one 410, not authentic 401, and nothing is stored; authentic: logged and marked in one commit, whatever it says.
 * A 4xx would make GitLab switch the hook off for good, so an authentic delivery that we cannot use is fine too. Every authentic delivery marks, duplicates included: no delivery id can cost an edit.
 */
export function openInbox(deps: Deps, worker: Worker): (call: HookCall) => Promise<{ outcome: string }> {
  let kept = 0;

  /** The body, or `undefined` for one that is too large to keep; the proof is fed either way. */
  const read = async (body: AsyncIterable<Buffer>, proof: Proof, most: number): Promise<Buffer | undefined> => {
    const chunks: Buffer[] = [];
    let [size, whole] = [0, true];
    const drop = (): void => {
      kept -= size;
      size = 0;
      chunks.length = 0;
    };
    try {
      for await (const chunk of body) {
        proof.update(chunk);
        if (whole && size + chunk.length <= most && kept + chunk.length <= MOST_KEPT) {
          chunks.push(chunk);
          size += chunk.length;
          kept += chunk.length;
        } else {
          whole = false;
          drop();
        }
      }
      return whole ? Buffer.concat(chunks) : undefined;
    } finally {
      drop();
    }
  };

  const reading = new Map<string, Promise<Watch | undefined>>();
  /** The deliveries of a storm come for few places: those that come while its watch is being read share the answer. */
  const watchOf = (id: string): Promise<Watch | undefined> => {
    const known = reading.get(id);
    if (known) return known;
    const read = deps.store.watches.get(id).finally(() => reading.delete(id));
    reading.set(id, read);
    return read;
  };

  const shared = openSharedInbox(deps, worker);

  return async (call) => {
    const all = deps.tools.shared[call.tool];
    if (all) return shared(call, all);
    const watch = await watchOf(call.watch);
    const hooks = watch?.tool === call.tool ? deps.tools.at(watch.tool, watch.site)?.hooks : undefined;
    if (!watch || !hooks) throw new TandemError('not_found', 'There is no such webhook.');
    if (watch.mode === 'removed') throw new TandemError('gone', 'This webhook was removed. Delete it in the tool.');

    const proof = hooks.proof(call.headers, await secrets(deps, worker, watch), { signed: watch.proof === 'signature', now: deps.now() });
    const body = await read(call.body, proof, hooks.maxBytes);
    if (!proof.holds()) throw new TandemError('not_verified', 'The webhook carries no valid proof of its sender.');

    const parsed: Parsed = body ? hooks.parse(body, call.headers, watch) : { hints: [{ kind: 'place' }], event: 'too large to read' };
    const at = deps.now();
    const id = timedId(at, deps.random);
    const outcome = parsed.hints.length > 0 ? 'marked' : (parsed.ignored ?? 'nothing to do');
    const tasks = parsed.hints.map((hint) => taskFor(watch, hint, at, id));
    await worker.accept({ id, watch: watch.id, at, event: parsed.event, outcome, ...(parsed.deliveryId === undefined ? {} : { remoteId: parsed.deliveryId }) }, tasks);
    return { outcome };
  };
}

/** A secret that cannot be opened is our trouble, not the sender's: 503, so that no tool switches the hook off for good, and the hook is made anew. */
async function secrets(deps: Deps, worker: Worker, watch: Watch): Promise<readonly string[]> {
  try {
    return secretsOf(deps, watch);
  } catch (cause) {
    await worker.mark([ensureTask(watch, deps.now(), randomId(deps.random))]);
    throw new TandemError('unavailable', 'Tandem cannot open this webhook’s secret, because TANDEM_SECRET was changed. The webhook is being made anew.', { cause });
  }
}

function taskFor(watch: Watch, hint: Hint, due: number, cause: string): NewTask {
  return hint.kind === 'place' ? listTask(watch, due, cause) : observeTask(watch.team, hint.ref, due, cause);
}
