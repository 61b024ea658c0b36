import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sparticuz from '@sparticuz/chromium';
import { chromium, type Browser, type LaunchOptions } from 'playwright-core';

const LINUX = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge-stable', 'microsoft-edge'].flatMap((name) => [`/usr/bin/${name}`, `/usr/local/bin/${name}`, `/snap/bin/${name}`]);
const MAC = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
const WINDOWS = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((folder) =>
  ['Google\\Chrome\\Application\\chrome.exe', 'Chromium\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'].map((path) => join(process.env[folder] ?? 'C:\\', path)),
);

const ANY_POPUP = '--disable-popup-blocking';

/** Where Chrome, Chromium and Edge are usually installed on this system. */
function installed(): string[] {
  const usual = process.platform === 'win32' ? WINDOWS : process.platform === 'darwin' ? MAC : LINUX;
  return usual.filter((path) => existsSync(path));
}

/** The package's Chromium with the shared libraries that it brings along: a bare system has no `libnss3`. It unpacks them only where it believes to be in a Lambda of Node 20 or later. */
async function bundled(): Promise<Pick<LaunchOptions, 'executablePath' | 'env' | 'args'>> {
  const pretended = 'AWS_LAMBDA_JS_RUNTIME';
  const before = process.env[pretended];
  process.env[pretended] = 'nodejs22.x';
  try {
    sparticuz.setGraphicsMode = false;
    const executablePath = await sparticuz.executablePath();
    const env = { ...process.env, LD_LIBRARY_PATH: join(tmpdir(), 'al2023', 'lib'), FONTCONFIG_PATH: join(tmpdir(), 'fonts') };
    // In a single process the whole browser ends with the first context that is closed.
    return { executablePath, env, args: sparticuz.args.filter((flag) => flag !== '--single-process') };
  } finally {
    if (before === undefined) delete process.env[pretended];
    else process.env[pretended] = before;
  }
}

/** Unpacks the package's Chromium where it will be used. Once for all test processes, before they begin: two that unpack at a time start each other's halves. */
export async function setup(): Promise<void> {
  const wanted = process.env['CHROMIUM'];
  if (wanted === 'bundled' || (!wanted && installed().length === 0)) await bundled();
}

/**
 * Starts a headless browser: the one that `CHROMIUM` names, else an installed Chrome, Chromium or Edge, else the Chromium that the package `@sparticuz/chromium` ships (Linux x64).
 * `CHROMIUM=bundled` goes straight to the last. Throws with what to install when none starts. `blocksPopups`: windows open within clicks only, as in people's browsers; automated ones allow all.
 */
export async function launchChromium({ blocksPopups = false } = {}): Promise<Browser> {
  const wanted = process.env['CHROMIUM'];
  const paths = wanted === 'bundled' ? [] : wanted ? [wanted] : installed();
  const attempts: (() => Promise<LaunchOptions>)[] = paths.map((executablePath) => () => Promise.resolve({ executablePath }));
  if (!wanted || wanted === 'bundled') attempts.push(bundled);
  const reasons: string[] = [];
  for (const attempt of attempts) {
    try {
      const { args = [], ...options } = await attempt();
      return await chromium.launch({ ...options, args: args.filter((flag) => !blocksPopups || flag !== ANY_POPUP), ...(blocksPopups ? { ignoreDefaultArgs: [ANY_POPUP] } : {}) });
    } catch (error) {
      reasons.push(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
    }
  }
  throw new Error(
    `No browser could be started. Install Chromium, Chrome or Edge (Debian: apt-get install chromium; macOS: brew install --cask chromium; Windows: winget install Google.Chrome), or name one in CHROMIUM. Tried: ${reasons.join('; ') || 'nothing, none is installed'}`,
  );
}
