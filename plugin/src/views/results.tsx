import type { JSX } from 'preact';
import type { SiteView } from '@tandem/shared/api';
import { printRef } from '@tandem/shared/ref';
import { ApiError } from '../api.ts';
import type { Search } from '../state/search.ts';
import type { Selection } from '../state/selection.ts';
import type { Session } from '../state/session.ts';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { Icon } from '../ui/icon.tsx';
import { Row } from './row.tsx';

interface Props {
  session: Session;
  site: SiteView;
  search: Search;
  selection: Selection;
}

/** The found items: tick them one by one, in ranges with Shift, or all; arrows move, rows can be dragged onto the board. */
export function Results({ session, site, search, selection }: Props): JSX.Element {
  const items = search.items.value;
  const picked = selection.items.value;
  const count = items.filter((item) => picked.has(printRef(item.ref))).length;
  const more = search.more.value;

  const handleKeyDown = (event: KeyboardEvent & { currentTarget: HTMLElement }): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const boxes = [...event.currentTarget.querySelectorAll<HTMLInputElement>('input[type=checkbox]')];
    const at = boxes.indexOf(document.activeElement as HTMLInputElement);
    if (at < 0) return;
    const next = items[at + (step ?? 0)];
    if (step && next) {
      event.preventDefault();
      boxes[at + step]?.focus();
      if (event.shiftKey) selection.setAll([next], true);
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      selection.setAll(items, true);
    }
  };

  return (
    <>
      <div class="list-head">
        <label class="pick-all">
          <input
            type="checkbox"
            class="box"
            checked={count === items.length}
            indeterminate={count > 0 && count < items.length}
            onChange={() => selection.setAll(items, count < items.length)}
          />
          <span>Select all</span>
        </label>
        <span class="list-count fine">
          {items.length}
          {more === 'none' ? '' : '+'} {site.noun}
          {items.length === 1 ? '' : 's'}
          <button type="button" class="icon-button" aria-label="Refresh" title="Refresh" onClick={search.again}>
            <Icon name="refresh" />
          </button>
        </span>
      </div>
      <ul class="rows" onKeyDown={handleKeyDown}>
        {items.map((item) => (
          <Row key={printRef(item.ref)} session={session} item={item} picked={picked.has(printRef(item.ref))} onPick={(range) => selection.toggle(item, items, range)} />
        ))}
      </ul>
      {more instanceof ApiError && (
        <Callout tone="error">
          <p>{more.message}</p>
        </Callout>
      )}
      {more !== 'none' && (
        <div class="more">
          <Button kind="secondary" wide busy={more === 'loading'} onClick={search.loadMore}>
            {more instanceof ApiError ? 'Try again' : 'Load more'}
          </Button>
        </div>
      )}
    </>
  );
}
