import { printRef } from '@tandem/shared/ref';
import { randomId } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Hooks } from '../ports.ts';
import type { Account, NewTask, Watch } from '../store/store.ts';
import { listTask, pollTask } from './keys.ts';
import { refsAt } from './linked.ts';
import type { Run } from './runs.ts';

const DAY = 24 * 3_600_000;

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

/** The handler of `ensure:<watch>`: makes sure that the place's webhook exists and is on, with the first account of the team that may; where none may, its changes are polled. At a place without cards and pairs the webhook is taken down. */
export function ensurer(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void> {
  const { store, tools, config, now } = deps;

  const linked = async ({ tool, site, place, team }: Watch): Promise<boolean> => (await refsAt(store, team, printRef({ tool, site, place, id: '' }))).length > 0;

  const takeDown = async (watch: Watch, hooks: Hooks | undefined, accounts: readonly Account[], run: Run): Promise<void> => {
    for (const account of watch.remoteId === undefined || !hooks ? [] : accounts) {
      try {
        await hooks?.remove(deps.accounts.accessOf(account, run.deadline), { place: watch.place, remoteId: watch.remoteId ?? '' });
        break;
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    }
    await store.watches.change(watch.id, { remoteId: null, proof: null, reason: null });
  };

  return async (id, run) => {
    const watch = await store.watches.get(id);
    const tool = watch && tools.at(watch.tool, watch.site);
    if (!watch || !tool) return;
    const all = (await store.accounts.bySite(watch.team, watch.tool, watch.site)).filter((account) => account.state === 'active');
    const accounts = [...all.filter((account) => account.user === watch.maker), ...all.filter((account) => account.user !== watch.maker)];
    let heard = watch.mode === 'hook';
    if (!(await linked(watch))) {
      // Said first, so that whoever links a card meanwhile asks for the webhook again.
      await store.watches.change(id, { mode: 'removed' });
      heard = false;
      if (!(await linked(watch))) return takeDown(watch, tool.hooks, accounts, run);
    }

    const poll = async (reason: string): Promise<void> => {
      await store.watches.change(id, { mode: 'poll', reason });
      await mark([pollTask(watch, now(), run.cause)]);
    };
    if (!tool.hooks) return poll(`${tool.name} sends no webhooks.`);
    const { secret, replaced } = await secretOf(deps, watch);
    let reason = `Nobody in the team has a ${tool.name} account connected here.`;
    for (const account of accounts) {
      try {
        const { remoteId, signed } = await tool.hooks.ensure(deps.accounts.accessOf(account, run.deadline), {
          place: watch.place,
          url: `${config.url}/hooks/${watch.tool}/${watch.id}`,
          secret,
          ...(watch.remoteId === undefined || replaced ? {} : { remoteId: watch.remoteId }),
        });
        await store.watches.change(id, { mode: 'hook', remoteId, proof: signed ? 'signature' : null, maker: account.user, reason: null });
        // What changed before it was there, or came while it was turned away, nobody told us. From now on the place is asked daily; one whose webhook was there all along is, and must not be asked anew for being looked after.
        if (!heard || replaced || remoteId !== watch.remoteId) await mark([listTask(watch, now(), run.cause), pollTask(watch, now() + DAY, run.cause)]);
        return;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        reason = error.code === 'forbidden' || error.code === 'not_found' ? `No connected account may create a webhook there. Somebody who maintains the project can, by connecting ${tool.name} here.` : error.message;
      }
    }
    await poll(reason);
  };
}

/** Another account may fare better; trouble of the tool, or its limits, will pass. */
function isRefusal(error: unknown): error is TandemError {
  return error instanceof TandemError && error.status < 500 && error.code !== 'rate_limited';
}
