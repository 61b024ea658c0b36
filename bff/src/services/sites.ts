import type { MeAnswer, SiteView } from '@tandem/shared/api';
import { parseRef } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Member } from '../jwt.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Tool } from '../ports.ts';
import type { Account } from '../store/store.ts';
import { ensureTask, observeTask, readLane } from '../sync/keys.ts';
import type { Worker } from '../sync/worker.ts';

/** The caller's accounts, at Miro and at the tools' sites. */
export interface Sites {
  me(member: Member): Promise<MeAnswer>;
  connect(member: Member, tool: string, site: string, fields: Readonly<Record<string, string>>, cause: string): Promise<SiteView>;
  disconnect(member: Member, tool: string, site: string): Promise<void>;
}

/** Connects and disconnects members' accounts; a connected one sets everything going again that waited for it. */
export function openSites(deps: Deps, worker: Worker): Sites {
  const { store, tools, accounts, now } = deps;

  const toolAt = (id: string, site: string): Tool => {
    const tool = tools.get(id);
    if (!tool || tool.site.id !== site) throw new TandemError('not_found', `${id} at ${site} is not configured here.`);
    return tool;
  };

  /** Places that nobody could watch are tried with the new account, and what could not be read is read. */
  const resume = async (team: string, tool: Tool, cause: string): Promise<void> => {
    const site = tool.site.id;
    await worker.revive(readLane(team, tool.id, site));
    const watches = await store.watches.bySite(team, tool.id, site);
    const refs = (await store.links.refsAt(team, `${encodeURIComponent(tool.id)}:${encodeURIComponent(site)}/`)).map(parseRef);
    await worker.mark([
      ...watches.filter((watch) => watch.mode === 'poll' || watch.mode === 'pending').map((watch) => ensureTask(watch, now(), cause)),
      ...refs.flatMap((ref) => (ref ? [observeTask(team, ref, now(), cause)] : [])),
    ]);
  };

  return {
    async me(member) {
      const mine = await store.accounts.byMember(member.team, member.user);
      const at = (tool: string, site: string): Account | undefined => mine.find((account) => account.tool === tool && account.site === site);
      return {
        user: member.user,
        team: member.team,
        miro: at(MIRO.tool, MIRO.site)?.state ?? 'none',
        sites: [...tools.values()].map((tool) => viewOf(tool, at(tool.id, tool.site.id))),
      };
    },

    async connect(member, toolId, site, fields, cause) {
      const tool = toolAt(toolId, site);
      const missing = tool.signIn.fields.filter((field) => !fields[field.name]?.trim());
      if (missing.length > 0) {
        throw new TandemError('invalid_input', `${missing.map((field) => field.label).join(', ')} is missing.`, {
          details: { fields: Object.fromEntries(missing.map((field) => [field.name, `Paste your ${field.label.toLowerCase()} here.`])) },
        });
      }
      const given = Object.fromEntries(tool.signIn.fields.map((field) => [field.name, fields[field.name]?.trim() ?? '']));
      const unsendable = tool.signIn.fields.find((field) => !/^[\u0021-\u007e]+$/.test(given[field.name] ?? ''));
      if (unsendable) throw refusedToken(tool, unsendable.name);
      const credentials = { kind: 'token', fields: given } as const;
      const person = await accounts.identify({ tool: tool.id, site }, credentials, (access) => tool.me(access)).catch((error: unknown) => {
        if (error instanceof TandemError && (error.code === 'account_expired' || error.code === 'forbidden')) throw refusedToken(tool, tool.signIn.fields[0]?.name ?? 'token');
        throw error;
      });
      const account = await accounts.keep({ team: member.team, user: member.user, tool: tool.id, site }, credentials, person);
      await resume(member.team, tool, cause);
      return viewOf(tool, account);
    },

    async disconnect(member, toolId, site) {
      toolAt(toolId, site);
      await store.accounts.remove({ team: member.team, user: member.user, tool: toolId, site });
    },
  };
}

function refusedToken(tool: Tool, field: string): TandemError {
  const sentence = `${tool.name} does not accept this token. Check that you copied all of it, that it has not ended, and that it may use the API.`;
  return new TandemError('invalid_input', sentence, { details: { fields: { [field]: sentence } } });
}

function viewOf(tool: Tool, account: Account | undefined): SiteView {
  return {
    tool: tool.id,
    site: tool.site.id,
    name: tool.name,
    url: tool.site.base,
    noun: tool.noun,
    fields: tool.signIn.fields,
    can: { create: tool.create !== undefined, write: tool.write !== undefined },
    ...(account ? { account: { state: account.state, person: account.person } } : {}),
  };
}
