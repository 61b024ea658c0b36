import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { verifyIdToken } from '@tandem/bff/jwt';

const APP = { clientId: '345', clientSecret: 'the-client-secret' };
const NOW = Date.parse('2026-11-23T09:00:00Z');
const CLAIMS = { iss: 'Miro', sub: '345', user: '3074457345678901234', team: '3074457345678905678', iat: NOW / 1000, exp: NOW / 1000 + 300 };

function token(claims: object, header: object = { alg: 'HS256', typ: 'JWT' }, secret = APP.clientSecret): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

describe('a Miro ID token', () => {
  test('says who is calling, with ids as they are', () => {
    expect(verifyIdToken(token(CLAIMS), APP, NOW)).toEqual({ user: CLAIMS.user, team: CLAIMS.team });
  });

  const unsigned = [{ alg: 'none' }, CLAIMS].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rsaText = [{ alg: 'RS256' }, CLAIMS].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  test.each([
    ['another secret', token(CLAIMS, undefined, 'another')],
    ['no signature', `${unsigned}.`],
    ['no algorithm', token(CLAIMS, { alg: 'none' })],
    ['another HMAC', token(CLAIMS, { alg: 'HS512' })],
    ['a public key', `${rsaText}.${sign('sha256', Buffer.from(rsaText), rsa.privateKey).toString('base64url')}`],
    ['another app', token({ ...CLAIMS, sub: '999' })],
    ['another issuer', token({ ...CLAIMS, iss: 'Evil' })],
    ['its time over', token({ ...CLAIMS, exp: NOW / 1000 - 61 })],
    ['no end', token({ ...CLAIMS, exp: undefined })],
    ['a future beginning', token({ ...CLAIMS, iat: NOW / 1000 + 120 })],
    ['a number for an id', token({ ...CLAIMS, user: 3074457345678901 })],
    ['an operator for an id', token({ ...CLAIMS, team: { $ne: null } })],
    ['no user', token({ ...CLAIMS, user: undefined })],
    ['an array for claims', token([])],
    ['garbage', 'a.b.c'],
    ['nothing', ''],
  ])('is refused with %s', (_, forged) => {
    expect(() => verifyIdToken(forged, APP, NOW)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
  });

  test('is accepted within a minute of leeway', () => {
    expect(verifyIdToken(token({ ...CLAIMS, exp: NOW / 1000 - 30 }), APP, NOW).user).toBe(CLAIMS.user);
  });
});
