import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { digest, drawnBytes, openVault, sameText, timedId } from '@tandem/bff/crypto';

const [OLD, NEW] = ['o'.repeat(32), 'n'.repeat(32)];

test('random bytes are handed out once each, however many are asked for, and forgotten', () => {
  const pools: Buffer[] = [];
  let next = 0;
  const drawn = drawnBytes((size) => {
    pools.push(Buffer.from(Array.from({ length: size }, () => (next += 1) % 251)));
    return pools.at(-1) ?? Buffer.alloc(0);
  }, 16);
  const given = [4, 12, 5, 11, 40, 3].map((size) => drawn(size));
  expect(given.map(({ length }) => length)).toEqual([4, 12, 5, 11, 40, 3]);
  expect(Buffer.concat(given)).toEqual(Buffer.from(Array.from({ length: 75 }, (_, n) => (n + 1) % 251)));
  expect([...(pools[0] ?? [])]).toEqual(Array.from({ length: 16 }, () => 0));
});

test('ids that begin with their time stand in its order, never twice, and cannot be guessed from it', () => {
  const now = Date.UTC(2026, 10, 23);
  const ids = [0, 1, 1, 999, 86_400_000, 2 ** 45].map((later) => timedId(now + later, randomBytes));
  const timesOf = (some: string[]): number[] => some.map((id) => Number.parseInt(id.slice(0, 12), 16));
  expect(timesOf([...ids].sort())).toEqual(timesOf(ids));
  expect(new Set(ids.map((id) => id.slice(12))).size).toBe(ids.length);
  expect(ids.every((id) => /^[\w-]{28}$/.test(id))).toBe(true);
});

describe('sealed values', () => {
  const vault = openVault([OLD]);

  test('open to what was sealed, and do not show it', () => {
    const sealed = vault.seal('glpat-very-secret', 'account a');
    expect(sealed).not.toContain('secret');
    expect(vault.open(sealed, 'account a')).toBe('glpat-very-secret');
  });

  test('do not open in another place, nor after any byte was changed', () => {
    const sealed = vault.seal('token', 'account a');
    expect(() => vault.open(sealed, 'account b')).toThrow();
    const [version, key, nonce, text = ''] = sealed.split('.');
    const bytes = Buffer.from(text, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => vault.open([version, key, nonce, altered.toString('base64url')].join('.'), 'account a')).toThrow();
    }
  });

  test('survive a rotation of the secret, and are sealed under the new one from then on', () => {
    const sealed = vault.seal('token', 'p');
    const rotating = openVault([NEW, OLD]);
    expect(rotating.open(sealed, 'p')).toBe('token');
    expect([rotating.stale(sealed), rotating.stale(rotating.seal('token', 'p')), rotating.stale('garbage')]).toEqual([true, false, true]);
    expect(openVault([NEW]).open(rotating.seal('token', 'p'), 'p')).toBe('token');
    expect(() => openVault([NEW]).open(sealed, 'p')).toThrow(/not in TANDEM_SECRET/);
  });

  test('a signature holds for its value and its purpose only', () => {
    const signed = vault.sign('value', 'oauth state');
    expect(vault.unsign(signed, 'oauth state')).toBe('value');
    expect(vault.unsign(signed, 'web session')).toBeUndefined();
    expect(vault.unsign(`other${signed.slice(5)}`, 'oauth state')).toBeUndefined();
    expect(vault.unsign('value', 'oauth state')).toBeUndefined();
    expect(openVault([NEW]).unsign(signed, 'oauth state')).toBeUndefined();
  });
});

test('equal JSON has equal digests, whatever the order of keys; different JSON has different ones', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const shuffled = JSON.parse(JSON.stringify(value), (_, part: unknown) =>
        part !== null && typeof part === 'object' && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).toReversed()) : part,
      ) as unknown;
      expect(digest(shuffled)).toBe(digest(value));
      expect(digest([value])).not.toBe(digest(value));
    }),
  );
});

test('texts of any length are compared without throwing', () => {
  expect([sameText('a', 'a'), sameText('a', 'b'), sameText('a', 'aa'), sameText('', '')]).toEqual([true, false, false, true]);
});
