import { z } from 'zod';
import { parseJson } from '../../http.ts';
import { sameText } from '../../crypto.ts';
import type { SharedHint, SharedHooks, SharedParsed } from '../../ports.ts';
import type { MunityConfig } from '../../munity-config.ts';
import { whole } from '../record.ts';
import { Id, issueIn } from './api.ts';
import { memberOf } from './customer.ts';
import { jsonOf } from './python.ts';

/** Ids are kept in keys. */
const Told = Id.pipe(z.string().max(200)).nullish();

/** The envelope, as far as it is documented (doc.munityapps.com, "Webhooks"); whatever else is in it is left alone. */
const Envelope = z.object({
  workspace_id: z.string().nullish(),
  customer_id: z.string(),
  event: z.string(),
  state: z.string().nullish(),
  payload: z
    .looseObject({ id: Told, connector_type: z.string().nullish(), resource_id: Told, type: z.string().nullish(), state: z.string().nullish(), metadata: z.unknown().optional() })
    .nullish(),
});

/** Munity's one webhook of a workspace: nothing signs it, so its address is the proof. Nobody says that it comes once, in order, or at all. */
export function munityHooks(config: MunityConfig): SharedHooks {
  return {
    maxBytes: 1024 * 1024,
    proves: (token) => sameText(token, config.webhookToken),
    parse(raw): SharedParsed {
      const ignored = (event: string, why: string): SharedParsed => ({ event, hints: [], ignored: why });
      const read = Envelope.safeParse(lenient(raw.toString('utf8')));
      if (!read.success) return ignored('unknown', 'The body is no event of Munity.');
      const { workspace_id, customer_id, event, state, payload } = read.data;
      if (workspace_id && workspace_id !== config.workspace) return ignored(event, 'It is about another workspace.');
      if (event === 'webhook_test') return ignored(event, 'A test: it arrived.');
      const member = memberOf(customer_id);
      if (!member) return ignored(event, 'It is about a customer that is not ours.');
      const [integration, alias, session] = [payload?.id ?? undefined, payload?.resource_id ?? undefined, state || payload?.state || undefined];
      const who = whoIn(payload?.metadata);
      const whose = { member, site: customer_id };
      const alive: SharedHint[] = integration ? [{ kind: 'alive', integration }] : [];
      const connected = (imported: boolean): SharedParsed =>
        session
          ? { ...whose, event, hints: [{ kind: 'connected', session, imported, ...(integration ? { integration } : {}), ...(who ? { who } : {}) }, ...(imported ? alive : [])] }
          : { ...whose, event, hints: imported ? [{ kind: 'place' }, ...alive] : [], ignored: 'It names no sign-in of ours.' };
      switch (event) {
        case 'integration_installed':
          return connected(false);
        case 'integration_import_done':
          return connected(true);
        case 'integration_cannot_refresh_oauth_token':
        case 'integration_oauth_token_fixed':
          return integration ? { ...whose, event, hints: [{ kind: 'account', integration, state: event === 'integration_oauth_token_fixed' ? 'active' : 'expired', ...(session ? { session } : {}) }] } : ignored(event, 'It names no integration.');
        case 'integration_new_data_model':
        case 'integration_updated_data_model':
        case 'integration_deleted_data_model': {
          if (payload?.type && !/issue$|issues$|ticket|task/i.test(payload.type)) return ignored(event, `It is about a ${payload.type.slice(0, 40)}.`);
          const issue = issueIn(payload?.['data']);
          if (issue?.source) return { ...whose, event, hints: [{ kind: 'changed', ref: { tool: `munity:${issue.source}`, site: customer_id, place: issue.source, id: issue.external_id } }, ...alive] };
          return { ...whose, event, hints: [alias ? { kind: 'alias', alias } : { kind: 'place' }, ...alive] };
        }
        default:
          return ignored(event.slice(0, 80), 'An event that we do not know.');
      }
    },
  };
}

const Fields = z.record(z.string(), z.unknown());

/** Who granted access, out of what the tool told Munity: nobody says what that looks like, so usual names are tried. */
function whoIn(metadata: unknown): string | undefined {
  const told = Fields.safeParse(metadata).data ?? {};
  const inside = [told['user'], told['account'], told].map((one) => Fields.safeParse(one).data ?? {});
  const names = inside.flatMap((one) => ['display_name', 'displayName', 'full_name', 'name', 'email'].map((field) => one[field]));
  const found = names.find((name): name is string => typeof name === 'string' && name.trim() !== '');
  return found && whole(found.trim().slice(0, 100));
}

/** JSON; or the dictionaries that its documents print, in Python's own way. */
function lenient(body: string): unknown {
  return parseJson(body) ?? parseJson(jsonOf(body));
}
