import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { Router } from '@koa/router';
import type { Config } from '../config.ts';
import type { RequestState } from '../middleware/errors.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.map': 'application/json',
  '.woff2': 'font/woff2',
};

/** Windows of their own: nobody may frame them, and they need no SDK. */
const ALONE: ReadonlySet<string> = new Set(['/signed-in.html', '/settings.html', '/connect.html']);
/** These have no sign-in, so that none goes through Munity. */
const WITHOUT_MUNITY: ReadonlySet<string> = new Set(['/index.html', '/signed-in.html']);

/** The SDK's address as it stands in our pages; the configured one takes its place when they are served, so that one build serves every Miro. */
const SDK = 'https://miro.com/app/static/sdk/v2/miro.js';

/**
 * The built plugin out of a folder, read once at start. Pages may be framed by Miro only, run no inline code, and talk to nobody but us, Miro's SDK and, where it is on, Munity;
 * no `X-Frame-Options` and no COOP, which would break the frame and the sign-in popup. Munity's pages may see which site sent a person, as sign-in pages of others want to, but never which page of it.
 */
export function pageRoutes(folder: string, { miro, munity }: Pick<Config, 'miro' | 'munity'>): Router<RequestState> {
  const routes = new Router<RequestState>();
  const files = readFolder(folder);
  const sdk = new URL(miro.sdk).origin;
  const web = new URL(miro.web);
  const frames = web.hostname === 'miro.com' ? 'https://miro.com https://*.miro.com' : web.origin;
  const hosts = munity ? ` ${[...new Set([munity.api, munity.sse].map((url) => new URL(url).origin))].join(' ')}` : '';

  for (const [path, bytes] of files) {
    const html = path.endsWith('.html');
    const content = html ? Buffer.from(bytes.toString('utf8').replaceAll(SDK, miro.sdk)) : bytes;
    const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 20)}"`;
    const paths = path === '/index.html' ? [path, '/'] : [path];
    const alone = ALONE.has(path);
    const beyond = html && !WITHOUT_MUNITY.has(path) ? hosts : '';
    const policy = `script-src 'self'${alone ? '' : ` ${sdk}`}; default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'${beyond}; form-action 'self'; base-uri 'none'; frame-ancestors ${alone ? "'none'" : frames}`;
    routes.get(paths, (ctx) => {
      ctx.set({
        etag,
        'cache-control': html ? 'no-cache' : 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        'referrer-policy': beyond ? 'strict-origin-when-cross-origin' : 'no-referrer',
        ...(html ? { 'content-security-policy': policy } : {}),
      });
      ctx.type = TYPES[extname(path)] ?? 'application/octet-stream';
      ctx.status = 200;
      if (ctx.fresh) ctx.status = 304;
      else ctx.body = content;
    });
  }
  return routes;
}

function readFolder(folder: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, file).split(sep).join('/')}`, readFileSync(file));
  }
  return files;
}
