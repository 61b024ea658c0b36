/** A key without the groups before its project: `roadmap#7` for `org/team/roadmap#7`. */
export function shortKey(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** A short key in two parts: a project, which may be cut off, and a number, which may not. */
export function keyParts(key: string): readonly [project: string, number: string] {
  const short = shortKey(key);
  const at = short.lastIndexOf('#');
  return at < 0 ? ['', short] : [short.slice(0, at), short.slice(at)];
}
