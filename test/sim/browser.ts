import type { Someone } from './world.ts';

/** Where a visit ended. */
export interface Visit {
  readonly status: number;
  /** path, query and fragment at Tandem; the whole address elsewhere */
  readonly to: string;
  /** whose consent pages were shown on the way */
  readonly asked: readonly ('miro' | 'gitlab')[];
  readonly text: string;
}

/** What a person answers on consent pages; `leave`: they close the window there. */
export type Answer = 'agree' | 'deny' | 'leave';

/** As much of a browser as signing in needs: it keeps cookies per origin, follows redirects, and its person answers the consent pages of the simulators. */
export interface Browser {
  /** Opens an address, or a path at Tandem. */
  open(address: string, answers?: { miro?: Answer; gitlab?: Answer }): Promise<Visit>;
  /** A request that a page of Tandem makes, with the browser's cookies. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** the cookies at Tandem, as a request carries them */
  cookies(): string;
}

/** A browser whose person is signed in to the simulated Miro and GitLab. `send` makes each request. */
export function openBrowser(options: { who: Someone; tandem: string; miro: string; gitlab: string; send: (request: () => Promise<Response>) => Promise<Response> }): Browser {
  const { who } = options;
  const jar = new Map<string, Map<string, string>>();
  const jarOf = (origin: string): Map<string, string> => {
    const kept = jar.get(origin) ?? new Map<string, string>();
    jar.set(origin, kept);
    return kept;
  };
  const cookieOf = (origin: string): string => [...jarOf(origin)].map(([name, value]) => `${name}=${value}`).join('; ');

  const request = async (address: string, init: RequestInit = {}): Promise<Response> => {
    const { origin } = new URL(address);
    const headers = new Headers(init.headers);
    headers.set('cookie', cookieOf(origin));
    const answer = await options.send(() => fetch(address, { ...init, headers, redirect: 'manual' }));
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jarOf(origin).delete(name);
      else jarOf(origin).set(name, value);
    }
    return answer;
  };
  const agreeing: Readonly<Record<'miro' | 'gitlab', (agree: boolean) => Record<string, string>>> = {
    miro: (agree) => ({ user: who.user, team: who.team, answer: agree ? 'allow' : 'deny' }),
    gitlab: (agree) => ({ user: who.name, answer: agree ? 'authorize' : 'deny' }),
  };
  const consentAt = (address: URL): 'miro' | 'gitlab' | undefined => {
    if (address.pathname !== '/oauth/authorize') return undefined;
    return address.origin === new URL(options.miro).origin ? 'miro' : address.origin === new URL(options.gitlab).origin ? 'gitlab' : undefined;
  };

  return {
    cookies: () => cookieOf(new URL(options.tandem).origin),
    fetch: (path, init) => request(new URL(path, options.tandem).href, init),
    async open(address, answers = {}) {
      const asked: ('miro' | 'gitlab')[] = [];
      let at = new URL(address, options.tandem);
      let answer = await request(at.href);
      for (let hops = 0; hops < 20; hops += 1) {
        const location = answer.headers.get('location');
        const consent = location === null && answer.status === 200 ? consentAt(at) : undefined;
        if (consent) {
          asked.push(consent);
          const given = answers[consent] ?? 'agree';
          if (given === 'leave') break;
          answer = await request(at.href, { method: 'POST', body: new URLSearchParams(agreeing[consent](given === 'agree')) });
        } else if (location === null) {
          break;
        } else {
          at = new URL(location, at);
          // Pages are not served in every world, and where a visit ended is all that counts.
          if (at.origin === new URL(options.tandem).origin && at.pathname.endsWith('.html')) break;
          answer = await request(at.href);
        }
      }
      const home = at.origin === new URL(options.tandem).origin;
      return { status: answer.status, to: home ? at.pathname + at.search + at.hash : at.href, asked, text: await answer.text() };
    },
  };
}
