import type { ComponentChildren, JSX } from 'preact';
import type { AccountView, SiteView } from '@tandem/shared/api';
import { dayOf, healthOf } from '../../state/account.ts';
import { SiteMark } from '../site-mark.tsx';
import { Opened } from './opened.tsx';

interface Props {
  mark: Pick<SiteView, 'tool' | 'name'>;
  children: ComponentChildren;
  state?: ComponentChildren;
  actions?: ComponentChildren;
  /** what one of the actions opened */
  more?: ComponentChildren;
}

/** A line of a list: a tool, what there is to say about it, its state, and what can be done. */
export function Entry({ mark, children, state, actions, more }: Props): JSX.Element {
  return (
    <li class="entry">
      <div class="entry-line">
        <SiteMark site={mark} />
        <div class="entry-text">{children}</div>
        {state}
        <div class="entry-actions">{actions}</div>
      </div>
      {more && <Opened>{more}</Opened>}
    </li>
  );
}

const TONE = { active: 'good', ending: 'soon', expired: 'bad' } as const;

/** How an account is, in a word or two. */
export function AccountState({ account }: { account: AccountView }): JSX.Element {
  const health = healthOf(account, Date.now());
  return <StateChip tone={TONE[health]}>{health === 'ending' && account.ends ? `Ends on ${dayOf(account.ends, Date.now())}` : health === 'expired' ? 'Expired' : 'Connected'}</StateChip>;
}

/** A state as a coloured chip; its words say the same as its colour. */
export function StateChip({ tone, children }: { tone: 'good' | 'soon' | 'bad' | 'none'; children: ComponentChildren }): JSX.Element {
  return <span class={`chip state-${tone}`}>{children}</span>;
}
