import { randomId } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Hint, HookHeaders } from '../ports.ts';
import type { NewTask, Watch } from '../store/store.ts';
import { watchPurpose } from './ensure.ts';
import { ensureTask, listTask, observeTask } from './keys.ts';
import type { Worker } from './worker.ts';

/** A hook call as it arrives. */
export interface HookCall {
  readonly tool: string;
  readonly watch: string;
  readonly headers: HookHeaders;
  readonly body: AsyncIterable<Buffer>;
}

/**
 * Receives one webhook delivery: unknown watch 404, removed one 410, not authentic 401, and nothing is stored; authentic: logged and marked in one commit, whatever it says.
 * A 4xx would make GitLab switch the hook off for good, so an authentic delivery that we cannot use is fine too. Every authentic delivery marks, duplicates included: no delivery id can cost an edit.
 */
export async function receive(deps: Deps, worker: Worker, call: HookCall): Promise<{ outcome: string }> {
  const watch = await deps.store.watches.get(call.watch);
  const hooks = watch?.tool === call.tool ? deps.tools.at(watch.tool, watch.site)?.hooks : undefined;
  if (!watch || !hooks) throw new TandemError('not_found', 'There is no such webhook.');
  if (watch.mode === 'removed') throw new TandemError('gone', 'This webhook was removed. Delete it in the tool.');

  const proof = hooks.proof(call.headers, [await secretOf(deps, worker, watch)], { signed: watch.proof === 'signature', now: deps.now() });
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of call.body) {
    proof.update(chunk);
    size += chunk.length;
    if (size <= hooks.maxBytes) kept.push(chunk);
  }
  if (!proof.holds()) throw new TandemError('not_verified', 'The webhook carries no valid proof of its sender.');

  const parsed =
    size > hooks.maxBytes
      ? { hints: [{ kind: 'place' } as const], event: 'too large to read' }
      : hooks.parse(Buffer.concat(kept), call.headers, watch);
  const id = randomId(deps.random);
  const at = deps.now();
  const ignored = 'ignored' in parsed ? parsed.ignored : undefined;
  const outcome = parsed.hints.length > 0 ? 'marked' : (ignored ?? 'nothing to do');
  const tasks = parsed.hints.map((hint) => taskFor(watch, hint, at, id));
  const remoteId = 'deliveryId' in parsed ? parsed.deliveryId : undefined;
  await worker.accept({ id, watch: watch.id, at, event: parsed.event, outcome, ...(remoteId === undefined ? {} : { remoteId }) }, tasks);
  return { outcome };
}

/** A secret that cannot be opened is our trouble, not the sender's: 503, so that no tool switches the hook off for good, and the hook is made anew. */
async function secretOf(deps: Deps, worker: Worker, watch: Watch): Promise<string> {
  try {
    return deps.vault.open(watch.sealed, watchPurpose(watch.id));
  } catch (cause) {
    await worker.mark([ensureTask(watch, deps.now(), randomId(deps.random))]);
    throw new TandemError('unavailable', 'Tandem cannot open this webhook’s secret, because TANDEM_SECRET was changed. The webhook is being made anew.', { cause });
  }
}

function taskFor(watch: Watch, hint: Hint, due: number, cause: string): NewTask {
  return hint.kind === 'place' ? listTask(watch, due, cause) : observeTask(watch.team, hint.ref, due, cause);
}
