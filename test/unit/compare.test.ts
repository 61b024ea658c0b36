import type { Item } from '@tandem/shared/item';
import { expect, test } from 'vitest';
import { openDoubts } from '@tandem/bff/sync/compare';

const item = (title: string, updatedAt = '2026-11-23T10:00:00Z'): Item => ({ ref: { tool: 'gitea', site: 'git.example', place: 'acme/web', id: '1' }, key: 'web#1', url: 'https://git.example/acme/web/issues/1', title, description: '', status: { id: 'open', name: 'Open', kind: 'open' }, labels: [], assignees: [], updatedAt });

test('an answer of the same moment is believed at the second time, and stays believed until it is stored', () => {
  const doubt = openDoubts();
  expect(doubt('pair left', item('Old'), item('New'))).toBe(1000);
  expect(doubt('pair left', item('Old'), item('New'))).toBe(0);
  // The other side of the pair is still in doubt, so nothing was stored.
  expect(doubt('pair left', item('Old'), item('New'))).toBe(0);
  expect(doubt('pair left', item('New'), item('New'))).toBe(0);
  expect(doubt('pair left', item('New'), item('Newer'))).toBe(1000);
});

test('an older answer is asked for again ever later, and believed at the seventh time', () => {
  const doubt = openDoubts();
  const waits = Array.from({ length: 7 }, () => doubt('item', item('Now'), item('Then', '2026-11-23T09:59:59Z')));
  expect(waits).toEqual([1000, 2000, 3000, 4000, 5000, 6000, 0]);
});
