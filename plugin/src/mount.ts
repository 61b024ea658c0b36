import { render, type ComponentChild } from 'preact';
import { renderBySignals } from './signal-views.ts';

/** Shows a page in its `#root`. */
export function mount(page: ComponentChild): void {
  const root = document.getElementById('root');
  renderBySignals();
  if (root) render(page, root);
}
