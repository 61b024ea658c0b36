import type { ComponentChildren, JSX } from 'preact';

/** The head of a table of the settings; `actions` names a last column that only those hear of who cannot see it. On narrow pages rows become blocks: the roles keep it a table for everybody. */
export function Ledger({ columns, actions, children }: { columns: readonly string[]; actions?: string; children: ComponentChildren }): JSX.Element {
  return (
    <table class="ledger" role="table">
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column} role="columnheader" scope="col">
              {column}
            </th>
          ))}
          {actions && (
            <th role="columnheader" scope="col">
              <span class="sr">{actions}</span>
            </th>
          )}
        </tr>
      </thead>
      {children}
    </table>
  );
}
