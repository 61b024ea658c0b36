import type { MunityIssue, Pages, Place } from './api.ts';

/** What looking for a ticket came to; `whole`: all of them were looked through, so that one that was not found is not there. */
export interface Finding {
  readonly found?: MunityIssue | undefined;
  readonly whole: boolean;
}

interface Pass {
  readonly wanted: Set<string>;
  readonly rows: Promise<ReadonlyMap<string, Finding>>;
}

/**
 * Looks for tickets by the tools' own ids. Munity documents no way to ask for one, so all are gone through: once for everybody who asked before that began, since what was listed before a question is no answer to it.
 */
export function openFinder(all: (place: Place) => Pages<MunityIssue>): (place: Place, externalId: string) => Promise<Finding> {
  let next: Pass | undefined;
  let running: Promise<unknown> = Promise.resolve();

  const run = async (place: Place, wanted: ReadonlySet<string>): Promise<ReadonlyMap<string, Finding>> => {
    const findings = new Map<string, Finding>();
    const pages = all(place);
    for (let at = await pages.next(); ; at = await pages.next()) {
      if (at.done) {
        for (const id of wanted) if (!findings.has(id)) findings.set(id, { whole: at.value });
        return findings;
      }
      for (const found of at.value) if (wanted.has(found.external_id)) findings.set(found.external_id, { found, whole: true });
      if (findings.size === wanted.size) return findings;
    }
  };

  const begin = (place: Place): Pass => {
    const wanted = new Set<string>();
    const rows = running.then(() => {
      next = undefined;
      return run(place, wanted);
    });
    running = rows.catch(() => undefined);
    return { wanted, rows };
  };

  return async (place, externalId) => {
    next ??= begin(place);
    next.wanted.add(externalId);
    return (await next.rows).get(externalId) ?? { whole: false };
  };
}
