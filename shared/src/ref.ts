/** Address of one item: which tool, which of its sites, the place there, the item's id in that place. */
export interface Ref {
  /** `gitlab`, `gitea`, `productboard`, `munity:<connector>` */
  readonly tool: string;
  /** web address of the instance without `https://`: `gitlab.com`, `git.example.org/gitea`; another scheme stays: `http://127.0.0.1:3000` */
  readonly site: string;
  /** project, repository or space, as the tool's API addresses it: `42`, `ana/roadmap` */
  readonly place: string;
  /** the item's id within its place, as people and the API use it: `7` */
  readonly id: string;
}

/** The ref as one string, each part percent-encoded: `gitlab:gitlab.com/42/7`. Stable: it is a key in the store. */
export function printRef(ref: Ref): string {
  const [tool, site, place, id] = [ref.tool, ref.site, ref.place, ref.id].map(encodeURIComponent) as [string, string, string, string];
  return `${tool}:${site}/${place}/${id}`;
}

/** The inverse of {@link printRef}; `undefined` for anything that it cannot have printed. */
export function parseRef(text: string): Ref | undefined {
  const match = /^([^:/]+):([^:/]+)\/([^:/]+)\/([^:/]+)$/.exec(text);
  if (!match) return undefined;
  try {
    const [tool, site, place, id] = match.slice(1).map(decodeURIComponent) as [string, string, string, string];
    const ref = { tool, site, place, id };
    return printRef(ref) === text ? ref : undefined;
  } catch {
    return undefined;
  }
}

/** Whether two refs name the same item. */
export function sameRef(a: Ref, b: Ref): boolean {
  return a.tool === b.tool && a.site === b.site && a.place === b.place && a.id === b.id;
}
