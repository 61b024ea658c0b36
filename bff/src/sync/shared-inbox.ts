import { parseRef } from '@tandem/shared/ref';
import { timedId } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { SharedHint, SharedHooks, SharedParsed } from '../ports.ts';
import type { Account, NewTask } from '../store/store.ts';
import { provesHealth } from './account-state.ts';
import { noted } from './connect-session.ts';
import type { HookCall } from './inbox.ts';
import { accountTask, connectedTask, observeTask, pollTask } from './keys.ts';
import type { Worker } from './worker.ts';

/** So long after a sign-in a webhook may still be about the one before it. */
const OLD_NEWS = 24 * 3_600_000;

/**
 * Receives the deliveries of a webhook that serves all teams; team and site are those of the customer that it names. Answers as `inbox.ts` does: 404 without the unguessable part, else 202, whatever it says.
 * Nobody sends it twice: what it says is stored with it, as the task that heeds it, and nothing before that.
 */
export function openSharedInbox(deps: Deps, worker: Worker): (call: HookCall, hooks: SharedHooks) => Promise<{ outcome: string }> {
  const { store, now } = deps;

  const tasksFor = async (hint: SharedHint, tool: string, { member, site }: SharedParsed, cause: string): Promise<NewTask[]> => {
    if (!member || site === undefined) return [];
    const places = async (): Promise<NewTask[]> => {
      const tools = deps.tools.personal(member).filter((one) => one.site.id === site);
      const watches = await Promise.all(tools.map((one) => store.watches.bySite(member.team, one.id, site)));
      return watches.flat().filter(({ mode }) => mode !== 'removed').map((watch) => pollTask(watch, now(), cause));
    };
    const accountsOf = async (integration: string): Promise<Account[]> => {
      const accounts = await store.accounts.byMember(member.team, member.user);
      return accounts.filter((account) => account.site === site && account.tool.startsWith(`${tool}:`) && deps.accounts.connectionOf(account).integration === integration);
    };
    switch (hint.kind) {
      case 'changed':
      case 'gone':
        return [observeTask(member.team, hint.ref, now(), cause)];
      case 'alias': {
        const printed = await store.items.byAlias(member.team, hint.alias);
        const ref = printed === undefined ? undefined : parseRef(printed);
        return ref?.site === site ? [observeTask(member.team, ref, now(), cause)] : places();
      }
      case 'place':
        return places();
      case 'account': {
        const meant = await accountsOf(hint.integration);
        const told = await Promise.all(meant.map(async (account) => ((await isOld(account, hint.session)) ? [] : [accountTask(account, hint.state, now(), cause)])));
        return told.flat();
      }
      case 'alive':
        return (await accountsOf(hint.integration)).filter((account) => provesHealth(account, now())).map((account) => accountTask(account, 'active', now(), cause));
      case 'connected': {
        const grant = await store.grants.get(hint.session, 'connect', now());
        if (!grant || grant.data['site'] !== site) return [];
        const { kind: _, imported, ...told } = hint;
        const account = { ...member, tool: grant.data['tool'] ?? '', site };
        return [connectedTask(account, { ...told, fact: imported ? 'imported' : 'installed' }, now(), cause), ...(imported ? await places() : [])];
      }
    }
  };

  /** What comes late of the credentials of an earlier sign-in says nothing of those of the last. Whether Munity names the last one at all is not documented, so one that comes long after it is believed. */
  const isOld = async (account: Account, session: string | undefined): Promise<boolean> => {
    const { session: last } = deps.accounts.connectionOf(account);
    if (session === undefined || last === undefined || session === last || account.renewedAt + OLD_NEWS <= now()) return false;
    const begun = await store.grants.get(session, 'connect', now());
    return begun === undefined || (await noted(deps, session, 'taken')) !== undefined;
  };

  return async (call, hooks) => {
    if (!hooks.proves(call.watch)) throw new TandemError('not_found', 'There is no such webhook.');
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of call.body) {
      size += chunk.length;
      if (size <= hooks.maxBytes) chunks.push(chunk);
    }
    const parsed: SharedParsed = size <= hooks.maxBytes ? hooks.parse(Buffer.concat(chunks)) : { event: 'too large to read', hints: [], ignored: 'The body is too large to be read.' };
    const id = timedId(now(), deps.random);
    const tasks = (await Promise.all(parsed.hints.map((hint) => tasksFor(hint, call.tool, parsed, id)))).flat();
    const outcome = tasks.length > 0 ? 'marked' : (parsed.ignored ?? 'nothing to do');
    await worker.accept({ id, watch: call.tool, at: now(), event: parsed.event.slice(0, 100), outcome }, tasks);
    return { outcome };
  };
}
