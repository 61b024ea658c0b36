import type { GitlabSim, GitlabToken } from './gitlab-types.ts';

/** What {@link seedGitlab} made. */
export interface GitlabSeed {
  readonly roadmap: number;
  readonly mobileApp: number;
  /** token of each user, by username */
  readonly tokens: Readonly<Record<'ana' | 'ben' | 'cem', GitlabToken>>;
}

const LABELS = {
  'acme/roadmap': { bug: '#c91c00', feature: '#1068bf', ux: '#8e44ad', 'priority::high': '#a8331c', 'priority::low': '#e9be74', 'good first issue': '#ffecdb', Größe: '#00b140' },
  'acme/mobile-app': { bug: '#c91c00', ios: '#36454f', android: '#3d8b40', offline: '#0e7490', 'priority::high': '#a8331c' },
} as const;

type Seeded = { title: string; description?: string; labels?: string[]; who?: 'ana' | 'ben' | 'cem'; by?: 'ana' | 'ben' | 'cem'; closed?: true; confidential?: true; due?: string };

const ISSUES: Readonly<Record<keyof typeof LABELS, readonly Seeded[]>> = {
  'acme/roadmap': [
    { title: 'Checkout fails when the basket holds more than 50 items', labels: ['bug', 'priority::high'], who: 'ben', description: 'Adding the 51st item answers **500**.\n\n1. Put 51 items into the basket\n2. Press _Pay_\n\n```\nTypeError: Cannot read properties of undefined (reading "total")\n```' },
    { title: 'Invite colleagues by e-mail', labels: ['feature', 'ux'], who: 'ana', due: '2027-02-26', description: 'People ask for this in **every** interview.\n\n- [x] Copy reviewed\n- [ ] Mail template\n- [ ] Limit of 20 invitations a day' },
    { title: 'Über-Suche: find orders by customer name, e.g. Müller & Söhne', labels: ['feature', 'Größe'], who: 'ben', description: 'Umlauts must match with and without dots: `Müller` finds `Mueller`.' },
    { title: '<script>alert("board")</script> must be shown as text', labels: ['bug'], description: 'Reported by the security review. Titles are text, _never_ markup. See [the report](https://example.org/report?id=7&lang=en).' },
    { title: 'Celebrate the 1,000th order 🎉', labels: ['good first issue'], by: 'cem', description: 'A little confetti 🎊 would make people smile.' },
    { title: 'Dark mode for the reports', labels: ['ux', 'priority::low'], description: 'Charts stay readable at a contrast of 4.5:1.' },
    { title: 'Export invoices as PDF/A', labels: ['feature'], who: 'ana', closed: true, description: 'Auditors want files that can be archived.' },
    { title: 'Login page jumps while fonts load', labels: ['bug', 'ux'], who: 'ben', closed: true, description: 'Cumulative layout shift of 0.31 on slow connections.' },
    { title: 'Rotate the signing key of the payment provider', labels: ['priority::high'], who: 'ana', confidential: true, description: 'The old key ends on the last day of March.' },
  ],
  'acme/mobile-app': [
    { title: 'Crash when the camera permission is withdrawn', labels: ['bug', 'android', 'priority::high'], who: 'ben', description: 'Seen on Android 15 only. Stack trace in the crash report.' },
    { title: 'Work without a connection in the warehouse', labels: ['offline'], who: 'ana', description: '## Why\nThere is no reception between the shelves.\n\n## What\n- queue scans\n- send them when the connection is back\n- show how many wait' },
    { title: 'Widget for the lock screen', labels: ['ios'], description: 'Shows the next delivery window.' },
    { title: 'Translate the app into Türkçe and Français', who: 'ben', description: 'Strings are ready; 日本語 follows in spring.' },
    { title: 'Scanning is slow on older phones', labels: ['bug', 'android'], closed: true, who: 'ben', description: 'Took 900 ms, now 120 ms.' },
  ],
};

/** Believable content for the sandbox: Ana owns two projects, Ben develops in both, Cem is a guest in one. Each has a token. */
export function seedGitlab(sim: GitlabSim): GitlabSeed {
  sim.addUser('ana', 'Ana Marković');
  sim.addUser('ben', 'Ben Okafor');
  sim.addUser('cem', 'Cem Yıldız');
  const roadmap = sim.addProject('acme/roadmap', { ana: 50, ben: 30, cem: 10 }, { name: 'Roadmap', description: 'What the shop learns next' });
  const mobileApp = sim.addProject('acme/mobile-app', { ana: 50, ben: 30 }, { name: 'Mobile App', description: 'Scanning and deliveries on the phone' });
  for (const [path, labels] of Object.entries(LABELS)) for (const [name, color] of Object.entries(labels)) sim.addLabel(path, name, color);
  for (const [path, issues] of Object.entries(ISSUES)) {
    for (const { title, description, labels = [], who, by = 'ana', closed, confidential, due } of issues) {
      const issue = sim.as(by).createIssue(path, { title, description: description ?? '', labels, assignee_ids: who ? [sim.user(who).id] : [], confidential: confidential ?? false, due_date: due ?? null });
      if (closed) sim.as('ana').closeIssue(path, issue.iid);
    }
  }
  return { roadmap: roadmap.id, mobileApp: mobileApp.id, tokens: { ana: sim.addToken('ana'), ben: sim.addToken('ben'), cem: sim.addToken('cem') } };
}
