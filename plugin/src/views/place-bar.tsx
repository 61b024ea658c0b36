import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SiteView } from '@tandem/shared/api';
import { valueOf } from '../state/load.ts';
import type { Placer } from '../state/placing.ts';
import type { Selection } from '../state/selection.ts';
import type { Session } from '../state/session.ts';
import { announce } from '../ui/announcer.tsx';
import { Button, TextButton } from '../ui/button.tsx';
import { Report } from './report.tsx';

interface Props {
  session: Session;
  site: SiteView;
  selection: Selection;
  placer: Placer;
  /** the list with the ticked items is in view */
  picking: boolean;
}

/** The foot of the panel: put what is ticked on the board, see how that goes, read how it went. */
export function PlaceBar({ session, site, selection, placer, picking }: Props): JSX.Element | null {
  const placing = placer.placing.value;
  const picked = selection.items.value;
  const readOnly = valueOf(session.onBoard.value)?.edit === false;

  useEffect(() => {
    if (placing.phase === 'running') announce(`Putting ${placing.total} on the board: ${placing.done} done`);
    if (placing.phase === 'done') selection.setAll(placing.placed, false);
  }, [placing]);

  if (placing.phase === 'running') {
    return (
      <footer class="foot">
        <div class="foot-line">
          <span class="grow">
            Putting {placing.total === 1 ? 'it' : `${Math.min(placing.done + 1, placing.total)} of ${placing.total}`} on the board…
          </span>
          {placing.total > 1 && <TextButton onClick={placer.stop}>Stop</TextButton>}
        </div>
        <progress class="progress" aria-label="Cards on the board" value={placing.done} max={placing.total} />
      </footer>
    );
  }
  const bar = picking && picked.size > 0;
  if (placing.phase === 'idle' && !bar) return null;
  return (
    <footer class="foot">
      {placing.phase === 'done' && (
        <Report
          site={site}
          report={placing}
          onShow={() => void session.board.zoomTo(placing.cards)}
          onRetry={bar ? undefined : () => void placer.put([...placing.failures.map((one) => one.item), ...placing.left])}
          onClose={placer.dismiss}
        />
      )}
      {bar && readOnly && <p class="fine">You may look at this board but not change it. Ask for the right to edit.</p>}
      {bar && (
        <div class="foot-line">
          <span class="grow">
            <strong>{picked.size} selected</strong>
            <TextButton onClick={selection.clear}>Clear</TextButton>
          </span>
          <Button disabled={readOnly} onClick={() => void placer.put([...picked.values()])}>
            {picked.size === 1 ? 'Put it on the board' : `Put ${picked.size} on the board`}
          </Button>
        </div>
      )}
    </footer>
  );
}
