import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AccountView, SiteView } from '@tandem/shared/api';
import { atSite, handleOf, healthOf, hostOf, siteKey } from '../state/account.ts';
import type { Session } from '../state/session.ts';
import { valueOf } from '../state/load.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import { Disconnect } from './disconnect.tsx';
import { EndsSoon } from './ends-soon.tsx';
import { SiteMark } from './site-mark.tsx';

/** Which tool this is, and who you are there. */
export function Header({ session, site, account }: { session: Session; site: SiteView; account: AccountView }): JSX.Element {
  const [leaving, setLeaving] = useState(false);
  const { sites = [], tools = [] } = valueOf(session.me.value) ?? {};
  const { person, kind, ends } = account;
  const connect = (step: Session['connecting']['value']) => (): void => void (session.connecting.value = step);
  return (
    <header class="head">
      <h1 class="sr">
        Tandem: {site.name} {atSite(site)}
      </h1>
      <div class="head-bar">
        <Menu
          label="Switch tool"
          triggerClass="head-site"
          trigger={
            <>
              <Named site={site} />
              <Icon name="chevron" />
            </>
          }
          items={[
            ...sites.map((one) => ({
              id: siteKey(one),
              checked: siteKey(one) === siteKey(site),
              content: (
                <>
                  <Named site={one} />
                  {siteKey(one) === siteKey(site) ? <Icon name="check" /> : <span class="fine">{todo(one)}</span>}
                </>
              ),
              onPick: () => session.use(one),
            })),
            ...(tools.length > 0 ? [{ id: 'another', content: 'Another site…', onPick: connect('name') }] : []),
          ]}
        />
        <Menu
          label={`Account: ${person.name}`}
          triggerClass="head-me"
          end
          trigger={<Avatar person={person} />}
          heading={
            <div class="menu-heading">
              <strong dir="auto">{person.name}</strong>
              <span class="fine">
                {handleOf(person)}
                {atSite(site)}
              </span>
            </div>
          }
          items={[
            { id: 'renew', content: kind === 'token' && !site.connector ? 'Change token' : 'Sign in again', onPick: connect(site) },
            { id: 'settings', content: 'Accounts and settings', href: '/settings.html' },
            { id: 'leave', content: `Disconnect ${site.name}`, danger: true, onPick: () => setLeaving(true) },
          ]}
        />
      </div>
      {leaving && <Disconnect name={`${site.name} ${atSite(site)}`} onConfirm={async () => session.disconnected(site, (await session.api.disconnect(site.tool, site.site)).left)} onKeep={() => setLeaving(false)} />}
      {ends && healthOf(account, Date.now()) === 'ending' && <EndsSoon name={site.name} ends={ends} onReplace={connect(site)} />}
    </header>
  );
}

function Named({ site }: { site: SiteView }): JSX.Element {
  return (
    <>
      <SiteMark site={site} />
      <span class="site-text">
        <strong class="cut">{site.name}</strong>
        <span class="fine cut">{hostOf(site)}</span>
      </span>
    </>
  );
}

function todo({ account }: SiteView): string {
  if (!account) return 'Connect';
  return healthOf(account, Date.now()) === 'expired' ? 'Expired' : '';
}
