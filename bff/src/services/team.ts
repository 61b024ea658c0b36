import type { DisconnectAnswer, DownView, MemberView, StuckBody, TeamAnswer, WatchView } from '@tandem/shared/api';
import { printRef } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Member } from '../jwt.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Account } from '../store/store.ts';
import type { Breakers } from '../sync/breaker.ts';
import { laneOf, remoteOf } from '../sync/keys.ts';
import { refsAt } from '../sync/linked.ts';
import { accountView, type Sites } from './sites.ts';
import type { Stuck } from './stuck.ts';

/** The accounts of a team and the places that it follows, for whoever administers it. */
export interface Team {
  look(member: Member): Promise<TeamAnswer>;
  isAdmin(member: Member): Promise<boolean>;
  /** Tries again what was given up: one task, those of a board, a site or a place, or all of the team's. */
  replay(member: Member, which: StuckBody): Promise<void>;
  /** Disconnects another member's account. */
  remove(member: Member, user: string, tool: string, site: string, cause: string): Promise<DisconnectAnswer>;
}

/** Opens the team's administration: by those whom the configuration names; where it names nobody, by whoever signed in first. */
export function openTeam({ store, tools, config }: Pick<Deps, 'store' | 'tools' | 'config'>, sites: Sites, stuck: Stuck, breakers: Pick<Breakers, 'down'>): Team {
  const isMiro = (account: Account): boolean => account.tool === MIRO.tool;

  const adminsOf = (accounts: readonly Account[]): readonly string[] => {
    if (config.admins.length > 0) return config.admins;
    const [first] = accounts.filter(isMiro).sort((a, b) => a.since - b.since || (a.user < b.user ? -1 : 1));
    return first ? [first.user] : [];
  };

  const memberView = (user: string, accounts: readonly Account[], admins: readonly string[]): MemberView => {
    const own = accounts.filter((account) => account.user === user);
    const miro = own.find(isMiro);
    return {
      user,
      name: miro?.person.name ?? own[0]?.person.name ?? user,
      admin: admins.includes(user),
      miro: miro?.state ?? 'none',
      accounts: own.flatMap((account) => {
        const tool = isMiro(account) ? undefined : tools.at(account.tool, account.site);
        return tool ? [{ tool: tool.id, site: tool.site.id, name: tool.name, url: tool.site.base, ...accountView(account) }] : [];
      }),
    };
  };

  const placesOf = async (team: string, accounts: readonly Account[]): Promise<WatchView[]> => {
    const at = new Map(accounts.filter((account) => !isMiro(account)).map((account) => [`${account.tool} ${account.site}`, account]));
    const views: WatchView[] = [];
    for (const { tool: id, site } of at.values()) {
      const tool = tools.at(id, site);
      for (const watch of tool ? await store.watches.bySite(team, id, site) : []) {
        if (watch.mode === 'removed') continue;
        const refs = await refsAt(store, team, printRef({ tool: id, site, place: watch.place, id: '' }));
        // Its items carry its name, where its address is a number.
        const observed = refs[0] === undefined ? undefined : await store.items.get(team, refs[0]);
        const label = /^\d+$/.test(watch.place) ? (observed?.item.key.split('#')[0] ?? watch.place) : watch.place;
        views.push({ tool: id, site, name: tool?.name ?? id, place: watch.place, label, watch: watch.mode, items: refs.length, missed: watch.missed ?? 0, ...(watch.reason ? { reason: watch.reason } : {}) });
      }
    }
    return views;
  };

  /** One webhook serves all teams: a host who has just set its address sees here that it is right. */
  const munityHeard = async (): Promise<NonNullable<TeamAnswer['munity']>> => {
    const [last] = await store.deliveries.byWatch('munity', 1);
    return last ? { heard: new Date(last.at).toISOString() } : {};
  };

  /** What the team's accounts are for, and does not answer this process. */
  const downFor = (accounts: readonly Account[]): DownView[] => {
    const views = new Map<string, DownView>();
    for (const { remote, lane, since, until } of breakers.down()) {
      const account = accounts.find((one) => (lane === undefined ? remoteOf(one) === remote : laneOf(one) === lane));
      const at = account && (isMiro(account) ? { name: 'Miro', site: { base: config.miro.web } } : tools.at(account.tool, account.site));
      if (at && !views.has(remote)) views.set(remote, { name: at.name, url: at.site.base, since: new Date(since).toISOString(), again: new Date(until).toISOString() });
    }
    return [...views.values()];
  };

  const isAdmin: Team['isAdmin'] = async ({ team, user }) => adminsOf(await store.accounts.byTeam(team)).includes(user);

  return {
    isAdmin,
    async look(member) {
      const accounts = await store.accounts.byTeam(member.team);
      const admins = adminsOf(accounts);
      const admin = admins.includes(member.user);
      const users = admin ? [...new Set([member.user, ...accounts.map(({ user }) => user)])] : [member.user];
      return { user: member.user, admin, members: users.map((user) => memberView(user, accounts, admins)), places: admin ? await placesOf(member.team, accounts) : [], ...(admin && tools.shared['munity'] ? { munity: await munityHeard() } : {}), stuck: admin ? await stuck.list(member.team) : [], down: downFor(accounts) };
    },
    async replay(member, which) {
      if (!(await isAdmin(member))) throw new TandemError('forbidden', 'Only whoever administers Tandem for your team may do that.');
      await stuck.replay(member.team, which);
    },
    async remove(member, user, tool, site, cause) {
      if (user !== member.user && !(await isAdmin(member))) throw new TandemError('forbidden', 'Only whoever administers Tandem for your team may disconnect another member.');
      return sites.disconnect({ team: member.team, user }, tool, site, cause);
    },
  };
}
