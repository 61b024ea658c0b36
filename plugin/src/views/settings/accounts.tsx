import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { MeAnswer, SiteView } from '@tandem/shared/api';
import { atSite, healthOf, hostOf, siteKey } from '../../state/account.ts';
import type { Settings } from '../../state/settings.ts';
import { announce } from '../../ui/announcer.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ConnectForm, connectWord } from '../connect-form.tsx';
import { Disconnect } from '../disconnect.tsx';
import { NameSite } from '../name-site.tsx';
import { AccountState, Entry, StateChip } from './entry.tsx';
import { SIGN_IN } from './door.tsx';
import { Opened } from './opened.tsx';
import { Section } from './section.tsx';

/** The caller's own accounts: Miro's, one per site, and whatever else they may connect. */
export function Accounts({ settings }: { settings: Settings }): JSX.Element {
  return (
    <Section id="accounts" title="Your accounts" lead="Tandem reads and writes as yourself, with what your own accounts may do." load={settings.me.value} onRetry={settings.refresh}>
      {(me) => (
        <ul class="entries">
          <Miro state={me.miro} />
          {me.sites.map((site) => (
            <Account key={siteKey(site)} settings={settings} site={site} />
          ))}
          {me.tools.length > 0 && <Another settings={settings} me={me} />}
          {me.sites.length + me.tools.length === 0 && (
            <li>
              <EmptyState icon="info" tone="gray" title="No tool is set up yet">
                <p>Whoever runs Tandem for you has to name the tools that it may connect, such as GitLab or Gitea.</p>
              </EmptyState>
            </li>
          )}
        </ul>
      )}
    </Section>
  );
}

function Miro({ state }: { state: MeAnswer['miro'] }): JSX.Element {
  const active = state === 'active';
  return (
    <Entry
      mark={{ tool: 'miro', name: 'Miro' }}
      state={<StateChip tone={active ? 'good' : 'bad'}>{active ? 'Connected' : 'Signed out'}</StateChip>}
      actions={
        !active && (
          <a class="button button-medium button-primary" href={SIGN_IN}>
            Sign in again
          </a>
        )
      }
    >
      <strong>Miro</strong>
      <span class="fine">{active ? 'The cards that you create are kept up to date.' : 'Your cards follow again as soon as you are back; nothing is lost.'}</span>
    </Entry>
  );
}

function Account({ settings, site }: { settings: Settings; site: SiteView }): JSX.Element {
  const [open, setOpen] = useState<'connect' | 'leave' | undefined>(undefined);
  const close = (): void => setOpen(undefined);
  const { account } = site;
  const health = account && healthOf(account, Date.now());
  const done = (sentence: string, left: readonly string[] = []): void => {
    close();
    announce(sentence);
    settings.left.value = left;
    void settings.refresh();
  };
  const action = health === 'expired' ? 'Reconnect' : health === 'ending' ? 'Replace' : 'Connect';
  return (
    <Entry
      mark={site}
      state={account ? <AccountState account={account} /> : <StateChip tone="none">Not connected</StateChip>}
      actions={
        open === undefined && (
          <>
            {health !== 'active' && (
              <Button kind={health === 'expired' ? 'primary' : 'secondary'} onClick={() => setOpen('connect')}>
                {action}
                <span class="sr"> {site.name} {atSite(site)}</span>
              </Button>
            )}
            {account && (
              <Button kind="tertiary" onClick={() => setOpen('leave')}>
                Disconnect
                <span class="sr"> {site.name} {atSite(site)}</span>
              </Button>
            )}
          </>
        )
      }
      more={
        open === 'connect' ? (
          <ConnectForm api={settings.api} site={site} onConnected={() => done(`${site.name} is connected`)}>
            <Button kind="tertiary" onClick={close}>
              Cancel
            </Button>
          </ConnectForm>
        ) : (
          open === 'leave' && (
            <Disconnect name={`${site.name} ${atSite(site)}`} onConfirm={async () => done(`${site.name} is disconnected`, (await settings.api.disconnect(site.tool, site.site)).left)} onKeep={close} />
          )
        )
      }
    >
      <strong>{site.name}</strong>
      {account ? (
        <span class="wrap">
          <span dir="auto">{account.person.name}</span> {account.person.username && `(@${account.person.username}) `}
          {atSite(site)}
        </span>
      ) : (
        <span class="wrap">{hostOf(site)}</span>
      )}
      {account && <span class="fine">{account.kind === 'oauth' || site.connector ? `By signing in there${health === 'expired' ? '' : '; renews itself'}` : account.ends ? `By token, until ${UNTIL.format(Date.parse(account.ends))}` : 'By token'}</span>}
    </Entry>
  );
}

const UNTIL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long' });

/** A site that nobody configured: named by its address, then connected like any other. */
function Another({ settings, me }: { settings: Settings; me: MeAnswer }): JSX.Element {
  const [step, setStep] = useState<'rest' | 'name' | SiteView>('rest');
  const rest = (): void => setStep('rest');
  const cancel = (
    <Button kind="tertiary" onClick={rest}>
      Cancel
    </Button>
  );
  if (step === 'rest') {
    return (
      <li class="entry">
        <Button kind="secondary" onClick={() => setStep('name')}>
          Connect another site…
        </Button>
      </li>
    );
  }
  const handleConnected = (site: SiteView): void => {
    rest();
    announce(`${site.name} is connected`);
    void settings.refresh();
  };
  return (
    <li class="entry">
      <Opened key={step === 'name' ? step : siteKey(step)}>
        {step === 'name' ? (
          <>
            <h3 class="entry-title">Where is it?</h3>
            <NameSite api={settings.api} tools={me.tools} onNamed={setStep}>
              {cancel}
            </NameSite>
          </>
        ) : (
          <>
            <h3 class="entry-title">
              {connectWord(step)} {step.name} {atSite(step)}
            </h3>
            <ConnectForm api={settings.api} site={step} onConnected={handleConnected}>
              {cancel}
            </ConnectForm>
          </>
        )}
      </Opened>
    </li>
  );
}
