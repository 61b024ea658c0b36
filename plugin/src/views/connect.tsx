import type { JSX } from 'preact';
import type { SiteView } from '@tandem/shared/api';
import { siteKey, type Session } from '../state/session.ts';
import { valueOf } from '../state/load.ts';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Icon } from '../ui/icon.tsx';
import { ConnectForm } from './connect-form.tsx';
import { SiteMark } from './site-mark.tsx';

/** Choose a tool, then give Tandem the means to act there as this person. */
export function Connect({ session, site }: { session: Session; site: SiteView | undefined }): JSX.Element {
  const sites = valueOf(session.me.value)?.sites ?? [];
  const only = sites.length === 1 ? sites[0] : undefined;
  const current = site ?? only;
  const working = sites.some((one) => one.account?.state === 'active');

  if (sites.length === 0) {
    return (
      <main class="page">
        <EmptyState page icon="info" tone="gray" title="No tool is set up yet">
          <p>Whoever runs Tandem for you has to name the tools that it may connect, such as GitLab or Gitea.</p>
        </EmptyState>
      </main>
    );
  }
  if (!current) {
    return (
      <main class="page">
        <h1 class="title">Connect a tool</h1>
        <p class="lead">Where do the things live that you want to see on this board?</p>
        <ul class="sites">
          {sites.map((one) => (
            <li key={siteKey(one)}>
              <button type="button" class="site" onClick={() => session.use(one)}>
                <SiteMark site={one} />
                <span class="site-text">
                  <strong>{one.name}</strong>
                  <span class="fine cut">{one.account ? `${one.account.state === 'active' ? 'Connected' : 'Expired'} · ${one.account.person.name}` : one.site}</span>
                </span>
                <span class="turn-right">
                  <Icon name="chevron" size={20} />
                </span>
              </button>
            </li>
          ))}
        </ul>
        {working && (
          <Button kind="secondary" onClick={() => void (session.connecting.value = undefined)}>
            Back
          </Button>
        )}
      </main>
    );
  }
  const expired = current.account?.state === 'expired';
  return (
    <main class="page">
      <div class="connect-head">
        <SiteMark site={current} large />
        <h1 class="title">{expired ? `Reconnect ${current.name}` : `Connect ${current.name}`}</h1>
        <p class="lead">
          as yourself at <strong>{current.site}</strong>
        </p>
      </div>
      {expired && (
        <Callout tone="warning" title="Your access has ended">
          <p>{current.name} no longer accepts the token you gave. Paste a new one: all cards and links stay as they are.</p>
        </Callout>
      )}
      <ConnectForm key={siteKey(current)} api={session.api} site={current} onConnected={session.connected}>
        {(working || !only) && (
          <Button kind="tertiary" onClick={() => void (session.connecting.value = working ? undefined : 'choose')}>
            Back
          </Button>
        )}
      </ConnectForm>
      <ul class="promises">
        <li>
          <Icon name="person" /> You see and change here what you may see and change in {current.name}, no more.
        </li>
        <li>
          <Icon name="lock" /> Your token is stored encrypted, and never reaches the board or another person.
        </li>
      </ul>
    </main>
  );
}
