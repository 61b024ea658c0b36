import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startGitlab, type GitlabApplication, type GitlabSim } from '../sim/gitlab.ts';
import { startMiro, type MiroSim } from '../sim/miro.ts';
import { makeCertificate, startMunity, type MunitySim } from '../sim/munity.ts';
import { seedJira } from '../sim/munity-seed.ts';
import { startProductboard, type PbSim } from '../sim/productboard.ts';
import { seedProductboard } from '../sim/productboard-seed.ts';
import { makeActivity } from './activity.ts';
import { openBoardDesk } from './board-desk.ts';
import { startBff, type Bff } from './process.ts';
import { findRoot } from './root.ts';
import { seed, type Seeded } from './seed.ts';
import { startBoardServer } from './server.ts';
import { makeSwitches } from './switches.ts';

export interface SandboxOptions {
  /** free ones where not given */
  readonly ports?: { readonly board?: number; readonly gitlab?: number; readonly munity?: number; readonly jira?: number; readonly productboard?: number };
  /** `false`: no Munity, and no Jira behind it */
  readonly munity?: boolean;
  /** `held`: imports at Munity wait for `munity.releaseImports()`; without it they take a moment */
  readonly imports?: 'held';
  /** `false`: no Productboard */
  readonly productboard?: boolean;
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
  readonly munity: MunitySim | undefined;
  readonly productboard: PbSim | undefined;
  readonly seeded: Seeded;
  /** the environment that a BFF needs to work with this sandbox */
  env(): Record<string, string>;
  /** Names the origin of the BFF that the board loads its pages from. */
  setBff(url: string): void;
  close(): Promise<void>;
}

const CLIENT_ID = '3458764500000000001';
const WORKSPACE = '5a9d6b0e-1c1f-4e0b-9a57-0d1b2c3d4e5f';
/** Munity's import takes a moment, and its syncs come by themselves, as they really do, only sooner. */
const [IMPORT, SYNC] = [1_500, 10_000];

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
  let munity: MunitySim | undefined;
  const webhookToken = randomBytes(24).toString('base64url');
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  const setBff = (url: string): void => {
    app = url;
    redirectUris.splice(0, redirectUris.length, `${url}/auth/miro/callback`);
    if (munity) munity.webhookUrl = `${url}/hooks/munity/${webhookToken}`;
  };
  try {
    const miro = await startMiro({ clientId: CLIENT_ID, clientSecret, redirectUris, now });
    closers.push(() => miro.close());
    const gitlab = await startGitlab({ port: options.ports?.gitlab ?? 0, now });
    closers.push(() => gitlab.close());
    const productboard = options.productboard === false ? undefined : await startProductboard({ port: options.ports?.productboard ?? 0, ...(options.now ? { now } : {}) });
    closers.push(() => productboard?.close());
    if (productboard) seedProductboard(productboard);
    const seeded = seed(miro, gitlab);
    const behind = options.munity === false ? undefined : await munityWithJira({ munity: options.ports?.munity ?? 0, jira: options.ports?.jira ?? 0, importAfter: options.imports ?? IMPORT }, now);
    munity = behind?.sim;
    closers.push(() => munity?.close());
    if (options.bffUrl) setBff(options.bffUrl);
    const activity = makeActivity({ miro, gitlab, munity, now });
    const switches = makeSwitches({ miro, gitlab, munity, activity, bff: () => bff });
    const desk = openBoardDesk({ miro, gitlab, munity, productboard, seeded, activity, switches, app: () => app, killable: () => bff !== undefined });
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
        ...(productboard ? { PRODUCTBOARD_URL: productboard.url, PRODUCTBOARD_API_URL: productboard.url } : {}),
        ...(behind ? { ...behind.env, MUNITY_WEBHOOK_TOKEN: webhookToken } : {}),
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
    return { boardUrl: `${board.url}${desk.path}`, miro, gitlab, munity, productboard, seeded, env, setBff, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A Munity of a workspace of its own, with a Jira behind it, and the settings that make Tandem use it. */
async function munityWithJira({ munity, jira, importAfter }: { munity: number; jira: number; importAfter: number | 'held' }, now: () => number): Promise<{ sim: MunitySim; env: Record<string, string> }> {
  const { privateKey, publicKey } = makeCertificate();
  const apiKey = `${randomBytes(4).toString('hex')}.${randomBytes(24).toString('base64url')}`;
  const sim = await startMunity({ port: munity, toolsPort: jira, now, workspaceId: WORKSPACE, publicKey, apiKey, importAfter, syncEvery: SYNC });
  seedJira(sim);
  return { sim, env: { MUNITY_API_URL: sim.url, MUNITY_SSE_URL: sim.sseUrl, MUNITY_WORKSPACE_ID: WORKSPACE, MUNITY_PRIVATE_KEY: privateKey, MUNITY_API_KEY: apiKey, MUNITY_CONNECTORS: 'jira' } };
}
