import { PASSWORD, type User } from './content.ts';

/** A person's browser at the Gitea of the tests, as far as OAuth needs one. */
export interface GiteaBrowser {
  /** Opens a consent address and answers where Gitea sends the browser in the end: the redirect URI with a code, or with an error where the person cancels. `asked`: whether the consent page was shown; Gitea does so once per user and application. */
  authorize(url: string, answer?: 'authorize' | 'cancel'): Promise<{ to: string; asked: boolean }>;
}

/** Signs in to Gitea's own pages. */
export async function giteaBrowser(base: string, user: User): Promise<GiteaBrowser> {
  const cookies = new Map<string, string>();
  const ask = async (url: string, form?: Readonly<Record<string, string>>): Promise<{ to: string | undefined; page: string }> => {
    const answer = await fetch(new URL(url, base), {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const page = await answer.text();
    if (answer.status >= 400) throw new Error(`Gitea answered ${answer.status} at ${url}`);
    return { to: answer.headers.get('location') ?? undefined, page };
  };
  const hidden = (page: string): Record<string, string> =>
    Object.fromEntries([...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]));

  const login = await ask('/user/login');
  const signedIn = await ask('/user/login', { ...hidden(login.page), user_name: user, password: PASSWORD });
  if (!signedIn.to) throw new Error(`${user} cannot sign in to Gitea`);

  return {
    async authorize(url, answer = 'authorize') {
      const { to, page } = await ask(url);
      if (to) return { to, asked: false };
      const granted = await ask('/login/oauth/grant', { ...hidden(page.slice(page.indexOf('/login/oauth/grant'))), granted: answer === 'authorize' ? 'true' : 'false' });
      if (!granted.to) throw new Error(`Gitea led nowhere after the consent page:\n${granted.page.slice(0, 500)}`);
      return { to: granted.to, asked: true };
    },
  };
}
