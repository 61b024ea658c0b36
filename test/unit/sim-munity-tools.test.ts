import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeCertificate, signSecret, startMunity, type MunitySim } from '../sim/munity.ts';
import { seedJira } from '../sim/munity-seed.ts';

const CERTIFICATE = makeCertificate();
const WORKSPACE = '11111111-2222-4333-aaaa-eeeeeeeeeeee';
let munity: MunitySim;
let events: string[];

beforeEach(async () => {
  events = [];
  munity = await startMunity({
    workspaceId: WORKSPACE,
    publicKey: CERTIFICATE.publicKey,
    apiKey: 'prefix.key',
    webhookUrl: 'http://tandem.example/hooks/munity/a-token',
    courier: ({ body }) => {
      const { event }: { event: string } = JSON.parse(body);
      events.push(event);
      return Promise.resolve({ status: 202, text: '' });
    },
  });
  seedJira(munity);
});
afterEach(() => munity.close());

const at = (path: string) => `${munity.toolsUrl}${path}`;
const as = (who: string): RequestInit => ({ redirect: 'manual', headers: { cookie: `tool_sim_user=${who}` } });
const text = async (path: string, who = 'ana') => (await fetch(at(path), as(who))).text();
const post = (path: string, fields: Record<string, string>, who = 'ana') => fetch(at(path), { ...as(who), method: 'POST', body: new URLSearchParams(fields) });
const bar = async (path = '/') => /<section class="munity".*?<\/section>/s.exec(await text(path))?.[0] ?? '';

test('a board shows its tickets under their statuses, as text', async () => {
  const page = await text('/jira/acme/projects/CARE');
  const columns = page.split('<section class="column"').slice(1).map((column) => [/aria-label="([^"]+)"/.exec(column)?.[1], column.match(/class="ticket"/g)?.length]);
  expect(columns).toEqual([['To Do', 3], ['In Progress', 2], ['Done', 1]]);
  expect(page).toContain('“Track &amp; trace” link &lt;broken&gt; in old mails');
  expect(page).toContain('--status:#0052cc');
  expect(await text('/')).toContain('Customer care');
});

test('whoever is not in a project sees neither it nor its tickets', async () => {
  expect(await text('/', 'cem')).not.toContain('Web site');
  for (const path of ['/jira/acme/projects/WEB', '/jira/acme/browse/WEB-1', '/jira/acme/browse/NONE-1']) expect((await fetch(at(path), as('cem'))).status).toBe(404);
  expect((await fetch(at('/jira/acme/browse/WEB-1'), as('ben'))).status).toBe(200);
});

test('a ticket is edited whole or by a button alone, and what is refused is kept in the form', async () => {
  const path = '/jira/acme/browse/CARE-2';
  const { title } = munity.tool('jira').get('CARE-2');
  expect((await post(path, { status: 'Done' })).status).toBe(303);
  expect(munity.tool('jira').get('CARE-2')).toMatchObject({ title, status: '10001', assignee: munity.tool('jira').user('ben').id });
  const whole = { title: 'VAT <b>', description: 'a\r\nb', priority: '', assignee: '', due: '2027-05-05', labels: 'one, two,' };
  expect((await post(path, whole)).headers.get('location')).toBe(path);
  expect(munity.tool('jira').get('CARE-2')).toMatchObject({ title: 'VAT <b>', description: 'a\nb', priority: null, assignee: null, due: '2027-05-05', labels: ['one', 'two'] });
  const refused = await post(path, { ...whole, title: ' ', description: 'kept <i>' });
  expect([refused.status, await refused.text()]).toEqual([422, expect.stringMatching(/A title is needed\.[\s\S]*kept &lt;i&gt;/)]);
  expect((await post(path, { status: 'Nowhere' })).status).toBe(422);
});

test('tickets are created, moved and deleted; a refused one can be corrected', async () => {
  const made = await post('/jira/acme/projects/CARE', { title: 'New', description: '', priority: 'Low', assignee: 'ana', due: '', labels: '' }, 'cem');
  expect(made.headers.get('location')).toBe('/jira/acme/browse/CARE-7');
  expect(munity.tool('jira').get('CARE-7')).toMatchObject({ creator: munity.tool('jira').user('cem').id, priority: 'Low', due: null });
  expect((await post('/jira/acme/projects/CARE', { title: '', description: 'kept' })).status).toBe(422);
  expect(await text('/jira/acme/projects/CARE/new')).toContain('<option value="ben">Ben Okafor</option>');
  expect((await post('/jira/acme/browse/CARE-7/move', { project: 'WEB' })).headers.get('location')).toBe('/jira/acme/browse/WEB-5');
  expect((await post('/jira/acme/browse/WEB-5/delete', {}, 'cem')).status).toBe(404);
  expect((await post('/jira/acme/browse/WEB-5/delete', {})).headers.get('location')).toBe('/jira/acme/projects/WEB');
  expect((await fetch(at('/jira/acme/browse/WEB-5'), as('ana'))).status).toBe(404);
});

test('the bar says for whom Munity reads, syncs at once, and breaks and mends credentials', async () => {
  expect(await bar()).toContain('Nobody has granted Munity access here yet.');
  const { id } = munity.grant('jira', signSecret(CERTIFICATE.privateKey, { workspace_id: WORKSPACE, customer_id: 'c0ffee', name: 'Ana <M>' }));
  await munity.settled();
  const path = '/jira/acme/browse/CARE-1';
  expect(await bar(path)).toMatch(/✓ reads<\/span> for Ana &lt;M&gt;, synced at \d\d:\d\d:\d\d UTC/);
  events.length = 0;
  await post(path, { status: 'Done' });
  await munity.settled();
  expect(events).toEqual([]);
  expect((await post('/jira/acme/munity', { do: 'sync', back: path })).headers.get('location')).toBe(path);
  await munity.settled();
  expect(events).toEqual(['integration_updated_data_model']);
  await post('/jira/acme/munity', { do: 'break', integration: id, back: path });
  expect(await bar(path)).toContain('may read no more');
  await post('/jira/acme/munity', { do: 'mend', integration: id, back: path });
  expect(await bar(path)).toContain('✓ reads');
  await munity.settled();
  expect(events.slice(1)).toEqual(['integration_cannot_refresh_oauth_token', 'integration_oauth_token_fixed']);
  for (const back of ['https://evil.example/', '//evil.example', '/\\evil.example']) expect((await post('/jira/acme/munity', { do: 'sync', back })).headers.get('location')).toBe('/');
});

test('who one is in this browser is chosen once, and holds for the consent page too', async () => {
  const chosen = await fetch(at('/jira/acme/projects/CARE?as=ben'), { redirect: 'manual' });
  expect([chosen.headers.get('location'), chosen.headers.get('set-cookie')]).toEqual(['/jira/acme/projects/CARE', 'tool_sim_user=ben; Path=/; SameSite=Lax']);
  const consent = `/jira/authorize?state=x&redirect_uri=${encodeURIComponent(`${munity.url}/v1/integration/oauth/callback/jira`)}`;
  expect(await text(consent, 'ben')).toContain('Signed in as <strong>Ben Okafor</strong>');
  expect(await text(consent, 'nobody')).toContain('<select id="user"');
});

test('pages hear of every change', async () => {
  const controller = new AbortController();
  const line = await fetch(at('/events'), { signal: controller.signal });
  const reader = line.body?.getReader();
  await reader?.read();
  munity.tool('jira').update('CARE-1', { title: 'Changed' });
  expect(Buffer.from((await reader?.read())?.value ?? '').toString()).toContain('data: changed');
  controller.abort();
});
