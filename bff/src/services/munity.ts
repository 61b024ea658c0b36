import type { ConnectSession, ConnectSessionAnswer } from '@tandem/shared/api';
import { printKey } from '../access/credentials.ts';
import { randomId } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { PutOff, TandemError } from '../errors.ts';
import { signJwt, type Member } from '../jwt.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { MunityConfig } from '../munity-config.ts';
import type { Tool } from '../ports.ts';
import type { AccountKey, Grant } from '../store/store.ts';
import { note, noted } from '../sync/connect-session.ts';
import type { Connected } from '../sync/keys.ts';
import { canHelp } from '../sync/retry.ts';
import { LONGEST_IMPORT, openImports } from '../sync/imports.ts';
import type { Sites } from './sites.ts';

/** Sign-in through Munity: its secrets are made here and nowhere else, and only its webhooks say that access was granted. */
export interface MunitySignIn {
  begin(member: Member, connector: string, renew: boolean): Promise<ConnectSession>;
  look(member: Member, session: string): Promise<ConnectSessionAnswer>;
  /** Heeds what Munity told of a sign-in to that account: notes it, stores the account that was granted, and sets everything going that waited for it. Throws `not_found` once the sign-in has ended without an account. */
  finish(key: AccountKey, told: Connected, run: { readonly cause: string }): Promise<void>;
}

/** A window that was opened just before its secret ended leaves this long to sign in there. */
const SIGN_IN = 15 * 60_000;

/** Opens the sign-in of a workspace; without one every call is answered that there is none. */
export function openMunity(deps: Deps, sites: Sites, config: MunityConfig | undefined): MunitySignIn {
  const { store, now } = deps;
  const imports = openImports(deps);

  const toolOf = (member: Member, connector: string): { tool: Tool; config: MunityConfig } => {
    const tool = deps.tools.personal(member).find((one) => one.connector === connector);
    if (!tool || !config) throw new TandemError('not_found', `Nothing called ${connector} can be connected here.`);
    return { tool, config };
  };

  const memberName = async ({ team, user }: Member): Promise<string | undefined> => (await store.accounts.get({ team, user, tool: MIRO.tool, site: MIRO.site }))?.person.name;

  /** The connection that is to be renewed keeps its id at Munity, and with it everything that is linked; `undefined` where nobody knows it any more, and a new one has to do. */
  const integrationOf = async (member: Member, tool: Tool): Promise<string | undefined> => {
    const account = await store.accounts.get({ ...member, tool: tool.id, site: tool.site.id });
    if (!account) throw new TandemError('conflict', `You have no connection to ${tool.name} that could be renewed. Connect it first.`);
    return deps.accounts.connectionOf(account).integration;
  };

  const answer = async ({ id, expiresAt }: Grant): Promise<ConnectSessionAnswer> => {
    const [installed, imported, taken, failed] = await facts(id);
    if (failed && !taken) return { state: 'failed', ...(failed['reason'] ? { reason: failed['reason'] } : {}) };
    if (imported || installed) return { state: imported ? 'imported' : 'installed' };
    // It is kept for as long as an import may take; whoever has not granted access by then will not.
    return { state: expiresAt - LONGEST_IMPORT <= now() ? 'expired' : 'waiting' };
  };
  const facts = (session: string) => Promise.all((['installed', 'imported', 'taken', 'failed'] as const).map((fact) => noted(deps, session, fact)));

  const turns = new Map<string, Promise<void>>();
  /** What is told of the sign-ins to one account is heeded one after the other: its lane is one process's alone. */
  const inTurn = (key: string, work: () => Promise<void>): Promise<void> => {
    const turn = (turns.get(key) ?? Promise.resolve()).then(work, work).finally(() => {
      if (turns.get(key) === turn) turns.delete(key);
    });
    turns.set(key, turn);
    return turn;
  };

  const heed = async (key: AccountKey, { session, fact, ...what }: Connected, cause: string): Promise<void> => {
    const grant = await store.grants.get(session, 'connect', now());
    if (!grant) {
      // It was held up or given up for longer than it was kept; by now another one may have connected.
      if ((await store.accounts.get(key))?.state === 'active') return;
      throw new TandemError('not_found', 'This sign-in ended before it could be finished. Whoever began it has to start it again.');
    }
    const taken = await noted(deps, session, 'taken');
    // A session grants access once, to one connection.
    if (taken && what.integration !== undefined && what.integration !== taken['integration']) return;
    if (!(await noted(deps, session, fact))) await note(deps, grant, fact, what);
    const [installed, imported] = await facts(session);
    const integration = installed?.['integration'] ?? imported?.['integration'] ?? grant.data['renew'];
    const tool = deps.tools.at(key.tool, key.site);
    const account = await store.accounts.get(key);
    const connection = account && deps.accounts.connectionOf(account);
    // Whoever signed in again means the later sign-in, however late the earlier one is heeded.
    const last = connection?.session === undefined ? undefined : await store.grants.get(connection.session, 'connect', now());
    if (last && last.expiresAt > grant.expiresAt) return;
    if (imported) await imports.done(key);
    // What Munity sends twice, or late, does not mend what has broken since.
    if (!tool || !integration || taken) return;
    const credentials = { kind: 'token', fields: { integration, session } } as const;
    // What is renewed has been imported before.
    if (connection?.integration !== integration && !imported) await imports.begun(key);
    const who = installed?.['who'] ?? imported?.['who'] ?? (await memberName(key));
    // Munity told that its credentials are mended before it told by which sign-in.
    if (account?.state === 'active' && connection?.integration === integration) await deps.accounts.keep(key, credentials, account);
    else
      await sites.take({ team: key.team, user: key.user }, tool, credentials, cause, who).catch(async (error: unknown) => {
        // It is not tried again, or only once somebody mends what is wrong, so whoever waits for it is told.
        if (error instanceof PutOff || (error instanceof TandemError && !canHelp(error))) await note(deps, grant, 'failed', { reason: error.message });
        throw error;
      });
    await note(deps, grant, 'taken', { integration });
  };

  return {
    async begin(member, connector, renew) {
      const { tool, config } = toolOf(member, connector);
      const session = randomId(deps.random);
      const expiresAt = now() + config.secretLife * 1000;
      const who = await memberName(member);
      const integration = renew ? await integrationOf(member, tool) : undefined;
      const claims = {
        workspace_id: config.workspace,
        customer_id: tool.site.id,
        ...(who ? { name: who } : {}),
        ...(integration ? { integration_id: integration } : {}),
        state: session,
        // No `iat`: a clock that is a second ahead would refuse it.
        exp: Math.floor(expiresAt / 1000),
      };
      await store.grants.put({ id: session, kind: 'connect', data: { user: member.user, team: member.team, tool: tool.id, site: tool.site.id, ...(integration ? { renew: integration } : {}) }, expiresAt: expiresAt + SIGN_IN + LONGEST_IMPORT });
      return {
        session,
        connector,
        secret: signJwt(claims, config.key),
        expiresAt: new Date(expiresAt).toISOString(),
        munity: { api: config.api, sse: config.sse, connect: config.connectUrl, events: config.eventsUrl },
      };
    },

    async look(member, session) {
      const grant = await store.grants.get(session, 'connect', now());
      if (grant?.data['user'] !== member.user || grant.data['team'] !== member.team) throw new TandemError('not_found', 'There is no such sign-in, or it is over. Start it again.');
      return answer(grant);
    },

    finish: (key, told, { cause }) => inTurn(printKey(key), () => heed(key, told, cause)),
  };
}
