import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { CardView } from '@tandem/shared/api';
import type { Item } from '@tandem/shared/item';
import { printRef } from '@tandem/shared/ref';
import type { Session } from '../state/session.ts';
import { ago } from '../ui/ago.ts';
import { announce } from '../ui/announcer.tsx';
import { Avatar } from '../ui/avatar.tsx';
import { LabelChip, StatusChip } from '../ui/chip.tsx';
import { ExternalLink } from '../ui/external-link.tsx';
import { Icon } from '../ui/icon.tsx';
import { keyParts } from '../ui/short-key.ts';

/** So many labels are shown, and so many people. */
const SHOWN = 2;

interface Props {
  session: Session;
  item: Item;
  picked: boolean;
  onPick: (range: boolean) => void;
}

/** An item as the app card that it would be. A click anywhere ticks it; dragging takes it to the board. */
export function Row({ session, item, picked, onPick }: Props): JSX.Element {
  const key = printRef(item.ref);
  const cards = session.cardsOf.value.get(key) ?? [];
  const range = useRef(false);
  const id = `pick-${key}`;
  const handleChange = (): void => {
    onPick(range.current);
    range.current = false;
  };
  const [project, number] = keyParts(item.key);
  const labels = item.labels.slice(0, SHOWN);
  const people = item.assignees.slice(0, SHOWN);
  const assigned = `Assigned to ${item.assignees.map((person) => person.name).join(', ')}`;
  const still = cards.find((card) => card.state !== 'live')?.reason;
  return (
    // `draggable={false}` keeps the browser's own dragging out of the SDK's way.
    <li class={`row edge-${item.status.kind} miro-draggable`} data-ref={key} data-picked={picked} draggable={false}>
      <input
        type="checkbox"
        class="box"
        id={id}
        checked={picked}
        onClick={(event) => (range.current ||= event.shiftKey)}
        onChange={handleChange}
      />
      <div class="row-text">
        <label class="row-title" for={id} dir="auto" onClick={(event) => (range.current = event.shiftKey)}>
          {item.title}
        </label>
        <div class="row-meta">
          <ExternalLink subtle href={item.url}>
            <span class="row-key" title={item.key}>
              <span class="cut">{project}</span>
              {number}
            </span>
          </ExternalLink>
          <span class="cut">{ago(item.updatedAt, Date.now())}</span>
          {cards.length > 0 && <OnBoard session={session} cards={cards} />}
        </div>
        <div class="row-chips">
          <StatusChip status={item.status} />
          <span class="row-labels cut">
            {labels.map((label) => (
              <LabelChip key={label.name} label={label} />
            ))}
            {item.labels.length > labels.length && <span class="chip rest">+{item.labels.length - labels.length}</span>}
          </span>
          {people.length > 0 && (
            <span class="people" title={assigned}>
              <span class="sr">{assigned}</span>
              {people.map((person) => (
                <Avatar key={person.id} person={person} small />
              ))}
              {item.assignees.length > people.length && <span class="fine" aria-hidden="true">+{item.assignees.length - people.length}</span>}
            </span>
          )}
        </div>
        {still && (
          <p class="row-note fine">
            <Icon name="warning" /> {still}
          </p>
        )}
      </div>
    </li>
  );
}

/** Says that the item is on this board, and shows its card; with several, each click goes to the next. */
function OnBoard({ session, cards }: { session: Session; cards: readonly CardView[] }): JSX.Element {
  const [turn, setTurn] = useState(0);
  const handleClick = async (): Promise<void> => {
    const card = cards[turn % cards.length]?.card;
    if (!card) return;
    setTurn(turn + 1);
    if (await session.board.zoomTo([card])) return;
    session.vanished(card);
    announce('That card is no longer on the board');
  };
  return (
    <button type="button" class="on-board" title="Show it on the board" onClick={() => void handleClick()}>
      <Icon name="locate" size={14} />
      On board{cards.length > 1 ? ` × ${cards.length}` : ''}
    </button>
  );
}
