import type { AccountView, BoardAnswer, CardAnswer, CardView, ConnectSession, ItemsAnswer, MeAnswer, MemberView, PairEnd, PairsAnswer, PairView, SiteView, TeamAnswer } from '@tandem/shared/api';
import { FIELDS } from '@tandem/plugin/state/values';
import type { Item, Label, Person, Place, PlaceInfo, Status } from '@tandem/shared/item';

/** People, places and items with everything in them that breaks layouts: long words, other scripts, other directions, markup, many labels, nobody assigned. */

export const BOARD = 'uXjVKboard=';
const HOUR = 3_600_000;
const before = (hours: number): string => new Date(Date.now() - hours * HOUR).toISOString();

export const ana: Person = { id: '1', name: 'Ana Souza', username: 'ana' };
export const joerg: Person = { id: '2', name: 'Jörg Müller-Lüdenscheidt', username: 'joerg.mueller' };
export const noor: Person = { id: '3', name: 'نور الدين', username: 'noor' };
export const longName: Person = { id: '4', name: 'Hubert Blaine Wolfeschlegelsteinhausenbergerdorff Sr.', username: 'wolfeschlegelsteinhausenbergerdorff' };

export const open: Status = { id: 'opened', name: 'Open', kind: 'open' };
export const closed: Status = { id: 'closed', name: 'Closed', kind: 'closed' };
export const workflow: readonly Status[] = [
  { id: 'new', name: 'New', kind: 'open' },
  { id: 'doing', name: 'In progress', kind: 'open' },
  { id: 'review', name: 'Waiting for a review by the other team', kind: 'open' },
  { id: 'done', name: 'Done', kind: 'closed' },
];

const bug: Label = { name: 'bug', color: '#d9534f' };
const ux: Label = { name: 'UX', color: '#7f8cff' };
export const manyLabels: readonly Label[] = Array.from({ length: 30 }, (_, at) => ({
  name: ['priority::high', 'größer', '🚀 launch', 'documentation-and-translations-needed', 'api', 'تصميم'][at % 6] + (at < 6 ? '' : ` ${at}`),
  ...(at % 5 === 4 ? {} : { color: `#${((at * 2_654_435) % 0xff_ff_ff).toString(16).padStart(6, '0')}` }),
}));

function item(id: string, title: string, more: Partial<Item> = {}): Item {
  return {
    ref: { tool: 'gitlab', site: 'gitlab.example', place: '42', id },
    key: `roadmap#${id}`,
    url: `https://gitlab.example/ana/roadmap/-/issues/${id}`,
    title,
    description: '',
    status: open,
    labels: [],
    assignees: [],
    updatedAt: before(Number(id)),
    ...more,
  };
}

export const first = item('7', 'Checkout loses the voucher when the address changes', {
  description: 'When a customer **changes the address** after entering a voucher, the voucher is gone.\n\n1. Add something to the basket\n2. Enter `SPRING`\n3. Change the address\n\nExpected: the voucher stays.',
  labels: [bug, ux],
  assignees: [ana],
  due: '2027-01-15',
});
export const long = item('1298', 'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnungsdiskussionsprotokollführerinnenversammlung muss umbenannt werden, weil niemand den Namen lesen kann', {
  key: 'very-long-group/another-long-subgroup/platform-team-services#1298',
  labels: manyLabels,
  assignees: [longName, joerg, noor, ana],
});

export const items: readonly Item[] = [
  first,
  item('12', '🚀 Launch checklist for the Größenberater 🧵👩🏽‍🚀', { labels: manyLabels.slice(0, 2), assignees: [joerg], status: closed }),
  item('31', '<img src=x onerror="document.body.dataset.broken=1"><b>bold?</b>', { labels: [{ name: '<script>alert(1)</script>', color: 'red;background:url(x)' }] }),
  item('54', 'إعادة تصميم صفحة الدفع لتعمل من اليمين إلى اليسار', { labels: [{ name: 'تصميم', color: '#22aa88' }], assignees: [noor] }),
  long,
  item('88', 'Slow search', { status: { id: 'review', name: 'Waiting for a review by the other team', kind: 'open' }, assignees: [longName, ana] }),
  item('2000', 'Old one without anything'),
];

export const places: readonly Place[] = [
  { id: '42', name: 'ana/roadmap', url: 'https://gitlab.example/ana/roadmap' },
  { id: '43', name: 'very-long-group/another-long-subgroup/platform-team-services', url: 'https://gitlab.example/p' },
  { id: '44', name: 'مشروع/الدفع', url: 'https://gitlab.example/q' },
  ...Array.from({ length: 12 }, (_, at) => ({ id: `${at + 50}`, name: `ana/project-${at + 1}`, url: 'https://gitlab.example/r' })),
];

export const place: PlaceInfo = {
  id: '42',
  name: 'ana/roadmap',
  url: 'https://gitlab.example/ana/roadmap',
  statuses: [open, closed],
  labels: [bug, ux, ...manyLabels],
  members: [ana, joerg, noor, longName],
  can: { create: true, write: true, hook: true },
};

export const gitlab: SiteView = {
  tool: 'gitlab',
  site: 'gitlab.example',
  name: 'GitLab',
  url: 'https://gitlab.example',
  noun: 'issue',
  fields: [{ name: 'token', label: 'Personal access token', help: 'With the scope api, so that Tandem can read and write issues for you.', helpUrl: 'https://gitlab.example/-/user_settings/personal_access_tokens' }],
  can: { create: true, write: true },
  account: { state: 'active', person: ana, kind: 'token' },
};
const { account: _, ...disconnected } = gitlab;
export const gitlabNew: SiteView = disconnected;
export const gitlabConsent: SiteView = { ...disconnected, consent: '/auth/gitlab?site=gitlab.example&user=3458764500000000001&team=3458764500000000009' };
export const gitlabExpired: SiteView = { ...gitlab, account: { state: 'expired', person: ana, kind: 'token' } };
/** Noon of a day that far away, so that no test depends on the hour it runs at. */
const inDays = (days: number): string => new Date(new Date().setHours(12, 0, 0, 0) + days * 24 * HOUR).toISOString();
export const gitlabEnding: SiteView = { ...gitlab, account: { state: 'active', person: ana, kind: 'token', ends: inDays(9) } };
export const gitlabEnded: SiteView = { ...gitlab, account: { state: 'active', person: ana, kind: 'token', ends: inDays(-1) } };
export const gitea: SiteView = { ...disconnected, tool: 'gitea', site: 'git.a-very-long-host-name.engineering.example.org', name: 'Gitea', url: 'https://git.example.org' };
/** Another GitLab, which a member named. */
export const partner: SiteView = { ...disconnected, site: 'gitlab.partner.example', url: 'https://gitlab.partner.example', account: { state: 'active', person: { ...ana, username: 'ana-souza-external' }, kind: 'oauth' } };
const { account: __, ...partnerOpen } = partner;
export const partnerNew: SiteView = partnerOpen;
/** A tool behind Munity: what is connected is a customer there. */
export const jiraNew: SiteView = {
  tool: 'munity:jira',
  site: '5f1c7a90b2de4c3f8a6b7c8d9e0f1a2b3c4d5e6f',
  name: 'Jira',
  url: 'https://api.munity.example/v1/customers/5f1c7a90b2de4c3f8a6b7c8d9e0f1a2b3c4d5e6f',
  noun: 'ticket',
  fields: [],
  can: { create: false, write: false },
  connector: 'jira',
};
export const jira: SiteView = { ...jiraNew, account: { state: 'active', person: { id: jiraNew.site, name: 'Ana Souza', username: '' }, kind: 'token' } };
export const jiraImporting: SiteView = { ...jiraNew, account: { state: 'active', person: { id: jiraNew.site, name: 'Ana Souza', username: '' }, kind: 'token', importing: true } };
export const jiraExpired: SiteView = { ...jiraNew, account: { state: 'expired', person: { id: jiraNew.site, name: 'Ana Souza', username: '' }, kind: 'token' } };
/** Prepared for a click; its stream comes from the page's own host, as the pages' policy has it here. */
export const munitySession: ConnectSession = {
  session: 'session-1',
  connector: 'jira',
  secret: `head.${btoa(JSON.stringify({ state: 'session-1', exp: Math.floor(Date.now() / 1000) + 900 }))}.sign`.replaceAll('=', ''),
  expiresAt: new Date(Date.now() + 900_000).toISOString(),
  munity: { api: 'https://api.munity.example', sse: '', connect: '{api_url}/connect/{connector}?secret={secret}&room={uuid}', events: '{sse_url}/events/?uuid={uuid}' },
};
export const TOOLS: MeAnswer['tools'] = [
  { tool: 'gitlab', name: 'GitLab' },
  { tool: 'gitea', name: 'Gitea' },
];

export const me = (sites: readonly SiteView[] = [gitlab], miro: MeAnswer['miro'] = 'active', tools: MeAnswer['tools'] = TOOLS): MeAnswer => ({ user: '3458764500000000001', team: '3458764500000000009', miro, sites, tools });

function account(site: SiteView, more: Partial<AccountView> = {}): MemberView['accounts'][number] {
  return { tool: site.tool, site: site.site, name: site.name, url: site.url, state: 'active', person: ana, kind: 'token', ...more };
}
const anaMember: MemberView = { user: '3458764500000000001', name: 'Ana Souza', admin: true, miro: 'active', accounts: [account(gitlab), account(partner, { kind: 'oauth' })] };
export const everybody: readonly MemberView[] = [
  anaMember,
  { user: '3458764500000000002', name: joerg.name, admin: false, miro: 'expired', accounts: [account(gitlab, { state: 'expired', person: joerg })] },
  { user: '3458764500000000003', name: noor.name, admin: false, miro: 'active', accounts: [account(gitlab, { person: noor, ends: inDays(9) }), account(gitea, { person: noor, kind: 'oauth' })] },
  { user: '3458764500000000004', name: longName.name, admin: false, miro: 'active', accounts: [] },
];
export const team = (more: Partial<TeamAnswer> = {}): TeamAnswer => ({
  user: '3458764500000000001',
  admin: true,
  members: everybody,
  places: [
    { tool: 'gitlab', site: 'gitlab.example', name: 'GitLab', place: '42', label: 'roadmap', watch: 'hook', items: 128, missed: 3 },
    { tool: 'gitlab', site: 'gitlab.partner.example', name: 'GitLab', place: '4711', label: 'partner-board', watch: 'poll', items: 1, missed: 0, reason: 'Nobody’s account may create a webhook there. Changes arrive at once when a maintainer of the project connects GitLab.' },
    { tool: 'gitea', site: gitea.site, name: 'Gitea', place: 'platform-team/very-long-repository-name-without-any-end', label: 'platform-team/very-long-repository-name-without-any-end', watch: 'pending', items: 3, missed: 0 },
  ],
  stuck: [],
  down: [],
  ...more,
});
export const stuck: TeamAnswer['stuck'] = [
  { key: 'apply:1', tool: 'miro', site: 'miro', name: 'Miro', board: 'uXjVboard', what: 'Write a card', about: 'roadmap#7', reason: 'You may look at this board but not edit it. Ask its owner for the right to edit.', at: new Date(Date.now() - HOUR).toISOString() },
  { key: 'ensure:2', tool: 'gitea', site: gitea.site, name: 'Gitea', place: 'platform-team/very-long-repository-name-without-any-end', what: 'Set up a webhook', about: 'platform-team/very-long-repository-name-without-any-end', reason: 'GitLab refused the request (400).', at: new Date(Date.now() - 30 * HOUR).toISOString() },
];
export const down: TeamAnswer['down'] = [
  { name: 'GitLab', url: 'https://gitlab.example', since: new Date(Date.now() - HOUR).toISOString(), again: new Date(Date.now() + 9000).toISOString() },
  { name: 'Gitea', url: gitea.url, since: new Date(Date.now() - 30 * HOUR).toISOString(), again: new Date(Date.now() + 60_000).toISOString() },
];
const user = '3458764500000000001';
const ours: PairEnd = { ref: first.ref, key: first.key, title: first.title, url: first.url, user };
const theirs: PairEnd = { ref: { tool: 'gitlab', site: partner.site, place: '4711', id: '12' }, key: 'partner-board#12', title: first.title, url: `${partner.url}/acme/partner-board/-/issues/12`, user };
const ask = { flow: 'both', clash: 'ask' } as const;
export const pair = (more: Partial<PairView> = {}): PairView => ({ id: 'p1', left: ours, right: theirs, rules: { title: ask, description: ask, status: ask }, state: 'live', clashes: {}, syncedAt: before(3), ...more });
const { syncedAt: ___, ...unseen } = pair();
/** Just made: nothing was compared yet. */
export const beingMade: PairView = unseen;
const TEXT = 'When a customer **changes the address** after entering a voucher, the voucher is gone.\n\n1. Add something to the basket\n2. Enter `SPRING`\n3. Change the address\n\n';
export const asking: PairView = pair({
  state: 'asking',
  reason: 'Each side has its own title, description and status. Choose which to keep.',
  right: { ...theirs, title: 'Voucher is lost at checkout' },
  clashes: {
    title: { left: first.title, right: 'Voucher is lost at checkout' },
    description: { left: `${TEXT}Expected: the voucher stays.`, right: `${TEXT.repeat(4)}https://gitlab.partner.example/acme/partner-board/-/uploads/${'0123456789abcdef'.repeat(12)}/very-long-log.txt` },
    status: { left: 'Open', right: '' },
  },
});
/** One in each state. */
export const everyState: PairsAnswer = {
  pairs: [
    pair(),
    { ...asking, id: 'p2', clashes: { title: { left: first.title, right: 'Voucher is lost at checkout' } }, reason: 'Each side has its own title. Choose which to keep.' },
    pair({ id: 'p3', state: 'paused', reason: 'Written 5 times within a minute. It goes on in 5 minutes, with what both sides show then.' }),
    pair({ id: 'p4', state: 'unreachable', reason: 'GitLab did not take the status of partner-board#12: Ana Souza may not change it there.', left: { ref: long.ref, key: long.key, title: long.title, url: long.url, user: '3458764500000000002' }, right: { ref: { tool: 'gitea', site: gitea.site, place: 'platform-team/very-long-repository-name-without-any-end', id: '54' }, key: 'platform-team/very-long-repository-name-without-any-end#54', title: 'إعادة تصميم صفحة الدفع لتعمل من اليمين إلى اليسار', url: gitea.url, user: '3458764500000000002' } }),
    pair({ id: 'p5', state: 'gone', reason: 'Deleted in the tool' }),
    pair({ id: 'p6', state: 'hidden', reason: 'One side was deleted, or the account that keeps it may not see it any more.', right: { ref: theirs.ref, user } }),
  ],
};

/** What somebody sees who does not administer the team. */
export const alone: TeamAnswer = team({ admin: false, members: [{ ...anaMember, admin: false }], places: [] });

export const found = (list: readonly Item[] = items, next?: string): ItemsAnswer => ({ items: list, ...(next ? { next } : {}) });

export function card(of: Item, more: Partial<CardView> = {}): CardView {
  return { board: BOARD, card: `card-${of.ref.id}`, ref: of.ref, state: 'live', syncedAt: new Date(Date.now() - 120_000).toISOString(), ...more };
}
export const onBoard = (cards: readonly CardView[] = [card(first), card(long), card(long, { card: 'card-again' })], edit = true): BoardAnswer => ({ cards, edit });
export const opened = (more: Partial<CardAnswer> = {}): CardAnswer => ({ card: card(more.item ?? first), item: first, place, watch: 'hook', rights: { fields: FIELDS }, ...more });
