import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startGitlab, type GitlabApplication, type GitlabSim } from '../sim/gitlab.ts';
import { startMiro, type MiroSim } from '../sim/miro.ts';
import { makeActivity } from './activity.ts';
import { openBoardDesk } from './board-desk.ts';
import { startBff, type Bff } from './process.ts';
import { findRoot } from './root.ts';
import { seed, type Seeded } from './seed.ts';
import { startBoardServer } from './server.ts';
import { makeSwitches } from './switches.ts';

export interface SandboxOptions {
  /** free ones where not given */
  readonly ports?: { readonly board?: number; readonly gitlab?: number };
  /** `child`: the built BFF as a process, which the sandbox's switches can kill; `none`: whoever calls runs one, or none */
  readonly bff: 'child' | 'none';
  /** the BFF's origin; `setBff` may name it later */
  readonly bffUrl?: string;
  readonly now?: () => number;
  /** more of the BFF's environment: its store and secret, other tools */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** the BFF's child process ended by itself */
  readonly ended?: (code: number | string, tail: string) => void;
}

/** Everything of the sandbox but the browser. */
export interface Sandbox {
  /** address of the pretend board, and origin of the pretend Miro */
  readonly boardUrl: string;
  readonly miro: MiroSim;
  readonly gitlab: GitlabSim;
  readonly seeded: Seeded;
  /** the environment that a BFF needs to work with this sandbox */
  env(): Record<string, string>;
  /** Names the origin of the BFF that the board loads its pages from. */
  setBff(url: string): void;
  close(): Promise<void>;
}

const CLIENT_ID = '3458764500000000001';

/** Where the built BFF writes its log in the sandbox. */
export const LOG_FILE = join('.cache', 'sandbox.log');

/** Starts the simulators with their content, the board's server and, if wanted, the BFF. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const root = findRoot();
  const now = options.now ?? Date.now;
  const clientSecret = randomBytes(24).toString('hex');
  const secret = randomBytes(32).toString('base64');
  const redirectUris: string[] = [];
  let app = '';
  let bff: Bff | undefined;
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  const setBff = (url: string): void => {
    app = url;
    redirectUris.splice(0, redirectUris.length, `${url}/auth/miro/callback`);
  };
  if (options.bffUrl) setBff(options.bffUrl);

  try {
    const miro = await startMiro({ clientId: CLIENT_ID, clientSecret, redirectUris, now });
    closers.push(() => miro.close());
    const gitlab = await startGitlab({ port: options.ports?.gitlab ?? 0, now });
    closers.push(() => gitlab.close());
    const seeded = seed(miro, gitlab);
    const activity = makeActivity(miro, gitlab, now);
    const switches = makeSwitches({ miro, gitlab, activity, bff: () => bff });
    const desk = openBoardDesk({ miro, gitlab, seeded, activity, switches, app: () => app, killable: () => bff !== undefined });
    closers.push(() => desk.close());
    const board = await startBoardServer({ port: options.ports?.board ?? 0, assets: join(root, 'test/dist/board'), miro: miro.url, desk });
    closers.push(() => board.close());

    let application: GitlabApplication | undefined;
    const env = (): Record<string, string> => {
      application ??= gitlab.addApplication({ name: 'Tandem', redirectUris: [`${app}/auth/gitlab/callback`] });
      return {
        PORT: new URL(app).port,
        TANDEM_URL: app,
        TANDEM_SECRET: secret,
        MIRO_CLIENT_ID: CLIENT_ID,
        MIRO_CLIENT_SECRET: clientSecret,
        MIRO_API_URL: miro.url,
        MIRO_WEB_URL: board.url,
        MIRO_SDK_URL: `${board.url}/sdk/miro.js`,
        GITLAB_URL: gitlab.url,
        GITLAB_CLIENT_ID: application.clientId,
        GITLAB_CLIENT_SECRET: application.clientSecret,
      };
    };
    if (options.bff === 'child') {
      const ended = (code: number | string, tail: string): void => {
        activity.add({ from: 'Tandem', text: `ended (${code})`, mood: 'bad' });
        options.ended?.(code, tail);
      };
      bff = await startBff({ script: join(root, 'bff/dist/main.js'), url: app, env: { ...process.env, ...env(), ...options.env }, log: join(root, LOG_FILE), ended });
      const started = bff;
      closers.push(() => started.stop());
    }
    return { boardUrl: `${board.url}${desk.path}`, miro, gitlab, seeded, env, setBff, close };
  } catch (error) {
    await close();
    throw error;
  }
}
