import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { SiteView } from '@tandem/shared/api';
import type { Person } from '@tandem/shared/item';
import { asApiError } from '../api.ts';
import { siteKey, type Session } from '../state/session.ts';
import { valueOf } from '../state/load.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { Icon } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import { SiteMark } from './site-mark.tsx';

/** Which tool this is, and who you are there. */
export function Header({ session, site, person }: { session: Session; site: SiteView; person: Person }): JSX.Element {
  const [leaving, setLeaving] = useState<'no' | 'asked' | 'busy' | { message: string }>('no');
  const sites = valueOf(session.me.value)?.sites ?? [];
  const handleLeave = (): void => {
    setLeaving('busy');
    session.disconnect(site).catch((error: unknown) => setLeaving({ message: asApiError(error).message }));
  };
  const name = (
    <>
      <SiteMark site={site} />
      <span class="site-text">
        <strong class="cut">{site.name}</strong>
        <span class="fine cut">{site.site}</span>
      </span>
    </>
  );
  return (
    <header class="head">
      <h1 class="sr">Tandem: {site.name}</h1>
      <div class="head-bar">
        {sites.length > 1 ? (
          <Menu
            label="Switch tool"
            triggerClass="head-site"
            trigger={
              <>
                {name}
                <Icon name="chevron" />
              </>
            }
            items={sites.map((one) => ({
                id: siteKey(one),
                checked: siteKey(one) === siteKey(site),
                content: (
                  <>
                    <SiteMark site={one} />
                    <span class="site-text">
                      <strong class="cut">{one.name}</strong>
                      <span class="fine cut">{one.account ? (one.account.state === 'active' ? one.site : 'Expired: reconnect') : 'Connect'}</span>
                    </span>
                    {siteKey(one) === siteKey(site) && <Icon name="check" />}
                  </>
                ),
                onPick: () => session.use(one),
            }))}
          />
        ) : (
          <div class="head-site">{name}</div>
        )}
        <Menu
          label={`Account: ${person.name}`}
          triggerClass="head-me"
          end
          trigger={<Avatar person={person} />}
          heading={
            <div class="menu-heading">
              <strong dir="auto">{person.name}</strong>
              <span class="fine">
                @{person.username} at {site.name}
              </span>
            </div>
          }
          items={[
            { id: 'renew', content: 'Change token', onPick: () => (session.connecting.value = site) },
            { id: 'leave', content: `Disconnect ${site.name}`, danger: true, onPick: () => setLeaving('asked') },
          ]}
        />
      </div>
      {leaving !== 'no' && (
        <Callout
          tone="warning"
          title={`Disconnect ${site.name}?`}
          actions={
            <>
              <Button kind="danger" busy={leaving === 'busy'} onClick={handleLeave}>
                Disconnect
              </Button>
              <Button kind="tertiary" onClick={() => setLeaving('no')}>
                Keep
              </Button>
            </>
          }
        >
          <p>{typeof leaving === 'object' ? leaving.message : 'Your token is deleted. Cards stay on the board and follow their items as long as somebody else of your team can read them.'}</p>
        </Callout>
      )}
    </header>
  );
}
