import type { BoardRole, MiroSim } from '../sim/miro.ts';
import type { GitlabSim } from '../sim/gitlab.ts';
import { seedGitlab } from '../sim/gitlab-seed.ts';

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

// ids stay the same from start to start, so that an address that was opened before still leads to the board
const BOARD = 'uXjVSandbox=';
const TEAM = '3458764500000000100';
const PEOPLE: Readonly<Record<'ana' | 'ben' | 'cem', { id: string; role: BoardRole }>> = {
  ana: { id: '3458764500000000101', role: 'owner' },
  ben: { id: '3458764500000000102', role: 'editor' },
  cem: { id: '3458764500000000103', role: 'viewer' },
};

/** Fills both simulators with a small company: one board, two projects, three people with different rights. */
export function seed(miro: MiroSim, gitlab: GitlabSim): Seeded {
  const { tokens } = seedGitlab(gitlab);
  const people = (['ana', 'ben', 'cem'] as const).map((username) => {
    const { id, name } = miro.addUser(gitlab.user(username).name, PEOPLE[username].id);
    return { id, name, username, token: tokens[username].value };
  });
  miro.addTeam('Acme', people.map((person) => person.id), TEAM);
  miro.addBoard('Roadmap 2027', TEAM, Object.fromEntries(Object.values(PEOPLE).map(({ id, role }) => [id, role])), BOARD);
  // what was talked about last comes first wherever people search
  gitlab.as('ben').addNote('acme/roadmap', 3, 'Müller & Söhne wrote again this morning.');
  gitlab.as('ana').addNote('acme/roadmap', 2, 'The limit of 20 is fine with everybody.');
  gitlab.as('ben').addNote('acme/roadmap', 1, 'Can reproduce it with 51 items, not with 50.');
  return { board: BOARD, team: TEAM, people, project: 'acme/roadmap' };
}
