import type { JSX } from 'preact';
import type { Status } from '@tandem/shared/item';
import { Icon } from '../ui/icon.tsx';
import { Segmented } from '../ui/segmented.tsx';

interface Props {
  statuses: readonly Status[];
  current: Status;
  value: string;
  locked: boolean;
  error: string | undefined;
  onChange: (status: string) => void;
}

const SIDE_BY_SIDE = 3;

/** The status: side by side while there are few, else a select. One that the place does not list is shown nevertheless. */
export function StatusField({ statuses, current, value, locked, error, onChange }: Props): JSX.Element {
  const all = statuses.some((status) => status.id === current.id) ? statuses : [current, ...statuses];
  return (
    <div class={`form-group form-group-small${error ? ' error' : ''}`}>
      {all.length <= SIDE_BY_SIDE ? (
        <>
          <span class="group-label" aria-hidden="true">Status</span>
          <Segmented name="status" label="Status" disabled={locked} value={value} options={all.map((status) => ({ id: status.id, name: status.name, tone: status.kind }))} onChange={onChange} />
        </>
      ) : (
        <>
          <label for="status">Status</label>
          <span class="select-box">
            <select id="status" disabled={locked} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
              {all.map((status) => (
                <option key={status.id} value={status.id}>
                  {status.name}
                </option>
              ))}
            </select>
            <Icon name="chevron" />
          </span>
        </>
      )}
      {error && (
        <div class="status-text" role="alert">
          {error}
        </div>
      )}
    </div>
  );
}
