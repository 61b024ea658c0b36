import type { JSX } from 'preact';
import type { CardView } from '@tandem/shared/api';
import type { Item, PlaceInfo } from '@tandem/shared/item';
import { ago } from '../ui/ago.ts';
import { ExternalLink } from '../ui/external-link.tsx';
import { shortKey } from '../ui/short-key.ts';

/** Which item this is, where it lives, and how fresh its card. Miro draws its own close button at the top right, so that corner stays free. */
export function CardHead({ item, card, place, tool }: { item: Item; card: CardView; place: PlaceInfo; tool: string }): JSX.Element {
  return (
    <header class="card-head">
      <h1 class="card-key cut" title={item.key}>
        {shortKey(item.key)}
        <span class="sr">: {item.title}</span>
      </h1>
      <div class="card-facts fine">
        <span class="cut">{place.name}</span>
        {item.due && <span>Due {item.due}</span>}
        {card.state === 'live' && (
          <span class="fresh">
            <span class="dot dot-live" />
            {card.syncedAt ? <span title={card.syncedAt}>Card updated {ago(card.syncedAt, Date.now())}</span> : 'Card is being updated'}
          </span>
        )}
        <span class="card-open">
          <ExternalLink href={item.url}>Open in {tool}</ExternalLink>
        </span>
      </div>
    </header>
  );
}
