import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Edit } from '../state/edit.ts';
import { announce } from '../ui/announcer.tsx';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { Icon } from '../ui/icon.tsx';

/** Save and close; and the question before anything unsaved is thrown away. */
export function CardFoot({ edit, writable }: { edit: Edit; writable: boolean }): JSX.Element {
  const phase = edit.phase.value;
  const dirty = edit.dirty.value;
  const trouble = edit.trouble.value;
  const open = edit.clashes.value.filter((clash) => !clash.choice).length;
  useEffect(() => {
    if (phase === 'saved') announce('Saved');
  }, [phase]);

  // Keys, so that no element of one footer becomes a part of the other in the middle of a click: "Keep editing" must not turn into the submit button.
  if (edit.leaving.value) {
    return (
      <footer class="foot" key="leaving">
        <div class="foot-line ask" role="alertdialog" aria-labelledby="leaving">
          <strong class="grow" id="leaving">
            Throw away what you changed?
          </strong>
          <Button kind="danger" onClick={edit.discard}>
            Throw away
          </Button>
          <Button kind="secondary" onClick={edit.leave}>
            Keep editing
          </Button>
        </div>
      </footer>
    );
  }
  return (
    <footer class="foot" key="editing">
      {trouble && (
        <Callout tone="error" title="Your changes are not saved">
          <p>{trouble.message}</p>
        </Callout>
      )}
      <div class="foot-line">
        <span class="grow fine">
          {phase === 'saved' && !dirty && (
            <span class="saved">
              <Icon name="check" /> Saved
            </span>
          )}
          {dirty && open === 0 && 'Unsaved changes'}
          {open > 0 && `${open} to decide`}
        </span>
        <Button kind="secondary" onClick={edit.leave}>
          {dirty ? 'Cancel' : 'Close'}
        </Button>
        {writable && (
          <Button type="submit" busy={phase === 'saving'} disabled={(!dirty && edit.clashes.value.length === 0) || open > 0}>
            Save
          </Button>
        )}
      </div>
    </footer>
  );
}
