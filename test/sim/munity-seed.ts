import type { ToolItemParams } from './munity-tool-types.ts';
import type { MunitySim } from './munity-types.ts';

type Seeded = ToolItemParams & { readonly title: string; readonly by?: 'ana' | 'ben' | 'cem' };

const TICKETS: Readonly<Record<'CARE' | 'WEB', readonly Seeded[]>> = {
  CARE: [
    { title: 'Refunds take two weeks to arrive', status: 'In Progress', priority: 'Highest', assignee: 'ana', due: '2027-01-29', labels: ['payments'], by: 'cem', description: 'Forty customers wrote **this month**.\n\n- [x] Ask the bank for its cut-off times\n- [ ] Pay out twice a day\n- [ ] Say the date in the mail' },
    { title: 'Invoices of companies lack the VAT number', priority: 'High', assignee: 'ben', due: '2027-02-12', labels: ['invoices', 'legal'], description: 'Needed for every company in the EU. The field is there, the _template_ leaves it out.' },
    { title: 'Parcels to Åland are calculated as Finland', priority: 'Medium', labels: ['shipping'], by: 'cem', description: 'Tax borders are not country borders: `AX` is a territory of its own.' },
    { title: '“Track & trace” link <broken> in old mails', status: 'In Progress', priority: 'Low', assignee: 'ben', labels: ['mail'], description: 'Links of 2025 lead to the old host.' },
    { title: 'Gift cards cannot be combined with vouchers', priority: 'Medium', assignee: 'ana', description: 'People find out at the last step. See [the survey](https://example.org/survey?id=12).' },
    { title: 'Say who is on call at weekends', status: 'Done', priority: 'Lowest', assignee: 'cem', by: 'ana', description: 'The phone rang in the wrong house.' },
  ],
  WEB: [
    { title: 'Landing page for the spring sale', status: 'In Progress', priority: 'High', assignee: 'ana', due: '2027-03-01', labels: ['campaign'], description: '1. Hero picture\n2. Three offers\n3. Countdown 🌷' },
    { title: 'Cookie banner asks again after every visit', priority: 'Medium', assignee: 'ben', labels: ['bug'], description: 'Only in Safari, whose storage ends after seven days.' },
    { title: 'Pictures of the team page are 4 MB each', status: 'Done', priority: 'Low', assignee: 'ben', labels: ['performance'], description: 'Now 60 kB.' },
    { title: 'Türkçe çeviri: ürün sayfaları', priority: 'Medium', assignee: 'cem', labels: ['i18n'], description: 'Metinler hazır, gözden geçirilecek.' },
  ],
};

/** Believable tickets for the sandbox, in the Jira of the company whose GitLab the sandbox has too: customer care, and a web site that Cem does not see. */
export function seedJira(sim: MunitySim): void {
  const jira = sim.tool('jira');
  for (const [username, name] of [['ana', 'Ana Marković'], ['ben', 'Ben Okafor'], ['cem', 'Cem Yıldız']] as const) jira.addUser(username, name);
  jira.addProject('CARE', 'Customer care', { description: 'What customers write to us about' });
  jira.addProject('WEB', 'Web site', { description: 'acme.example', members: ['ana', 'ben', 'cem'] });
  for (const [project, tickets] of Object.entries(TICKETS)) for (const { by = 'ana', ...params } of tickets) jira.create(project, params, by);
  jira.setMembers('WEB', ['ana', 'ben']);
}
