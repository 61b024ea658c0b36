/** A key without the groups before its project: `roadmap#7` for `org/team/roadmap#7`. */
export function shortKey(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
