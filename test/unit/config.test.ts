import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '@tandem/bff/config';

const GOOD = { TANDEM_URL: 'https://tandem.example.org/', TANDEM_SECRET: 's'.repeat(32), MIRO_CLIENT_ID: '345', MIRO_CLIENT_SECRET: 'secret' };

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

test('all faults are told at once', () => {
  const faults = faultsOf({ PORT: 'http', TANDEM_STORE: 'redis://x', TANDEM_SECRET: 'short', GITLAB_URL: 'gitlab.com', TANDEM_TRUST_PROXY: 'perhaps', TANDEM_LOG: 'loud' });
  for (const name of ['PORT', 'TANDEM_URL', 'TANDEM_STORE', 'TANDEM_SECRET', 'MIRO_CLIENT_ID', 'MIRO_CLIENT_SECRET', 'GITLAB_URL', 'TANDEM_TRUST_PROXY', 'TANDEM_LOG']) {
    expect(faults.filter((fault) => fault.startsWith(name)), name).not.toEqual([]);
  }
});

test('the least that is needed is little', () => {
  const config = readConfig(GOOD);
  expect(config).toMatchObject({ url: 'https://tandem.example.org', port: 3000, store: 'sqlite:./tandem.db', tools: {}, trustProxy: false });
  expect(config.miro).toMatchObject({ api: 'https://api.miro.com', web: 'https://miro.com' });
});

test('a secret may come from a file, but not from both', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'tandem-')), 'secret');
  writeFileSync(file, `${'f'.repeat(40)}\n`);
  const { TANDEM_SECRET: _, ...rest } = GOOD;
  expect(readConfig({ ...rest, TANDEM_SECRET_FILE: file }).secrets).toEqual(['f'.repeat(40)]);
  expect(faultsOf({ ...GOOD, TANDEM_SECRET_FILE: file })).toEqual([expect.stringContaining('Keep one')]);
  expect(faultsOf({ ...rest, TANDEM_SECRET_FILE: `${file}.missing` })).toEqual([expect.stringContaining('cannot be read'), expect.stringContaining('TANDEM_SECRET is missing')]);
});

test('two secrets are accepted while they are rotated, three are not', () => {
  expect(readConfig({ ...GOOD, TANDEM_SECRET: `${'n'.repeat(32)}, ${'o'.repeat(32)}` }).secrets).toHaveLength(2);
  expect(faultsOf({ ...GOOD, TANDEM_SECRET: ['a', 'b', 'c'].map((c) => c.repeat(32)).join(',') })).toHaveLength(1);
});

test('.env.example and the README name exactly the settings that are read', () => {
  const read = new Set<string>();
  const spy = new Proxy<Record<string, string>>(GOOD, {
    get(target, name) {
      if (typeof name === 'string') read.add(name.replace(/_FILE$/, ''));
      return target[name as string];
    },
  });
  readConfig(spy);
  const names = (file: string, pattern: RegExp): string[] => [...readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').matchAll(pattern)].map(([, name = '']) => name).sort();
  expect(names('.env.example', /^([A-Z_]+)=/gm)).toEqual([...read].sort());
  expect(names('README.md', /^\| `([A-Z_]+)` \|/gm)).toEqual([...read].sort());
});

describe('Munity', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  const MUNITY = { ...GOOD, MUNITY_WORKSPACE_ID: 'w', MUNITY_PRIVATE_KEY: privateKey, MUNITY_API_KEY: 'p.s', MUNITY_WEBHOOK_TOKEN: 't'.repeat(30), MUNITY_CONNECTORS: 'jira, asana' };

  test('is off without its settings, and a fault with some of them', () => {
    expect(readConfig(GOOD).munity).toBeUndefined();
    expect(readConfig(MUNITY).munity).toMatchObject({ workspace: 'w', connectors: ['jira', 'asana'], secretLife: 900, api: 'https://api.munityapps.com', paths: { issues: 'pm-issues' }, writes: {} });
    expect(faultsOf({ ...GOOD, MUNITY_API_KEY: 'p.s' }).map((fault) => fault.split(' ')[0])).toEqual(['MUNITY_WORKSPACE_ID', 'MUNITY_PRIVATE_KEY', 'MUNITY_WEBHOOK_TOKEN', 'MUNITY_CONNECTORS']);
  });

  test('takes its key as PEM, with written line ends, and in base64; refuses another with the reason', () => {
    for (const key of [privateKey.replaceAll('\n', '\\n'), Buffer.from(privateKey).toString('base64')]) expect(readConfig({ ...MUNITY, MUNITY_PRIVATE_KEY: key }).munity?.key.asymmetricKeyType).toBe('rsa');
    const { privateKey: curve } = generateKeyPairSync('ec', { namedCurve: 'P-256', privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
    expect(faultsOf({ ...MUNITY, MUNITY_PRIVATE_KEY: curve })).toEqual([expect.stringContaining('of another kind (ec)')]);
    expect(faultsOf({ ...MUNITY, MUNITY_PRIVATE_KEY: 'nonsense' })).toEqual([expect.stringContaining('cannot be read')]);
  });

  test('tells what is wrong with each of its other settings', () => {
    const faults = faultsOf({ ...MUNITY, MUNITY_WEBHOOK_TOKEN: 'short', MUNITY_CONNECTORS: 'Jira!', MUNITY_SECRET_LIFE: 'long', MUNITY_CONNECT_URL: 'https://x', MUNITY_WRITES: '{"jira":{}}', MUNITY_PATHS: '{', MUNITY_FIELDS: '[]' });
    for (const name of ['MUNITY_WEBHOOK_TOKEN', 'MUNITY_CONNECTORS', 'MUNITY_SECRET_LIFE', 'MUNITY_CONNECT_URL', 'MUNITY_WRITES', 'MUNITY_PATHS', 'MUNITY_FIELDS']) expect(faults.filter((fault) => fault.startsWith(name)), name).not.toEqual([]);
  });
});
