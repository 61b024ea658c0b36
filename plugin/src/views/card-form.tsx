import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { CardAnswer, LinkState } from '@tandem/shared/api';
import type { Api } from '../api.ts';
import type { Edit } from '../state/edit.ts';
import { FIELDS } from '../state/values.ts';
import { Callout } from '../ui/callout.tsx';
import { shortKey } from '../ui/short-key.ts';
import { CardFoot } from './card-foot.tsx';
import { CardHead } from './card-head.tsx';
import { ConnectForm } from './connect-form.tsx';
import { Fields } from './fields.tsx';
import { ReadOnly } from './read-only.tsx';
import { Unlink } from './unlink.tsx';

/** Why a card does not follow. */
export const STILL = { live: '', gone: 'What this card showed is gone', hidden: 'This card does not follow now', unreachable: 'This card cannot be updated', removed: 'This card was deleted' } as const satisfies Record<LinkState, string>;

/** The item behind a card, to read and to edit. */
export function CardForm({ edit, api, answer }: { edit: Edit; api: Api; answer: CardAnswer }): JSX.Element {
  const { item, place, card, watch, rights } = answer;
  const site = edit.site.value;
  const tool = site?.name ?? 'the tool';
  const need = edit.need.value;
  const live = card.state === 'live';
  const allowed = rights.fields.length;
  const writable = live && allowed > 0;
  const body = useRef<HTMLElement>(null);
  const asked = Boolean(need) || edit.clashes.value.length > 0;
  useEffect(() => {
    if (asked) body.current?.scrollTo(0, 0);
  }, [asked]);
  const handleSubmit = (event: Event): void => {
    event.preventDefault();
    void edit.save();
  };
  const handleKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void edit.save();
  };

  return (
    <form class="card-form" noValidate onSubmit={handleSubmit} onKeyDown={handleKeyDown}>
      <CardHead item={item} card={card} place={place} tool={tool} />
      <main class="card-body" ref={body}>
        {!live && (
          <Callout tone="warning" title={STILL[card.state]}>
            <p>{card.reason ?? 'It keeps what it last showed.'}</p>
          </Callout>
        )}
        {live && allowed < FIELDS.length && (
          <Callout tone="info" title={allowed ? 'You can change some of this' : 'You can read this, not change it'}>
            <p>{rights.reason ?? `Your ${tool} account has no right to edit all of it in ${place.name}. A maintainer there can give it to you.`}</p>
          </Callout>
        )}
        {live && watch === 'poll' && (
          <Callout tone="info" title={`Changes made in ${tool} arrive within a minute`}>
            <p>
              Nobody’s account may create a webhook in {place.name}, so Tandem asks for changes. They arrive at once when somebody who may, such as a maintainer, connects {tool} in the panel.
            </p>
          </Callout>
        )}
        {edit.clashes.value.length > 0 && (
          <Callout tone="warning" title="Somebody was faster">
            <p>Nothing of yours is lost, and nothing of theirs was overwritten. Choose below what should stand, then save again.</p>
          </Callout>
        )}
        {need?.kind === 'account' && (
          <section class="inset" aria-label={`Connect ${need.site.name}`}>
            <h2 class="empty-title">{need.site.account ? `Reconnect ${need.site.name} to save` : `Connect ${need.site.name} to save`}</h2>
            <p class="fine">Edits are made with your own account. What you typed stays here meanwhile.</p>
            <ConnectForm api={api} site={need.site} onConnected={(next) => void edit.connected(next)} />
          </section>
        )}
        {writable ? <Fields edit={edit} answer={answer} /> : <ReadOnly item={item} />}
        <Unlink itemKey={shortKey(item.key)} onUnlink={edit.unlink} />
      </main>
      <CardFoot edit={edit} writable={writable} />
    </form>
  );
}
