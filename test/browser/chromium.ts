import { existsSync } from 'node:fs';
import { join } from 'node:path';
import sparticuz from '@sparticuz/chromium';
import { chromium, type Browser, type LaunchOptions } from 'playwright-core';

const LINUX = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge-stable', 'microsoft-edge'].flatMap((name) => [`/usr/bin/${name}`, `/usr/local/bin/${name}`, `/snap/bin/${name}`]);
const MAC = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
const WINDOWS = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((folder) =>
  ['Google\\Chrome\\Application\\chrome.exe', 'Chromium\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'].map((path) => join(process.env[folder] ?? 'C:\\', path)),
);

/** Where Chrome, Chromium and Edge are usually installed on this system. */
function installed(): string[] {
  const usual = process.platform === 'win32' ? WINDOWS : process.platform === 'darwin' ? MAC : LINUX;
  return usual.filter((path) => existsSync(path));
}

/**
 * Starts a headless browser: the one that `CHROMIUM` names, else an installed Chrome, Chromium or Edge, else the Chromium that the package `@sparticuz/chromium` ships (Linux x64).
 * `CHROMIUM=bundled` goes straight to the last. Throws with what to install when none starts.
 */
export async function launchChromium(): Promise<Browser> {
  const wanted = process.env['CHROMIUM'];
  const paths = wanted === 'bundled' ? [] : wanted ? [wanted] : installed();
  const attempts: (() => Promise<LaunchOptions>)[] = paths.map((executablePath) => () => Promise.resolve({ executablePath }));
  if (!wanted || wanted === 'bundled') {
    attempts.push(async () => {
      sparticuz.setGraphicsMode = false;
      return { executablePath: await sparticuz.executablePath(), args: sparticuz.args };
    });
  }
  const reasons: string[] = [];
  for (const attempt of attempts) {
    try {
      return await chromium.launch(await attempt());
    } catch (error) {
      reasons.push(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
    }
  }
  throw new Error(
    `No browser could be started. Install Chromium, Chrome or Edge (Debian: apt-get install chromium; macOS: brew install --cask chromium; Windows: winget install Google.Chrome), or name one in CHROMIUM. Tried: ${reasons.join('; ') || 'nothing, none is installed'}`,
  );
}
