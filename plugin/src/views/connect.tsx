import type { JSX } from 'preact';
import { atSite, hostOf, isUsable, siteKey } from '../state/account.ts';
import type { Session } from '../state/session.ts';
import { valueOf } from '../state/load.ts';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Icon } from '../ui/icon.tsx';
import { ConnectForm, connectWord } from './connect-form.tsx';
import { LeftOver } from './disconnect.tsx';
import { NameSite } from './name-site.tsx';
import { SiteMark } from './site-mark.tsx';

/** What is left to do after disconnecting; else choose a tool, then give Tandem the means to act there as this person. */
export function Connect({ session }: { session: Session }): JSX.Element {
  const { sites = [], tools = [] } = valueOf(session.me.value) ?? {};
  const wanted = session.connecting.value;
  const only = sites.length === 1 ? sites[0] : undefined;
  const working = sites.some((one) => isUsable(one, Date.now()));
  const go = (step: Session['connecting']['value']) => (): void => void (session.connecting.value = step);
  const back = (
    <Button kind="tertiary" onClick={go(working && wanted ? undefined : 'choose')}>
      Back
    </Button>
  );
  const another = (
    <Button kind="secondary" onClick={go('name')}>
      Another site…
    </Button>
  );
  if (session.left.value.length > 0) {
    return (
      <main class="page">
        <h1 class="sr">Tandem</h1>
        <LeftOver left={session.left.value} onClose={() => void (session.left.value = [])} />
      </main>
    );
  }
  if (sites.length === 0 && tools.length === 0) {
    return (
      <main class="page">
        <EmptyState page icon="info" tone="gray" title="No tool is set up yet">
          <p>Whoever runs Tandem for you has to name the tools that it may connect, such as GitLab or Gitea.</p>
        </EmptyState>
      </main>
    );
  }
  if (typeof wanted !== 'object' && (wanted === 'name' || sites.length === 0)) {
    return (
      <main class="page">
        <h1 class="title">Where is it?</h1>
        <p class="lead">A site of your own, or one of another company.</p>
        <NameSite api={session.api} tools={tools} onNamed={session.use}>
          {sites.length > 0 && back}
        </NameSite>
      </main>
    );
  }
  const current = typeof wanted === 'object' ? wanted : ((wanted ? undefined : session.site.value) ?? only);
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
                  <span class="fine cut">{hostOf(one)}</span>
                  {one.account && (
                    <span class="fine cut">
                      {isUsable(one, Date.now()) ? 'Connected' : 'Expired'} · {one.account.person.name}
                    </span>
                  )}
                </span>
                <span class="turn-right">
                  <Icon name="chevron" size={20} />
                </span>
              </button>
            </li>
          ))}
        </ul>
        {tools.length > 0 && another}
        {working && back}
      </main>
    );
  }
  const again = current.account && !isUsable(current, Date.now());
  return (
    <main class="page">
      <div class="connect-head">
        <SiteMark site={current} large />
        <h1 class="title">
          {connectWord(current)} {current.name}
        </h1>
        <p class="lead">
          {current.connector ? 'in a window of its own, ' : 'as yourself '}
          <strong>{atSite(current)}</strong>
        </p>
      </div>
      {again && (
        <Callout tone="warning" title="Your access has ended">
          <p>{current.name} no longer accepts what you gave. Connect again: all cards and links stay as they are.</p>
        </Callout>
      )}
      <ConnectForm key={siteKey(current)} api={session.api} site={current} onConnected={session.connected}>
        {working || !only || current !== only ? (
          back
        ) : (
          tools.length > 0 && another
        )}
      </ConnectForm>
      <ul class="promises">
        <li>
          <Icon name="person" /> You can do here what you may do in {current.name}, no more.
        </li>
        <li>
          <Icon name="lock" /> {current.connector ? 'Your access is stored by Munity' : 'Your access is stored encrypted'}, and never reaches the board or another person.
        </li>
      </ul>
    </main>
  );
}
