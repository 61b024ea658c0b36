import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** Bytes from a cryptographic source; passed in so that tests can repeat a run. */
export type RandomBytes = (size: number) => Buffer;

/** Random bytes of the system's, asked for a few thousand at a time: each question is a call of the kernel, and every request needs some. What was handed out is forgotten. */
export function drawnBytes(draw: RandomBytes = randomBytes, size = 4096): RandomBytes {
  let pool: Buffer = Buffer.alloc(0);
  return (wanted) => {
    if (wanted > size) return draw(wanted);
    if (wanted > pool.length) pool = draw(size);
    const bytes = Buffer.from(pool.subarray(0, wanted));
    pool.fill(0, 0, wanted);
    pool = pool.subarray(wanted);
    return bytes;
  };
}

/** An unguessable id: 144 bits, safe in URLs. */
export function randomId(random: RandomBytes = randomBytes): string {
  return random(18).toString('base64url');
}

/** An unguessable id (96 bits) that begins with its time: rows that are made one after another stand side by side in the key's tree, so that a hundred of them touch a few pages instead of a hundred. */
export function timedId(now: number, random: RandomBytes): string {
  return now.toString(16).padStart(12, '0') + random(12).toString('base64url');
}

/** Whether two strings are equal, in time that does not depend on where they differ. The length is no secret. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Digest of a JSON value: equal values have equal digests whatever the order of their keys. */
export function digest(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('base64url').slice(0, 27);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    return `{${entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** Seals and opens secrets at rest, and signs what travels through browsers. */
export interface Vault {
  /** AES-256-GCM with a random 96-bit nonce, bound to `purpose`: a value moved to another row does not open. `v1.<key id>.<nonce>.<text and tag>` */
  seal(plain: string, purpose: string): string;
  /** Throws when it was altered, moved, or sealed under a key that is no longer configured. */
  open(sealed: string, purpose: string): string;
  /** Whether it was sealed under another secret than the first, or cannot be opened at all: time to seal it anew. */
  stale(sealed: string): boolean;
  /** `value.signature`; purposes cannot be exchanged for one another. */
  sign(value: string, purpose: string): string;
  /** The value, or `undefined` when the signature is not ours. */
  unsign(signed: string, purpose: string): string | undefined;
}

/** So many stay open. */
const MOST_OPEN = 10_000;

/** A vault over the configured secrets: the first seals and signs, all open and verify (rotation). */
export function openVault(secrets: readonly [string, ...string[]], random: RandomBytes = randomBytes): Vault {
  const derive = (secret: string, use: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', `tandem ${use}`, 32));
  const keys = secrets.map((secret) => {
    const seal = derive(secret, 'seal');
    return { id: createHash('sha256').update(seal).digest('base64url').slice(0, 8), seal, sign: derive(secret, 'sign') };
  });
  const [current] = keys as [(typeof keys)[number]];
  const mac = (key: Buffer, value: string, purpose: string): string => createHmac('sha256', key).update(`${purpose}\n${value}`).digest('base64url');

  /** Whatever was opened last for each purpose: an account's tokens and a webhook's secret are asked for with every call. */
  const opened = new Map<string, { readonly sealed: string; readonly plain: string }>();
  const unseal = (sealed: string, purpose: string): string => {
    const [version, id, nonce, text] = sealed.split('.');
    const key = keys.find((candidate) => candidate.id === id);
    if (version !== 'v1' || !nonce || !text) throw new Error('not a sealed value');
    if (!key) throw new Error(`sealed under a secret that is not in TANDEM_SECRET (key ${id})`);
    const bytes = Buffer.from(text, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key.seal, Buffer.from(nonce, 'base64url'), { authTagLength: 16 }).setAAD(Buffer.from(purpose));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
  };

  return {
    seal(plain, purpose) {
      const nonce = random(12);
      const cipher = createCipheriv('aes-256-gcm', current.seal, nonce).setAAD(Buffer.from(purpose));
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `v1.${current.id}.${nonce.toString('base64url')}.${text.toString('base64url')}`;
    },
    open(sealed, purpose) {
      const known = opened.get(purpose);
      if (known?.sealed === sealed) return known.plain;
      const plain = unseal(sealed, purpose);
      if (opened.size >= MOST_OPEN) opened.clear();
      opened.set(purpose, { sealed, plain });
      return plain;
    },
    stale: (sealed) => !sealed.startsWith(`.${current.id}.`, sealed.indexOf('.')),
    sign: (value, purpose) => `${value}.${mac(current.sign, value, purpose)}`,
    unsign(signed, purpose) {
      const at = signed.lastIndexOf('.');
      if (at < 1) return undefined;
      const [value, signature] = [signed.slice(0, at), signed.slice(at + 1)];
      return keys.some((key) => sameText(mac(key.sign, value, purpose), signature)) ? value : undefined;
    },
  };
}
