import type { AccountView, DisconnectAnswer, MeAnswer, SiteView } from '@tandem/shared/api';
import { parseRef } from '@tandem/shared/ref';
import type { Credentials } from '../access/credentials.ts';
import type { Deps } from '../deps.ts';
import { invalidField, TandemError } from '../errors.ts';
import type { Member } from '../jwt.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Tool } from '../ports.ts';
import type { Account } from '../store/store.ts';
import { openImports } from '../sync/imports.ts';
import { startLink } from './start-link.ts';
import { healed } from '../sync/account-state.ts';
import { ensureTask, integrateTask, keepAliveTask, observeTask, readLane } from '../sync/keys.ts';
import { refsAt } from '../sync/linked.ts';
import type { Worker } from '../sync/worker.ts';

/** The caller's accounts, at Miro and at the tools' sites. */
export interface Sites {
  me(member: Member): Promise<MeAnswer>;
  /** The site of a tool at a web address. */
  find(member: Member, tool: string, url: string): Promise<SiteView>;
  /** Connects with a token that the member pasted. */
  connect(member: Member, tool: string, site: string, fields: Readonly<Record<string, string>>, cause: string): Promise<SiteView>;
  /** Connects with credentials of any kind: asks the tool whose they are (`called`: by what name, where somebody else knows it), stores them, and sets everything going that waited for them. */
  take(member: Member, tool: Tool, credentials: Credentials, cause: string, called?: string): Promise<SiteView>;
  disconnect(member: Member, tool: string, site: string, cause: string): Promise<DisconnectAnswer>;
}

/** Connects and disconnects members' accounts. */
export function openSites(deps: Deps, worker: Worker): Sites {
  const { store, tools, accounts, now } = deps;
  const imports = openImports(deps);

  const toolAt = (id: string, site: string): Tool => {
    const tool = tools.at(id, site);
    if (!tool) throw new TandemError('not_found', `${id} at ${site} is not configured here.`);
    return tool;
  };
  const view = (member: Member, tool: Tool, account: Account | undefined): SiteView => ({
    tool: tool.id,
    site: tool.site.id,
    name: tool.name,
    url: tool.site.base,
    noun: tool.noun,
    fields: tool.signIn.fields,
    can: { create: tool.create !== undefined, write: tool.write !== undefined, ...(tool.columns ? { columns: true } : {}) },
    ...(tool.connector ? { connector: tool.connector } : {}),
    ...(tool.oauth ? { consent: startLink(deps.vault, member, tool) } : {}),
    ...(account ? { account: accountView(account) } : {}),
  });
  const observeAll = async (team: string, tool: Tool, cause: string): Promise<void> => {
    const refs = (await refsAt(store, team, `${encodeURIComponent(tool.id)}:${encodeURIComponent(tool.site.id)}/`)).map(parseRef);
    await worker.mark(refs.flatMap((ref) => (ref ? [observeTask(team, ref, now(), cause)] : [])));
  };

  /** Takes down what only this account kept up: webhooks at places that nobody else of the team reads. */
  const releaseHooks = async (account: Account, tool: Tool): Promise<string[]> => {
    const left: string[] = [];
    const watches = tool.hooks ? await store.watches.bySite(account.team, tool.id, tool.site.id) : [];
    for (const watch of watches.filter(({ mode, remoteId }) => mode === 'hook' && remoteId !== undefined)) {
      try {
        if (account.state === 'expired') throw new TandemError('account_expired', `${tool.name} no longer accepts this account.`);
        await tool.hooks?.remove(accounts.accessOf(account), { place: watch.place, remoteId: watch.remoteId ?? '' });
      } catch (error) {
        if (!(error instanceof TandemError)) throw error;
        left.push(`The webhook of ${watch.place} in ${tool.name} could not be removed: ${error.message} Somebody who maintains it can delete it there; until then its calls are ignored.`);
      }
      await store.watches.change(watch.id, { mode: 'pending', remoteId: null, proof: null, reason: `Nobody in the team has a ${tool.name} account connected here.` });
    }
    return left;
  };

  const take: Sites['take'] = async (member, tool, credentials, cause, called) => {
    const site = tool.site.id;
    const who = await accounts.identify({ tool: tool.id, site }, credentials, (access) => tool.me(access));
    const account = await accounts.keep({ team: member.team, user: member.user, tool: tool.id, site }, credentials, called ? { ...who, person: { ...who.person, name: called } } : who);
    // Places that nobody could watch are tried with the new account, and what could not be read is read.
    await worker.revive(readLane(member.team, tool.id, site));
    const watches = await store.watches.bySite(member.team, tool.id, site);
    const unheard = watches.filter(({ mode }) => mode === 'poll' || mode === 'pending');
    await worker.mark([...keepAliveTask(account, now()), ...unheard.map((watch) => ensureTask(watch, now(), cause))]);
    // What was stopped by the account as it was goes on.
    const integrations = (await store.integrations.byTeam(member.team)).filter(({ user, state, left, right }) => user === member.user && state !== 'removed' && [left, right].some((end) => end.tool === tool.id && end.site === site));
    await worker.mark(integrations.map((integration) => integrateTask(integration, now(), cause)));
    if (tool.told) await worker.mark(await healed(deps, account, cause));
    else await observeAll(member.team, tool, cause);
    return view(member, tool, account);
  };

  return {
    async me(member) {
      const mine = await store.accounts.byMember(member.team, member.user);
      const personal = tools.personal(member);
      const others = mine.flatMap(({ tool, site }) => tools.at(tool, site) ?? []).filter((tool) => !tools.configured.includes(tool) && !personal.includes(tool));
      const at = (tool: string, site: string): Account | undefined => mine.find((account) => account.tool === tool && account.site === site);
      const shown = async (tool: Tool): Promise<SiteView> => {
        const account = at(tool.id, tool.site.id);
        const seen = view(member, tool, account);
        return account && tool.connector && seen.account && (await imports.isUnderWay(account)) ? { ...seen, account: { ...seen.account, importing: true } } : seen;
      };
      return {
        user: member.user,
        team: member.team,
        miro: at(MIRO.tool, MIRO.site)?.state ?? 'none',
        sites: await Promise.all([...tools.configured, ...personal, ...others].map(shown)),
        tools: tools.configured.map(({ id, name }) => ({ tool: id, name })),
      };
    },

    async find(member, id, url) {
      const tool = tools.named(id, url.trim());
      if (!tool && /^http:/i.test(url.trim())) throw invalidField('url', 'Tandem goes to other sites by https only, so that nobody reads your token on its way. Paste an address that begins with https.');
      if (!tool) throw invalidField('url', 'That is no address of a site. Paste it as your browser shows it, such as https://git.example.org.');
      return view(member, tool, await store.accounts.get({ team: member.team, user: member.user, tool: id, site: tool.site.id }));
    },

    async connect(member, toolId, site, fields, cause) {
      const tool = toolAt(toolId, site);
      if (tool.connector) throw new TandemError('forbidden', `${tool.name} is connected through Munity’s own window. Press Connect in the panel.`);
      const missing = tool.signIn.fields.filter((field) => !fields[field.name]?.trim());
      if (missing.length > 0) {
        throw new TandemError('invalid_input', `${missing.map((field) => field.label).join(', ')} is missing.`, {
          details: { fields: Object.fromEntries(missing.map((field) => [field.name, `Paste your ${field.label.toLowerCase()} here.`])) },
        });
      }
      const given = Object.fromEntries(tool.signIn.fields.map((field) => [field.name, fields[field.name]?.trim() ?? '']));
      const unsendable = tool.signIn.fields.find((field) => !/^[\u0021-\u007e]+$/.test(given[field.name] ?? ''));
      if (unsendable) throw refusedToken(tool, unsendable.name);
      return take(member, tool, { kind: 'token', fields: given }, cause).catch((error: unknown) => {
        if (error instanceof TandemError && (error.code === 'account_expired' || error.code === 'forbidden')) throw refusedToken(tool, tool.signIn.fields[0]?.name ?? 'token');
        throw error;
      });
    },

    take,

    async disconnect(member, toolId, site, cause) {
      const tool = toolAt(toolId, site);
      const account = await store.accounts.get({ team: member.team, user: member.user, tool: toolId, site });
      if (!account) return { left: [] };
      const others = (await store.accounts.bySite(member.team, toolId, site)).filter(({ user, state }) => user !== member.user && state === 'active');
      const hooks = others.length === 0 ? await releaseHooks(account, tool) : [];
      const { left } = await accounts.revoke(account);
      await store.accounts.remove(account);
      // Whatever this account read is read by another, or its cards say that nobody does.
      await observeAll(member.team, tool, cause);
      return { left: [...hooks, ...(left ? [left] : [])] };
    },
  };
}

/** What people may know of an account. */
export function accountView({ state, person, kind, expiresAt }: Account): AccountView {
  return { state, person, kind, ...(kind === 'token' && expiresAt !== undefined ? { ends: new Date(expiresAt).toISOString() } : {}) };
}

function refusedToken(tool: Tool, field: string): TandemError {
  return invalidField(field, `${tool.name} does not accept this token. Check that you copied all of it, that it has not ended, and that it may use the API.`);
}
