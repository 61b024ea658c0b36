import { Fragment, type JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { MemberView } from '@tandem/shared/api';
import { atSite, handleOf, siteKey } from '../../state/account.ts';
import { valueOf } from '../../state/load.ts';
import type { Settings } from '../../state/settings.ts';
import { announce } from '../../ui/announcer.tsx';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { Disconnect } from '../disconnect.tsx';
import { AccountState, StateChip } from './entry.tsx';
import { Opened } from './opened.tsx';
import { Ledger } from './ledger.tsx';
import { Section } from './section.tsx';

type Account = MemberView['accounts'][number];

/** Everybody's accounts, for whoever administers the team. */
export function Team({ settings }: { settings: Settings }): JSX.Element | null {
  const load = settings.team.value;
  if (valueOf(load)?.admin === false) return null;
  return (
    <Section id="team" title="Team" lead="Who of your team connected what. Disconnect whoever has left." load={load} onRetry={settings.refresh}>
      {({ members, user }) => (
        <>
          <Ledger columns={['Member', 'Account', 'State']} actions="What you can do">
            {members.map((member) => (
              <Member key={member.user} settings={settings} member={member} you={member.user === user} />
            ))}
          </Ledger>
          {members.length === 1 && <p class="sheet-note fine">Nobody else of your team has signed in yet.</p>}
        </>
      )}
    </Section>
  );
}

function Member({ settings, member, you }: { settings: Settings; member: MemberView; you: boolean }): JSX.Element {
  const [asked, setAsked] = useState('');
  const { accounts } = member;
  const remove = async (account: Account): Promise<void> => {
    const { left } = await settings.api.removeAccount(member.user, account.tool, account.site);
    setAsked('');
    announce(`${account.name} of ${member.name} is disconnected`);
    settings.left.value = left;
    void settings.refresh();
  };
  const name = (
    <th class="member" role="rowheader" scope="rowgroup" rowSpan={Math.max(1, accounts.length) + (asked ? 1 : 0)}>
      <span class="member-line">
        <Avatar person={{ id: member.user, name: member.name, username: '' }} />
        <span class="member-text">
          <span class="wrap" dir="auto">
            {member.name}
          </span>
          {(you || member.admin) && <span class="fine">{[you && 'You', member.admin && 'Administrator'].filter(Boolean).join(', ')}</span>}
          {member.miro !== 'active' && <StateChip tone="bad">Signed out of Miro</StateChip>}
        </span>
      </span>
    </th>
  );
  return (
    <tbody role="rowgroup">
      {accounts.length === 0 && (
        <tr role="row">
          {name}
          <td role="cell" class="fine" colSpan={3}>
            No tool connected
          </td>
        </tr>
      )}
      {accounts.map((account, index) => (
        <Fragment key={siteKey(account)}>
          <tr role="row">
            {index === 0 && name}
            <td role="cell">
              <strong>{account.name}</strong>
              <span class="fine wrap">
                {handleOf(account.person)}
                {atSite(account)}
              </span>
            </td>
            <td role="cell">
              <AccountState account={account} />
            </td>
            <td role="cell" class="entry-actions">
              {asked !== siteKey(account) && (
                <Button kind="tertiary" onClick={() => setAsked(siteKey(account))}>
                  Disconnect
                  <span class="sr">
                    {' '}
                    {account.name} of {member.name}
                  </span>
                </Button>
              )}
            </td>
          </tr>
          {asked === siteKey(account) && (
            <tr role="row">
              <td role="cell" colSpan={3}>
                <Opened>
                  <Disconnect name={`${account.name} of ${member.name}`} onConfirm={() => remove(account)} onKeep={() => setAsked('')} />
                </Opened>
              </td>
            </tr>
          )}
        </Fragment>
      ))}
    </tbody>
  );
}
