import type { Snapshot, Steps } from './board-api.ts';
import { el, icon, mark } from './dom.ts';

/** The strip at the top that leads a newcomer through the story. */
export interface Guide {
  show(steps: Steps): void;
}

const STEPS = ['Open Tandem', 'Sign in with Miro', 'Connect a tracker', 'Put issues on the board', 'Edit on either side'] as const;

const HINTS = [
  'Click the Tandem icon in the toolbar at the left.',
  'In the panel, sign in. The pretend Miro asks once for consent.',
  '',
  'Search, tick a few issues, and put them on the board.',
  'Open a card with its ↗, or edit the issue at the right: the other side follows. Jira’s edits come with Munity’s next sync.',
] as const;

/** Builds the strip; ticks come from {@link Guide.show}. */
export function showGuide(root: HTMLElement, { me, jira }: Snapshot, notify: (message: string) => void): Guide {
  const items = STEPS.map((label, i) => el('li', {}, el('span', { className: 'tick', aria: { hidden: 'true' } }, `${i + 1}`), el('span', { className: 'step' }, label), el('span', { className: 'sr' }, '')));
  const hint = el('p', { className: 'hint' });
  const copyToken = async (): Promise<void> => {
    await navigator.clipboard.writeText(me.gitlab.token);
    notify('Token copied. Paste it in the panel.');
  };
  const token = el('span', { className: 'token' },
    `${jira ? 'Jira opens Munity’s window. ' : ''}${me.name}’s GitLab token, if you prefer one: `,
    el('code', { data: { token: me.gitlab.username } }, me.gitlab.token),
    el('button', { type: 'button', className: 'small', aria: { label: 'Copy the GitLab token' }, onclick: () => void copyToken().catch(() => notify('Copying is not allowed here: select the token and copy it.')) }, icon('copy', 14), 'Copy'),
  );
  root.append(el('div', { className: 'brand' }, mark(24), el('strong', {}, 'Tandem'), el('span', {}, 'sandbox')), el('ol', { className: 'steps', aria: { label: 'Steps' } }, ...items), hint);

  return {
    show(steps) {
      const next = steps.findIndex((done) => !done);
      for (const [i, item] of items.entries()) {
        const done = steps[i] === true;
        item.className = done ? 'done' : i === next ? 'next' : '';
        item.querySelector('.tick')?.replaceChildren(done ? icon('check', 14) : `${i + 1}`);
        item.querySelector('.sr')?.replaceChildren(done ? ' (done)' : '');
        if (i === next) item.setAttribute('aria-current', 'step');
        else item.removeAttribute('aria-current');
      }
      if (next === 2) hint.replaceChildren(token);
      else hint.replaceChildren(HINTS[next] ?? 'That is the whole story. Now break things, at the bottom right, and watch it heal.');
    },
  };
}
