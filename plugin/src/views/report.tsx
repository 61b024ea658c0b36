import type { JSX } from 'preact';
import type { SiteView } from '@tandem/shared/api';
import { printRef } from '@tandem/shared/ref';
import type { Placing } from '../state/placing.ts';
import { Button, TextButton } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { shortKey } from '../ui/short-key.ts';

interface Props {
  site: SiteView;
  report: Extract<Placing, { phase: 'done' }>;
  onShow: () => void;
  /** absent where the ticked ones can be put again below */
  onRetry: (() => void) | undefined;
  onClose: () => void;
}

/** How putting things on the board went: what is there, what is not and why, and what will not update by itself. */
export function Report({ site, report, onShow, onRetry, onClose }: Props): JSX.Element {
  const { cards, failures, left, unwatched } = report;
  const reasons = new Set(failures.map((failure) => failure.reason));
  return (
    <div class="report">
      {cards.length > 0 && (
        <Callout tone="success" onClose={onClose}>
          <p>
            {cards.length === 1 ? 'The card is on the board.' : `${cards.length} cards are on the board.`} <TextButton onClick={onShow}>Show</TextButton>
          </p>
        </Callout>
      )}
      {failures.length > 0 && (
        <Callout
          tone="error"
          title={failures.length === 1 ? 'One could not be put on the board' : `${failures.length} could not be put on the board`}
          actions={
            onRetry && (
              <Button kind="secondary" onClick={onRetry}>
                Try again
              </Button>
            )
          }
          {...(cards.length === 0 ? { onClose } : {})}
        >
          {[...reasons].map((reason) => (
            <div class="reason" key={reason}>
              <ul class="titles">
                {failures.filter((one) => one.reason === reason).map(({ item }) => (
                  <li key={printRef(item.ref)} class="cut" dir="auto">
                    {shortKey(item.key)} {item.title}
                  </li>
                ))}
              </ul>
              <p>{reason}</p>
            </div>
          ))}
        </Callout>
      )}
      {failures.length === 0 && left.length > 0 && (
        <Callout tone="info" {...(cards.length === 0 ? { onClose } : {})}>
          <p>
            Stopped: {left.length} not put on the board. {onRetry && <TextButton onClick={onRetry}>Go on</TextButton>}
          </p>
        </Callout>
      )}
      {unwatched.length > 0 && (
        <Callout tone="info" title={`Changes made in ${site.name} arrive within a minute`}>
          <p>
            Nobody’s account may create a webhook for {shortKey(unwatched[0]?.key ?? '')}
            {unwatched.length > 1 ? ' and others' : ''}, so Tandem asks for changes. They arrive at once when a maintainer of the project connects {site.name} here.
          </p>
        </Callout>
      )}
    </div>
  );
}
