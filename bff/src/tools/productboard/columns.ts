import { isIP } from 'node:net';
import { z } from 'zod';
import { isPublic } from '../../addresses.ts';
import { digest, sameText } from '../../crypto.ts';
import type { Columns, ColumnSpec, Shown } from '../../ports.ts';
import * as api from './api.ts';
import { shownFor } from './hooks.ts';
import { needs, refused } from './map.ts';

const [WRITE, DELETE] = ['plugin-integrations:write', 'plugin-integrations:delete'] as const;
const MOST = { label: 20, hoverLabel: 20, tooltip: 50, message: 255, url: 1000 } as const;

const PressBody = z.object({
  data: z.object({
    integrationId: z.uuid(),
    trigger: z.string(),
    // Its links are not for following: they may still lead to the API that was retired.
    feature: z.object({ id: z.uuid() }),
  }),
});
const TRIGGERS = new Map([['button.push', 'push'], ['button.unlink', 'unlink'], ['button.dismiss', 'dismiss']] as const);

/** Columns are plugin integrations: a button for each feature, which calls an address of ours and shows the connection that it answers, or that is put. https://developer.productboard.com/reference/plugin-integrations */
export const columnsAt = (server: string): Columns => ({
  most: { name: 255, button: 10 },
  scopes: {
    see: { items: 'entities:read', columns: 'plugin-integrations:read', webhooks: 'webhooks:read' },
    write: ['entities:write', WRITE, DELETE, 'webhooks:write', 'webhooks:delete'],
  },

  create: (access, spec) => api.createPlugin(access, { type: spec.group, integrationStatus: 'disabled', ...fieldsOf(spec) }).catch(needs(WRITE)).catch(refused),
  enable: (access, id, spec) => api.updatePlugin(access, id, { integrationStatus: 'enabled', ...fieldsOf(spec) }).catch(needs(WRITE)).catch(refused),

  async list(access) {
    return (await api.plugins(access)).map(({ id, fields }) => ({ id, name: fields.name, group: fields.type, enabled: fields.integrationStatus === 'enabled' }));
  },

  remove: (access, id) => api.deletePlugin(access, id).catch(needs(DELETE)),
  show: (access, id, item, shown) => api.connect(access, id, item, bodyOf(shown)).catch(needs(WRITE)).catch(refused),

  async shows(access, id, item, shown) {
    const { debugDetail: _theirs, ...now } = (await api.connection(access, id, item)).fields.connection;
    return digest(now) === digest(bodyOf(shown));
  },

  inProgress: async (access, id) => (await api.connectionsInProgress(access, id)).map((one) => one.id),

  proves: (headers, secret) => sameText(shownFor(secret), headers['authorization'] ?? ''),

  press(body) {
    const read = PressBody.safeParse(body);
    if (!read.success) return 'This is no call of a button of Productboard.';
    const { integrationId, trigger, feature } = read.data.data;
    const known = [...TRIGGERS].find(([name]) => name === trigger)?.[1];
    if (!known) return `Tandem does not know the trigger “${trigger.slice(0, 40)}”.`;
    return { column: integrationId, trigger: known, item: feature.id };
  },

  answer: (shown) => ({ data: { fields: { connection: bodyOf(shown) } } }),

  reaches(url) {
    const { protocol, hostname } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, '');
    // What stands in for Productboard on this machine reaches this machine.
    if (isLoopback(host)) return isLoopback(new URL(server).hostname);
    return protocol === 'https:' && (isIP(host) === 0 ? host.includes('.') && !/\.(?:local|internal|test|localhost|lan|home|invalid)$/.test(host) : isPublic(host));
  },
});

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.');
}

function fieldsOf({ name, button, url, secret }: ColumnSpec): object {
  return { name, initialState: { label: button }, action: { url, version: 1, headers: { authorization: shownFor(secret) } } };
}

/** A connection within Productboard's limits, none of its texts empty. It must lead somewhere: an address that is too long is not cut to that of something else, but leads to the tracker's front page. */
function bodyOf(shown: Shown): api.ConnectionBody {
  if (shown.state === 'error') return { state: 'error', message: fit(shown.message, MOST.message) };
  if (shown.state !== 'connected') return { state: shown.state };
  const { label, key, title, color, url } = shown;
  return { state: 'connected', label: fit(label, MOST.label), hoverLabel: fit(key, MOST.hoverLabel), tooltip: fit(`${key} ${title}`, MOST.tooltip), color, targetUrl: url.length > MOST.url ? new URL(url).origin : url };
}

/** Cuts between visible characters, so that none is torn apart and what is left, with its ellipsis, has at most `most` code points, which is what a limit of an API counts. */
export function fit(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim() || '–';
  // No code point has more than two units.
  const start = line.slice(0, (most + 1) * 2);
  if (Array.from(start).length <= most) return line;
  let [kept, left] = ['', most - 1];
  for (const { segment } of new Intl.Segmenter().segment(start)) {
    left -= Array.from(segment).length;
    if (left < 0) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}
