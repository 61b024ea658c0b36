import type { Exchange } from '../../sim/traffic.ts';
import { follow, isJson, schemaChecker, type Check, type Json } from './schema.ts';

/** What the validator needs of a line of a traffic file. */
export type Recorded = Omit<Exchange, 'at'>;

/** What is wrong with one exchange, and which operation it was. */
export interface Verdict {
  readonly operation: string | undefined;
  readonly findings: readonly string[];
}

/** How a vendor's document is to be taken. */
export interface Rules {
  /** the document's answer types are generated and not exact */
  readonly generated: boolean;
  /** error statuses that may come anywhere without being listed */
  readonly errorsAnywhere: readonly number[];
  /** fields of request bodies that are newer than the document */
  readonly newer: readonly string[];
  /** paths that the document leaves out */
  readonly outside?: RegExp;
  /** errors with which we may answer what the service calls, beyond those that it lists */
  readonly ownErrors?: readonly number[];
  /** what all paths begin with, and the document's do not */
  readonly base?: string;
}

/** Miro's document is exact; GitLab's needs its rules, names its error codes nowhere, and leaves OAuth out. */
export const RULES: Readonly<Record<string, Rules>> = {
  miro: { generated: false, errorsAnywhere: [], newer: [] },
  gitlab: { generated: true, errorsAnywhere: [400, 401, 403, 404, 422, 429], newer: ['signing_token'], outside: /^\/oauth\/(token|revoke)$/ },
  productboard: { generated: false, errorsAnywhere: [], newer: [], base: '/v2', ownErrors: [404, 410, 413, 503] },
};

/** Validates exchanges against one OpenAPI 3.0 document. */
export function trafficValidator(document: Json, rules: Rules): { readonly validate: (exchange: Recorded) => Verdict; readonly operations: readonly string[] } {
  const check = schemaChecker(document);
  const table = operations(document);
  return {
    operations: table.map(({ id }) => id),
    validate(recorded) {
      const exchange = rules.base && recorded.path.startsWith(`${rules.base}/`) ? { ...recorded, path: recorded.path.slice(rules.base.length) } : recorded;
      const found = table.find(({ method, pattern, callback }) => method === exchange.method && callback === exchange.callback && pattern.test(exchange.path));
      if (!found && rules.outside?.test(exchange.path)) return { operation: undefined, findings: [] };
      if (!found) return { operation: undefined, findings: [`unknown operation ${exchange.method} ${exchange.path}`] };
      const { operation, id } = found;
      const findings = [
        ...checkParameters(document, operation, found.names, found.pattern, exchange, check),
        ...checkBody(document, operation, exchange, rules, check),
        ...(exchange.fault ? [] : checkAnswer(document, operation, exchange, rules, check)),
      ];
      return { operation: id, findings: findings.map((finding) => `${id}: ${finding}`) };
    },
  };
}

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  /** of the service's own calls, whatever their address */
  readonly callback?: string;
  readonly operation: Json;
}

function operations(document: Json): Operation[] {
  const paths = isJson(document['paths']) ? document['paths'] : {};
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(isJson(methods) ? methods : {}).flatMap(([method, operation]) => {
      if (!isJson(operation) || !['get', 'put', 'post', 'patch', 'delete'].includes(method)) return [];
      const names = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? '');
      const source = path.split(/\{[^}]+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('([^/]+)');
      const own = { id: idOf(operation, `${method} ${path}`), method: method.toUpperCase(), pattern: new RegExp(`^${source}$`), names, operation };
      return [own, ...callbacks(operation['callbacks'])];
    }),
  );
  return all.toSorted((a, b) => a.names.length - b.names.length);
}

/** What the service calls because of an operation: `{name: {address: {method: operation}}}`. */
function callbacks(declared: unknown): Operation[] {
  return entries(declared).flatMap(([callback, addresses]) =>
    entries(addresses).flatMap(([, methods]) => entries(methods).flatMap(([method, operation]) => (isJson(operation) ? [{ id: idOf(operation, `${callback} ${method}`), method: method.toUpperCase(), pattern: /^/, names: [], callback, operation }] : []))),
  );
}

function entries(value: unknown): [string, unknown][] {
  return isJson(value) ? Object.entries(value) : [];
}

function idOf(operation: Json, otherwise: string): string {
  const given = operation['operationId'];
  return typeof given === 'string' ? given : otherwise;
}

function checkParameters(document: Json, operation: Json, names: readonly string[], pattern: RegExp, exchange: Recorded, check: Check): string[] {
  const declared = list(operation['parameters']).map((parameter) => follow(document, parameter));
  const inQuery = declared.filter((parameter) => parameter['in'] === 'query');
  const findings: string[] = [];
  for (const [name, value] of Object.entries(exchange.query)) {
    const parameter = inQuery.find((one) => one['name'] === name || `${String(one['name'])}[]` === name);
    if (!parameter) findings.push(`unknown query parameter ${name}`);
    else findings.push(...[value].flat().flatMap((one) => checkText(itemOf(parameter['schema']), one, check)).map((fault) => `query parameter ${name}: ${fault}`));
  }
  for (const parameter of inQuery) {
    if (parameter['required'] === true && exchange.query[String(parameter['name'])] === undefined) findings.push(`query parameter ${String(parameter['name'])} is missing`);
  }
  const values = pattern.exec(exchange.path)?.slice(1) ?? [];
  for (const [i, name] of names.entries()) {
    const parameter = declared.find((one) => one['in'] === 'path' && one['name'] === name);
    const faults = parameter ? checkText(parameter['schema'], decodeURIComponent(values[i] ?? ''), check) : ['is not declared'];
    findings.push(...faults.map((fault) => `path parameter ${name}: ${fault}`));
  }
  return findings;
}

/** A list in a query is its name repeated: each value is one item. */
function itemOf(schema: unknown): unknown {
  return isJson(schema) && schema['type'] === 'array' ? schema['items'] : schema;
}

/** A text of a URL against a schema: as the text, or as the number or truth value that it spells. */
function checkText(schema: unknown, text: string, check: Check): string[] {
  const readings: unknown[] = [text];
  if (/^-?\d+(?:\.\d+)?$/.test(text)) readings.push(Number(text));
  if (text === 'true' || text === 'false') readings.push(text === 'true');
  const faults = readings.map((reading) => check(schema ?? {}, reading, { closed: true, generated: false }));
  if (!faults.some((one) => one.length === 0)) return faults[0] ?? [];
  const [least, most] = isJson(schema) ? [schema['minimum'], schema['maximum']] : [];
  const outside = (typeof least === 'number' && Number(text) < least) || (typeof most === 'number' && Number(text) > most);
  return outside ? [`must be from ${String(least)} to ${String(most)}`] : [];
}

function checkBody(document: Json, operation: Json, exchange: Recorded, rules: Rules, check: Check): string[] {
  const declared = follow(document, operation['requestBody']);
  const content = isJson(declared['content']) ? declared['content'] : undefined;
  if (exchange.body === undefined) return declared['required'] === true ? ['the request has no body'] : [];
  if (!content) return ['a request body where none is declared'];
  const type = (exchange.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const media = content[type];
  if (!isJson(media)) return [`content type ${type || 'missing'} is not declared`];
  const body = isJson(exchange.body) ? Object.fromEntries(Object.entries(exchange.body).filter(([name]) => !rules.newer.includes(name))) : exchange.body;
  return check(media['schema'] ?? {}, body, { closed: true, generated: false }).map((fault) => `request body ${fault}`);
}

function checkAnswer(document: Json, operation: Json, exchange: Recorded, rules: Rules, check: Check): string[] {
  const responses = isJson(operation['responses']) ? operation['responses'] : {};
  // Any 2xx will do for whoever calls us, and our refusals are in our own words.
  const ours = exchange.callback !== undefined;
  if (ours && exchange.status >= 400) return responses[String(exchange.status)] || rules.ownErrors?.includes(exchange.status) ? [] : [`answer ${exchange.status} is not documented`];
  const status = ours && exchange.status < 300 ? 200 : exchange.status;
  const listed = responses[String(status)] ?? responses[`${Math.floor(status / 100)}XX`] ?? responses['default'];
  if (listed === undefined) return rules.errorsAnywhere.includes(status) ? [] : [`answer ${status} is not documented`];
  const content = follow(document, listed)['content'];
  const media = isJson(content) ? (content['application/json'] ?? content['text/plain']) : undefined;
  if (!isJson(media) || status === 204) return [];
  if (exchange.answer === undefined) return [`answer ${status} has no body`];
  const strictness = { closed: !rules.generated, generated: rules.generated };
  const schema = operation['x-list'] === true && status < 300 ? { type: 'array', items: media['schema'] } : media['schema'];
  return check(schema ?? {}, exchange.answer, strictness).map((fault) => `answer ${status} ${fault}`);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
