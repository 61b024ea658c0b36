import { describe, expect, test } from 'vitest';
import { withoutSecrets } from '../sim/traffic.ts';
import type { Json } from '../contract/traffic/schema.ts';
import { RULES, trafficValidator, type Recorded, type Rules } from '../contract/traffic/validate.ts';

const exact: Rules = { generated: false, errorsAnywhere: [], newer: [] };
const generated: Rules = { generated: true, errorsAnywhere: [401, 404], newer: ['signing_token'] };

const document: Json = {
  openapi: '3.0.1',
  paths: {
    '/things/{id}': {
      get: {
        operationId: 'get-thing',
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'integer' } },
          { name: 'limit', in: 'query', schema: { type: 'string', minimum: 10, maximum: 50 } },
          { name: 'open', in: 'query', schema: { type: 'boolean' } },
        ],
        responses: { '200': { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } }, '404': { $ref: '#/components/responses/Gone' }, '5XX': { description: 'trouble' } },
      },
      put: {
        operationId: 'put-thing',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
        requestBody: { required: true, content: { 'application/json': { schema: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } } } } } },
        responses: { '204': { description: 'done' } },
      },
    },
    '/watches': {
      post: {
        operationId: 'post-watch',
        responses: { '201': { description: 'made' } },
        callbacks: {
          changed: {
            '{$request.body#/url}': {
              get: { operationId: 'probe', parameters: [{ name: 'token', in: 'query', required: true, schema: { type: 'string' } }], responses: { '200': { content: { 'text/plain': { schema: { type: 'string' } } } } } },
              post: { operationId: 'notice', requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } }, responses: { '200': { content: { 'application/json': { schema: { $ref: '#/components/schemas/Person' } } } }, '400': { description: 'no' } } },
            },
          },
        },
      },
    },
    '/things': { get: { operationId: 'list-things', 'x-list': true, responses: { '200': { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } } } } },
  },
  components: {
    schemas: {
      Thing: { type: 'object', required: ['id'], properties: { id: { type: 'integer' }, name: { type: 'string' }, owner: { $ref: '#/components/schemas/Person' }, count: { type: 'string', 'x-untyped': true }, note: { type: 'string', nullable: true } } },
      Person: { type: 'object', properties: { name: { type: 'string' } } },
    },
    responses: { Gone: { content: { 'application/json': { schema: { type: 'object', properties: { message: { type: 'string' } } } } } } },
  },
};

function judge(exchange: Partial<Recorded>, rules: Rules = exact): readonly string[] {
  return trafficValidator(document, rules).validate({ method: 'GET', path: '/things/7', query: {}, headers: { 'content-type': 'application/json; charset=utf-8' }, status: 200, ...exchange }).findings;
}

describe('an exact contract', () => {
  test('accepts what it describes', () => {
    expect(judge({ query: { limit: '10', open: 'true' }, answer: { id: 7, name: 'x', note: null, owner: { name: 'y' } } })).toEqual([]);
    expect(judge({ method: 'PUT', body: { name: 'x', tags: ['a'] }, status: 204 })).toEqual([]);
    expect(judge({ status: 404, answer: { message: 'gone' } })).toEqual([]);
    expect(judge({ status: 503 })).toEqual([]);
  });

  test('refuses an unknown path or method', () => {
    expect(judge({ path: '/other' })).toEqual(['unknown operation GET /other']);
    expect(judge({ method: 'DELETE' })).toEqual(['unknown operation DELETE /things/7']);
  });

  test('refuses unknown, wrong and out-of-range parameters', () => {
    expect(judge({ query: { page: '1' }, answer: { id: 7 } })).toEqual(['get-thing: unknown query parameter page']);
    expect(judge({ query: { open: 'maybe' }, answer: { id: 7 } })).toEqual(['get-thing: query parameter open: the whole: must be boolean']);
    expect(judge({ query: { limit: '51' }, answer: { id: 7 } })).toEqual(['get-thing: query parameter limit: must be from 10 to 50']);
    expect(judge({ path: '/things/seven', answer: { id: 7 } })).toEqual(['get-thing: path parameter id: the whole: must be integer']);
  });

  test('refuses request bodies with an unknown, wrong or missing field, of another type, or none', () => {
    const put = { method: 'PUT', status: 204 };
    expect(judge({ ...put, body: { name: 'x', colour: 'red' } })).toEqual(['put-thing: request body the whole: unknown field colour']);
    expect(judge({ ...put, body: { name: 'x', tags: 'a,b' } })).toEqual(['put-thing: request body /tags: must be array']);
    expect(judge({ ...put, body: {} })).toEqual(["put-thing: request body the whole: must have required property 'name'"]);
    expect(judge({ ...put, headers: { 'content-type': 'text/plain' }, body: 'x' })).toEqual(['put-thing: content type text/plain is not declared']);
    expect(judge(put)).toEqual(['put-thing: the request has no body']);
    expect(judge({ body: { any: 1 }, answer: { id: 7 } })).toEqual(['get-thing: a request body where none is declared']);
  });

  test('refuses answers that are undocumented, wrong, inventive or empty', () => {
    expect(judge({ status: 418, answer: {} })).toEqual(['get-thing: answer 418 is not documented']);
    expect(judge({ answer: { id: '7' } })).toEqual(['get-thing: answer 200 /id: must be integer']);
    expect(judge({ answer: { id: 7, made: 'up' } })).toEqual(['get-thing: answer 200 the whole: unknown field made']);
    expect(judge({ answer: { id: 7, name: null } })).toEqual(['get-thing: answer 200 /name: must be string']);
    expect(judge({})).toEqual(['get-thing: answer 200 has no body']);
  });

  test('holds what the service calls, and our answers, against its callbacks', () => {
    const call = { callback: 'changed', path: '/hooks/1', method: 'POST', body: { id: 1 } };
    expect(judge({ ...call, answer: { name: 'x' } })).toEqual([]);
    expect(judge({ ...call, method: 'GET', body: undefined, query: { token: 't' }, answer: 't' })).toEqual([]);
    expect(judge({ ...call, status: 202, answer: { name: 'x' } }), 'any 2xx will do').toEqual([]);
    expect(judge({ ...call, answer: { name: 7, more: 1 } })).toEqual(['notice: answer 200 the whole: unknown field more', 'notice: answer 200 /name: must be string']);
    expect(judge({ ...call, body: {}, answer: {} })).toEqual(["notice: request body the whole: must have required property 'id'"]);
    expect(judge({ ...call, status: 400, answer: { error: 'in our words' } })).toEqual([]);
    expect([judge({ ...call, status: 410, answer: {} }), judge({ ...call, status: 410, answer: {} }, { ...exact, ownErrors: [410] })]).toEqual([['notice: answer 410 is not documented'], []]);
    expect(judge({ ...call, callback: 'other' })).toEqual(['unknown operation POST /hooks/1']);
  });

  test('exempts the answer of a fault switch, but not its request', () => {
    expect(judge({ status: 418, answer: 'x', fault: true })).toEqual([]);
    expect(judge({ status: 418, fault: true, query: { page: '1' } })).toEqual(['get-thing: unknown query parameter page']);
  });
});

describe('a generated contract', () => {
  test('ignores untyped types, lets every property be null, and a reference be a list', () => {
    expect(judge({ answer: { id: null, count: 3, name: null, owner: [{ name: 'y' }] } }, generated)).toEqual([]);
  });

  test('still refuses the wrong type of a typed property', () => {
    expect(judge({ answer: { id: 7, name: ['x'] } }, generated)).toEqual(['get-thing: answer 200 /name: must be string']);
    expect(judge({ answer: { id: 7, owner: 'y' } }, generated)).not.toEqual([]);
  });

  test('takes a list operation as an array of the schema', () => {
    expect(judge({ path: '/things', answer: [{ id: 1 }] }, generated)).toEqual([]);
    expect(judge({ path: '/things', answer: { id: 1 } }, generated)).toEqual(['list-things: answer 200 the whole: must be array']);
  });

  test('lets its error codes and newer fields come, and no others', () => {
    expect(judge({ status: 401, answer: { message: 'no' } }, generated)).toEqual([]);
    expect(judge({ status: 400, answer: { message: 'no' } }, generated)).toEqual(['get-thing: answer 400 is not documented']);
    expect(judge({ method: 'PUT', status: 204, body: { name: 'x', signing_token: '***' } }, generated)).toEqual([]);
    expect(judge({ method: 'PUT', status: 204, body: { name: 'x', signing_token: '***' } })).toEqual(['put-thing: request body the whole: unknown field signing_token']);
  });

  test('is how GitLab is taken, and Miro is not', () => {
    expect(RULES['gitlab']).toEqual({ generated: true, errorsAnywhere: [400, 401, 403, 404, 422, 429], newer: ['signing_token'], outside: /^\/oauth\/(token|revoke)$/ });
    expect(RULES['miro']?.generated).toBe(false);
  });
});

describe('a recorded exchange', () => {
  test('holds no secrets and stands for our public address', () => {
    const kept = withoutSecrets({
      at: '2026-11-23T09:00:00.000Z',
      method: 'POST',
      path: '/x',
      query: { access_token: 'secret-1', page: '2' },
      headers: { authorization: 'Bearer secret-2', 'private-token': 'secret-3', cookie: 'secret-4', 'content-type': 'application/json' },
      body: { url: 'http://localhost:3000/hooks/gitlab/w1', redirect_uri: 'http://127.0.0.1:9/auth', token: 'secret-5', code: 'secret-6', nested: [{ client_secret: 'secret-7' }] },
      status: 400,
      answer: { code: 'invalidParameters', access_token: 'secret-8', web_url: 'http://127.0.0.1:1/a' },
    });
    expect(JSON.stringify(kept)).not.toContain('secret-');
    expect(kept.body).toEqual({ url: 'https://tandem.example/hooks/gitlab/w1', redirect_uri: 'https://tandem.example/auth', token: '***', code: '***', nested: [{ client_secret: '***' }] });
    expect(kept.answer).toEqual({ code: 'invalidParameters', access_token: '***', web_url: 'http://127.0.0.1:1/a' });
    expect(kept.query).toEqual({ access_token: '***', page: '2' });
  });
});
