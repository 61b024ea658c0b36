import type { PbSim } from './productboard-types.ts';

/** A small workspace: four statuses, some features, and a token of it. */
export function seedProductboard(productboard: PbSim): void {
  productboard.addToken();
  for (const status of ['New idea', 'Planned', 'In progress', 'Released']) productboard.addStatus(status);
  for (const [name, status, description] of [
    ['Dark mode', 'Planned', '<p>Easier on the <b>eyes</b>, and on the battery.</p><ul><li>follows the system</li><li>remembers a choice</li></ul>'],
    ['Single sign-on', 'In progress', '<p>Customers with more than a hundred seats ask for it.</p>'],
    ['Export as CSV', 'New idea', '<p>For those who live in spreadsheets.</p>'],
    ['Faster search', 'New idea', ''],
  ] as const) productboard.addEntity({ name, status, description });
}
