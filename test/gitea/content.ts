/** Who is in the Gitea of the tests: `ana` administers the site, `ben` may write in `acme/roadmap`, `cem` may only read there. */
export type User = 'ana' | 'ben' | 'cem';

/** One password for all of them; the server listens on loopback only. */
export const PASSWORD = 'tandem-2025';

/** The people, with what they may do in the project. */
export const USERS: readonly { readonly name: User; readonly fullName: string; readonly permission: 'admin' | 'write' | 'read' }[] = [
  { name: 'ana', fullName: 'Ana Lima', permission: 'admin' },
  { name: 'ben', fullName: 'Ben Okafor', permission: 'write' },
  { name: 'cem', fullName: 'Cem Yıldız', permission: 'read' },
];

/** Asks the API of the running server as one of its users; throws for every answer that is no success. */
export type GiteaApi = <T = unknown>(user: User, method: string, path: string, body?: unknown) => Promise<T>;

/** Fills an empty Gitea: the private project `acme/roadmap` with labels, members and issues 1 to 5, and the public `acme/website` with one issue. */
export async function fill(api: GiteaApi): Promise<void> {
  await api('ana', 'POST', '/orgs', { username: 'acme', full_name: 'Acme', visibility: 'public' });
  await api('ana', 'POST', '/orgs/acme/labels', { name: 'customer', color: '#0e8a16', description: 'Asked for by a customer' });
  for (const [name, hidden] of [['roadmap', true], ['website', false]] as const) {
    await api('ana', 'POST', '/orgs/acme/repos', { name, private: hidden, description: `What Acme does about its ${name}` });
  }
  for (const { name, permission } of USERS.slice(1)) await api('ana', 'PUT', `/repos/acme/roadmap/collaborators/${name}`, { permission });

  const labels: Record<string, number> = {};
  for (const [name, color] of [['bug', '#d73a4a'], ['feature', '#a2eeef'], ['urgent', '#b60205'], ['design', '#5319e7']] as const) {
    labels[name] = (await api<{ id: number }>('ana', 'POST', '/repos/acme/roadmap/labels', { name, color })).id;
  }
  const issues = [
    { title: 'Export the board as PDF', body: 'People want to **print** what they planned.\n\n- A4\n- letter', labels: ['feature'], assignees: ['ben'] },
    { title: 'Sign-in loops on Safari', body: 'Seen on 17.4. The cookie is gone after the redirect.', labels: ['bug', 'urgent'], assignees: ['ana'] },
    { title: 'Dark mode', body: '', labels: ['feature', 'design'], assignees: [] },
    { title: 'Search finds nothing for “naïve”', body: 'Accents are not folded.', labels: ['bug'], assignees: [] },
    { title: 'Old plan', body: 'Replaced by the new one.', labels: [], assignees: [], closed: true },
  ];
  for (const issue of issues) {
    await api('ana', 'POST', '/repos/acme/roadmap/issues', { ...issue, labels: issue.labels.map((name) => labels[name]) });
  }
  await api('ana', 'POST', '/repos/acme/website/issues', { title: 'Broken link in the footer', body: 'The imprint.' });
}
