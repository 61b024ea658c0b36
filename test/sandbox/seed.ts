import type { GitlabSim, IssueParams } from '../sim/gitlab.ts';
import type { MiroSim } from '../sim/miro.ts';

/** A person of the sandbox, on the pretend board and in the pretend GitLab. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  /** a personal access token to connect GitLab with */
  readonly token: string;
}

/** What a fresh sandbox holds. */
export interface Seeded {
  readonly board: string;
  readonly team: string;
  readonly people: readonly Person[];
  /** path of the project that the sandbox shows first */
  readonly project: string;
}

type Issue = Omit<IssueParams, 'title' | 'assignee_ids'> & { readonly title: string; readonly by: string; readonly to?: string; readonly closed?: true };

const LABELS = { 'acme/roadmap': { bug: '#d9534f', feature: '#1f75cb', design: '#a3409b', research: '#0d7d6c', 'needs decision': '#f0ad4e' }, 'acme/website': { bug: '#d9534f', content: '#5843ad', performance: '#0d7d6c' } } as const;

const ISSUES: Readonly<Record<keyof typeof LABELS, readonly Issue[]>> = {
  'acme/roadmap': [
    { title: 'Saved searches for the order list', by: 'ben', to: 'ben', labels: ['feature'], description: 'Support opens the same five filters every morning.\n\n- name a filter\n- pin it to the sidebar\n- share it with the team' },
    { title: 'Invoices show the wrong currency after a plan change', by: 'chloe', to: 'ana', labels: ['bug'], due_date: '2026-12-04', description: 'Customers who move from **monthly USD** to **yearly EUR** get one invoice in USD.\n\nSeen by three accounts so far.' },
    { title: 'Dark theme for the mobile app', by: 'ana', labels: ['feature', 'design'], description: 'Most requested since spring. Tokens are ready, icons are not.' },
    { title: 'Interview ten trial users who did not convert', by: 'ana', to: 'chloe', labels: ['research'], description: 'Why did they leave in the first three days?' },
    { title: 'Single sign-on with Okta', by: 'ana', to: 'ben', labels: ['feature', 'needs decision'], due_date: '2027-01-15', description: 'Two enterprise deals wait for it. SAML first, SCIM later?' },
    { title: 'Export stops at 10,000 rows', by: 'ben', labels: ['bug'], description: 'The CSV ends without a word. It should stream, or at least say so.' },
    { title: 'Onboarding checklist on the first visit', by: 'chloe', to: 'chloe', labels: ['feature', 'design', 'research'], description: 'Five steps, each with a short film. See the sketches on the board.' },
    { title: 'Retire the old reports page', by: 'ben', closed: true, labels: ['needs decision'], description: 'Nobody has opened it since March.' },
    { title: 'Search is slow for workspaces with many archived projects', by: 'chloe', to: 'ben', labels: ['bug'], description: 'p95 is above two seconds.' },
  ],
  'acme/website': [
    { title: 'Pricing page: explain the new tiers', by: 'ana', to: 'chloe', labels: ['content'], description: 'Copy is agreed, the table is not.' },
    { title: 'Hero image is 3 MB on phones', by: 'ben', labels: ['performance', 'bug'], description: 'Serve AVIF, and only what fits.' },
    { title: 'Broken link to the status page in the footer', by: 'chloe', closed: true, labels: ['bug'], description: '' },
  ],
};

/** Fills both simulators with a small company: one board, two projects, three people with different rights. */
export function seed(miro: MiroSim, gitlab: GitlabSim): Seeded {
  const names = { ana: 'Ana Duarte', ben: 'Ben Okafor', chloe: 'Chloé Martin' } as const;
  const people = Object.entries(names).map(([username, name]) => {
    gitlab.addUser(username, name);
    return { ...miro.addUser(name), username, token: gitlab.addToken(username).value };
  });
  const [ana, ben, chloe] = people as [Person, Person, Person];
  const team = miro.addTeam('Acme', people.map((person) => person.id)).id;
  const board = miro.addBoard('Roadmap 2027', team, { [ana.id]: 'owner', [ben.id]: 'editor', [chloe.id]: 'viewer' }).id;

  for (const [path, issues] of Object.entries(ISSUES) as [keyof typeof LABELS, readonly Issue[]][]) {
    gitlab.addProject(path, { ana: 40, ben: 30, chloe: 20 });
    for (const [label, color] of Object.entries(LABELS[path])) gitlab.addLabel(path, label, color);
    for (const { by, to, closed, ...issue } of issues) {
      const { iid } = gitlab.as(by).createIssue(path, issue);
      // assigning and labelling need a right that a reporter may lack
      if (to) gitlab.as('ana').updateIssue(path, iid, { assignee_ids: [gitlab.user(to).id], labels: issue.labels ?? [] });
      if (closed) gitlab.as('ana').closeIssue(path, iid);
    }
  }
  return { board, team, people, project: 'acme/roadmap' };
}
