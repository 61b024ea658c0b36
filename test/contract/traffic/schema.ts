import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

/** A JSON object out of a contract or a traffic file. */
export type Json = Readonly<Record<string, unknown>>;

/** Whether the value is a JSON object. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How strictly a schema is taken. */
export interface Strictness {
  /** an unknown field of an object that lists its fields is an error */
  readonly closed: boolean;
  /** GitLab's generated types: untyped ones are ignored, every property may be null, an array of a referenced type is right too */
  readonly generated: boolean;
}

/** Checks a value and answers what is wrong with it, one line per fault. */
export type Check = (schema: unknown, value: unknown, strictness: Strictness) => string[];

/** A checker for the schemas of one OpenAPI 3.0 document; its `$ref`s are resolved against it. */
export function schemaChecker(document: Json): Check {
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  const compiled = new Map<string, ValidateFunction>();
  return (schema, value, strictness) => {
    const key = `${strictness.closed ? 'c' : ''}${strictness.generated ? 'g' : ''} ${JSON.stringify(schema)}`;
    let validate = compiled.get(key);
    if (!validate) {
      const components = isJson(document['components']) ? document['components'] : {};
      validate = ajv.compile({ ...object(adapt(merged(document, schema), strictness)), components: { schemas: adaptAll(merged(document, components['schemas']), strictness) } });
      compiled.set(key, validate);
    }
    return validate(value) ? [] : explain(validate.errors ?? []);
  };
}

/** The document's `$ref`, followed. */
export function follow(document: Json, value: unknown): Json {
  if (!isJson(value)) return {};
  const ref = value['$ref'];
  if (typeof ref !== 'string') return value;
  const target = ref.slice(2).split('/').reduce<unknown>((at, part) => (isJson(at) ? at[part] : undefined), document);
  return follow(document, target);
}

/** With every `allOf` of objects as the one object that it means, so that unknown fields can be told. */
function merged(document: Json, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => merged(document, one));
  if (!isJson(value)) return value;
  const { allOf, ...rest } = value;
  const own = Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, merged(document, one)]));
  if (!Array.isArray(allOf)) return own;
  const parts = allOf.map((part) => object(merged(document, follow(document, part))));
  if (!parts.every((part) => part['type'] === 'object')) return { ...own, allOf: parts };
  const required = parts.flatMap((part) => (Array.isArray(part['required']) ? (part['required'] as unknown[]) : []));
  return { ...own, type: 'object', ...(required.length > 0 ? { required } : {}), properties: Object.assign({}, ...parts.map((part) => object(part['properties']))) as Json };
}

function object(value: unknown): Json {
  return isJson(value) ? value : {};
}

function adaptAll(schemas: unknown, strictness: Strictness): Json {
  return Object.fromEntries(Object.entries(object(schemas)).map(([name, schema]) => [name, adapt(schema, strictness)]));
}

/** OpenAPI 3.0 in JSON Schema's words, under the given strictness. */
function adapt(schema: unknown, strictness: Strictness): unknown {
  if (Array.isArray(schema)) return schema.map((one) => adapt(one, strictness));
  if (!isJson(schema)) return schema;
  if (strictness.generated && (schema['x-untyped'] === true || schema['x-type-conflict'] === true)) return {};
  const properties = schema['properties'];
  const adapted: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'default' || key === 'example' || key.startsWith('x-')) continue;
    adapted[key] = key === 'properties' || key === 'enum' || key === 'required' ? value : adapt(value, strictness);
  }
  if (isJson(properties)) {
    adapted['properties'] = Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, adaptProperty(property, strictness)]));
    if (strictness.closed && adapted['additionalProperties'] === undefined) adapted['additionalProperties'] = false;
  }
  return adapted;
}

function adaptProperty(property: unknown, strictness: Strictness): unknown {
  const adapted = adapt(property, strictness);
  if (!strictness.generated) return adapted;
  const referenced = isJson(property) && typeof property['$ref'] === 'string';
  return { anyOf: [{ type: 'null' }, adapted, ...(referenced ? [{ type: 'array', items: adapted }] : [])] };
}

function explain(errors: readonly ErrorObject[]): string[] {
  const causes = errors.filter(({ keyword, params }) => keyword !== 'anyOf' && keyword !== 'oneOf' && !(keyword === 'type' && params['type'] === 'null'));
  const lines = (causes.length > 0 ? causes : errors).map(({ keyword, message, params, instancePath }) => {
    const extra: unknown = params['additionalProperty'];
    const at = instancePath.replace(/\/\d+(?=\/|$)/g, '[]') || 'the whole';
    return typeof extra === 'string' ? `${at}: unknown field ${extra}` : `${at}: ${message ?? keyword}`;
  });
  return [...new Set(lines)];
}
