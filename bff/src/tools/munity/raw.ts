/** What a path such as `fields.status.name` or `column_values[id=due].text` leads to in a tool's own record; `undefined` where it leads nowhere. */
export function at(record: unknown, path: string): unknown {
  let here: unknown = record;
  for (const [, name, key, value] of path.matchAll(/([^.[\]]+)|\[([^=\]]+)=([^\]]*)\]/g)) {
    if (key !== undefined) here = Array.isArray(here) ? here.find((one) => String(own(one, key)) === value) : undefined;
    else if (name !== undefined) here = own(here, name);
  }
  return here;
}

/** The same as text, where there is any. */
export function textAt(record: unknown, path: string | undefined): string | undefined {
  const found = path === undefined ? undefined : at(record, path);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
}

function own(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
