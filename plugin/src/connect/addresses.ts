import type { MunityAddresses } from '@tandem/shared/api';

/** Where Munity is when nobody says otherwise: the hosts of its SDK, and the one page that its documents ever spelled out. */
export const MUNITY: MunityAddresses = {
  api: 'https://api.munityapps.com',
  sse: 'https://sse.munityapps.com',
  connect: '{api_url}/v1/credentials/{connector}/register?secret={secret}&ws_room={uuid}',
  events: '{sse_url}/events/?uuid={uuid}',
};

/** An address out of its template: the two hosts as they are, everything else percent-encoded. */
export function fill(template: string, { api, sse }: MunityAddresses, parts: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => ({ api_url: api, sse_url: sse })[name] ?? encodeURIComponent(parts[name] ?? whole));
}
