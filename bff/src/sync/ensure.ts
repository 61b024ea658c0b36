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

/** The secrets of a watch, newest first: two from when it gets another until its webhook has that. Throws where no configured secret opens them. */
export function secretsOf({ vault }: Pick<Deps, 'vault'>, { id, sealed }: Watch): readonly [string, ...string[]] {
  const [secret = '', ...older] = vault.open(sealed, watchPurpose(id)).split(' ');
  return [secret, ...older];
}

const keepSecrets = ({ store, vault }: Deps, { id }: Watch, secrets: readonly string[]): Promise<void> => store.watches.change(id, { sealed: vault.seal(secrets.join(' '), watchPurpose(id)) });

/** Gives a watch another secret, which its webhook gets when it is ensured; what proves the one before it is taken until then. While one is on its way there is no third: the webhook may have either of two. */
export async function renewSecret(deps: Deps, watch: Watch): Promise<void> {
  const [secret, ...older] = secretsOf(deps, watch);
  if (older.length === 0) await keepSecrets(deps, watch, [randomId(deps.random), secret]);
}

/** The secret that the hook of a watch is to have, and whether the one that is there has another. What was sealed under the older secret is sealed anew; what no configured secret opens is replaced. */
async function secretOf(deps: Deps, watch: Watch): Promise<{ secret: string; replaced: boolean }> {
  try {
    const secrets = secretsOf(deps, watch);
    if (deps.vault.stale(watch.sealed)) await keepSecrets(deps, watch, secrets);
    return { secret: secrets[0], replaced: secrets.length > 1 };
  } catch (error) {
    deps.log.warn({ err: error, watch: watch.id }, 'webhook secret cannot be opened; a new one is made');
    const secret = randomId(deps.random);
    await keepSecrets(deps, watch, [secret]);
    return { secret, replaced: true };
  }
}

/** The handler of `ensure:<watch>`: makes sure that the place's webhook exists and is on, with the first account of the team that may; where none may, its changes are polled. At a place without cards and pairs the webhook is taken down. */
export function ensurer(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void> {
  const { store, tools, config, now } = deps;

  /** Whether anything follows what happens there: a card, a pair, an integration, but not what is of one that is being taken down. */
  const linked = async ({ tool, site, place, team }: Watch): Promise<boolean> => {
    const prefix = printRef({ tool, site, place, id: '' });
    const integrations = await store.integrations.byTeam(team);
    const leaving = new Set(integrations.filter(({ state }) => state === 'removing').map(({ id }) => id));
    if (integrations.some(({ state, left, right }) => state !== 'removing' && state !== 'removed' && [left, right].some((end) => end.tool === tool && end.site === site && end.place === place))) return true;
    if (leaving.size === 0) return (await refsAt(store, team, prefix)).length > 0;
    const pairs = (await store.pairs.byTeam(team)).filter(({ button }) => !button || !leaving.has(button.integration));
    return pairs.some(({ leftRef, rightRef }) => leftRef.startsWith(prefix) || rightRef.startsWith(prefix)) || (await store.links.refsAt(team, prefix)).length > 0;
  };

  const urlOf = ({ tool, id }: Watch): string => `${config.url}/hooks/${tool}/${id}`;

  const takeDown = async (watch: Watch, hooks: Hooks | undefined, accounts: readonly Account[], run: Run): Promise<void> => {
    // One that was being made may be there, too: perhaps the answer was lost.
    let left = hooks !== undefined && (watch.remoteId !== undefined || watch.mode === 'pending');
    let hidden = accounts.length > 0;
    for (const account of hooks ? accounts : []) {
      try {
        const access = deps.accounts.accessOf(account, run.deadline);
        // One whose making was answered to nobody is known by its address alone.
        const listed = await hooks?.list(access, watch.place);
        const ours = new Set([...(watch.remoteId === undefined ? [] : [watch.remoteId]), ...(listed ?? []).flatMap(({ remoteId, url }) => (url === urlOf(watch) ? [remoteId] : []))]);
        for (const remoteId of ours) await hooks?.remove(access, { place: watch.place, remoteId });
        left = false;
        break;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        hidden &&= error.code === 'not_found';
      }
    }
    const why =
      watch.remoteId === undefined
        ? `A webhook may have been made at ${watch.place}: no connected account may look.`
        : hidden
          ? `If the project ${watch.place} is still there, so is its webhook: no connected account sees it any more.`
          : `The webhook at ${watch.place} could not be removed: no connected account may.`;
    await store.watches.change(watch.id, { remoteId: null, proof: null, reason: left ? `${why} Whatever it sends is turned away.` : null });
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
    if (tool.told) {
      await store.watches.change(id, { mode: 'hook', reason: null });
      if (!heard) await mark([pollTask(watch, now(), run.cause)]);
      return;
    }
    if (!tool.hooks) return poll(`${tool.name} sends no webhooks.`);
    const { secret, replaced } = await secretOf(deps, watch);
    let reason: string | undefined;
    for (const account of accounts) {
      try {
        const { remoteId, signed } = await tool.hooks.ensure(deps.accounts.accessOf(account, run.deadline), {
          place: watch.place,
          url: urlOf(watch),
          secret,
          ...(watch.remoteId === undefined || replaced ? {} : { remoteId: watch.remoteId }),
        });
        await store.watches.change(id, { mode: 'hook', remoteId, proof: signed ? 'signature' : null, maker: account.user, reason: null, ...(replaced ? { sealed: deps.vault.seal(secret, watchPurpose(id)) } : {}) });
        // What changed before it was there, or came while it was turned away, nobody told us. From now on the place is asked daily; one whose webhook was there all along is, and must not be asked anew for being looked after.
        if (!heard || replaced || remoteId !== watch.remoteId) await mark([listTask(watch, now(), run.cause), pollTask(watch, now() + DAY, run.cause)]);
        return;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        // Who sees the project knows more of it than who does not.
        if (error.code === 'not_found') reason ??= `${tool.name} has no such project any more, or shows it to no connected account. Somebody who sees it can help, by connecting ${tool.name} here.`;
        else reason = error.code === 'forbidden' ? `No connected account may create a webhook there. Somebody who maintains the project can, by connecting ${tool.name} here.` : error.message;
      }
    }
    await poll(reason ?? `Nobody in the team has a ${tool.name} account connected here.`);
  };
}

/** Another account may fare better; trouble of the tool, or its limits, will pass. */
function isRefusal(error: unknown): error is TandemError {
  return error instanceof TandemError && error.status < 500 && error.code !== 'rate_limited';
}
