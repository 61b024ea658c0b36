import { randomId } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { NewTask, Watch } from '../store/store.ts';
import { listTask, pollTask } from './keys.ts';
import type { Run } from './runs.ts';

/** What a webhook's secret is sealed for. */
export function watchPurpose(id: string): string {
  return `watch ${id}`;
}

/** The secret of a watch. One that was sealed under the older secret is sealed anew; one that no configured secret opens is replaced, and the hook with it. */
async function secretOf(deps: Deps, watch: Watch): Promise<{ secret: string; replaced: boolean }> {
  const purpose = watchPurpose(watch.id);
  const keep = async (secret: string): Promise<string> => {
    await deps.store.watches.change(watch.id, { sealed: deps.vault.seal(secret, purpose) });
    return secret;
  };
  try {
    const secret = deps.vault.open(watch.sealed, purpose);
    return { secret: deps.vault.stale(watch.sealed) ? await keep(secret) : secret, replaced: false };
  } catch (error) {
    deps.log.warn({ err: error, watch: watch.id }, 'webhook secret cannot be opened; a new one is made');
    return { secret: await keep(randomId(deps.random)), replaced: true };
  }
}

/** The handler of `ensure:<watch>`: makes sure that the place's webhook exists and is on, with the first account of the team that may; where none may, its changes are polled. */
export function ensurer(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void> {
  const { store, tools, config, now } = deps;
  return async (id, run) => {
    const watch = await store.watches.get(id);
    if (!watch || watch.mode === 'removed') return;
    const tool = tools.get(watch.tool);
    if (!tool) return;
    const poll = async (reason: string): Promise<void> => {
      await store.watches.change(id, { mode: 'poll', reason });
      await mark([pollTask(watch, now(), run.cause)]);
    };
    if (!tool.hooks) return poll(`${tool.name} sends no webhooks.`);
    const accounts = await store.accounts.bySite(watch.team, watch.tool, watch.site);
    const order = [...accounts.filter((account) => account.user === watch.maker), ...accounts.filter((account) => account.user !== watch.maker)];
    const { secret, replaced } = await secretOf(deps, watch);
    let reason = `Nobody in the team has a ${tool.name} account connected here.`;
    for (const account of order.filter((candidate) => candidate.state === 'active')) {
      try {
        const { remoteId } = await tool.hooks.ensure(deps.accounts.accessOf(account, run.deadline), {
          place: watch.place,
          url: `${config.url}/hooks/${watch.tool}/${watch.id}`,
          secret,
          ...(watch.remoteId === undefined || replaced ? {} : { remoteId: watch.remoteId }),
        });
        await store.watches.change(id, { mode: 'hook', remoteId, maker: account.user, reason: null });
        // What came while the secret could not be opened was turned away.
        if (replaced) await mark([listTask(watch, now(), run.cause)]);
        return;
      } catch (error) {
        if (!(error instanceof TandemError) || error.status >= 500 || error.code === 'rate_limited') throw error;
        reason = error.code === 'forbidden' || error.code === 'not_found' ? `No connected account may create a webhook there. Somebody who maintains the project can, by connecting ${tool.name} here.` : error.message;
      }
    }
    await poll(reason);
  };
}
