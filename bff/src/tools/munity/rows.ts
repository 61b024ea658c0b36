import { TandemError, UpstreamError } from '../../errors.ts';
import * as api from './api.ts';
import { openFinder } from './finder.ts';

/** The tickets of one connector, as one connection of it brought them. */
export interface Rows {
  /** All, page by page, each once; ends with whether those were all. */
  all(place: api.Place): api.Pages<api.MunityIssue>;
  /** Those of a page that are to be shown. */
  of(place: api.Place, page: readonly api.MunityIssue[]): Promise<readonly api.MunityIssue[]>;
  /** One by the tool's own id; `undefined` where it is in none of all pages. */
  find(place: api.Place, externalId: string): Promise<api.MunityIssue | undefined>;
  /** Whether Munity lists anything of the connection at all, be it a project without tickets. */
  any(place: api.Place): Promise<boolean>;
  /** When Munity last brought the connection's rows: every sync stamps all of them, whatever changed. */
  syncedAt(place: api.Place): Promise<number | undefined>;
}

const REMEMBERED = 10_000;
/** So long nobody looks again whether a connection whose rows are not there yet has some. */
const FRESH = 60_000;

/**
 * Munity keeps what an earlier connection of the same tool brought, and never renews it: rows of another connection only count for as long as the account's own has none.
 * Whether its API names the connection is not documented, only that its tables do: a row without one is taken for the account's own.
 */
export function openRows(connector: string, name: string, now: () => number): Rows {
  const aliases = new Map<string, string>();
  const own = new Map<string, { readonly there: boolean; readonly until: number }>();
  /** Munity has no addresses for single tickets. */
  let unaddressed = false;

  const ours = ({ source }: { source?: string | null | undefined }): boolean => !source || source === connector;
  const isOwn = ({ access }: api.Place, { integration_id }: { integration_id?: string | null | undefined }): boolean => !integration_id || access.connection === undefined || integration_id === access.connection;

  const hasIssue = async (place: api.Place): Promise<boolean> => {
    for await (const page of listed(place)) if (page.some((row) => ours(row) && isOwn(place, row))) return true;
    return false;
  };
  const ownThere = async (place: api.Place): Promise<boolean> => {
    const key = place.access.connection ?? '';
    const known = own.get(key);
    if (known && (known.there || known.until > now())) return known.there;
    const there = await hasIssue(place);
    own.set(key, { there, until: now() + FRESH });
    return there;
  };

  const of: Rows['of'] = async (place, page) => {
    const mine = page.filter(ours);
    const foreign = mine.some((row) => !isOwn(place, row));
    const shown = foreign && (await ownThere(place)) ? mine.filter((row) => isOwn(place, row)) : mine;
    if (aliases.size > REMEMBERED) aliases.clear();
    for (const { external_id, id } of shown) aliases.set(external_id, id);
    return shown;
  };

  async function* all(place: api.Place): api.Pages<api.MunityIssue> {
    const seen = new Set<string>();
    const pages = listed(place);
    for (let at = await pages.next(); ; at = await pages.next()) {
      if (at.done) return at.value;
      const fresh: api.MunityIssue[] = [];
      for (const row of await of(place, at.value)) {
        if (!seen.has(row.external_id)) fresh.push(row);
        seen.add(row.external_id);
      }
      yield fresh;
    }
  }
  const finder = openFinder(all);

  /** All issues of the customer. Where even the one address that Munity documents is not there, the customer is not. */
  async function* listed(place: api.Place): api.Pages<api.MunityIssue> {
    try {
      return yield* api.issues(place);
    } catch (error) {
      if (!isNotThere(error)) throw error;
      await api.projects(place).catch((cause: unknown) => {
        if (!isNotThere(cause)) throw cause;
        throw new TandemError('account_expired', `Munity does not have this connection to ${name} any more. Connect it again.`, { cause });
      });
      throw new UpstreamError('munity', 502, { message: `Munity has no ${place.paths.issues}. Whoever runs Tandem can correct MUNITY_PATHS.`, cause: error });
    }
  }

  return {
    all,
    of,
    async find(place, externalId) {
      const alias = unaddressed ? undefined : aliases.get(externalId);
      const row = alias === undefined ? undefined : await api.issue(place, alias);
      if (row?.external_id === externalId && (await of(place, [row])).length > 0) return row;
      const { found, whole } = await finder(place, externalId);
      // It was asked for by that very id.
      unaddressed ||= row === undefined && alias !== undefined && found?.id === alias;
      if (!found && !whole) throw new UpstreamError('munity', 502, { message: `Munity lists more tickets than Tandem follows, so whether this one is still there cannot be told.` });
      return found;
    },
    async syncedAt(place) {
      for await (const page of listed(place)) {
        const stamps = page.filter((row) => ours(row) && isOwn(place, row)).flatMap(({ sync_timestamp }) => Date.parse(sync_timestamp ?? '') || []);
        if (stamps.length > 0) return Math.max(...stamps);
      }
      return undefined;
    },
    async any(place) {
      if (await hasIssue(place)) return true;
      return (await api.projects(place)).some((project) => ours(project) && isOwn(place, project));
    },
  };
}

function isNotThere(error: unknown): boolean {
  return error instanceof UpstreamError && error.upstreamStatus === 404;
}
