import type { Activity, Snapshot, Status, Switch, TrackerPage } from './board-api.ts';
import { el, icon } from './dom.ts';

/** The right side: the trackers as a person uses them, what happened, and what can be broken. */
export interface Side {
  show(status: Status): void;
  /** what is broken on purpose may concern the selected card */
  selection(ids: ReadonlySet<string>): void;
  /** Shows a page of a tracker; `false` where it is none of theirs. */
  open(url: string): boolean;
}

const SWITCHES: readonly { name: Switch; label: string; help: string; group: 'Miro' | 'GitLab' | 'Webhooks' | 'Munity' | 'Tandem'; danger?: true }[] = [
  { name: 'miro-429', label: 'Refuse 3 updates (429)', help: 'Miro answers the next three card updates “too many requests”.', group: 'Miro' },
  { name: 'miro-500', label: 'Fail 3 updates (500)', help: 'Miro answers the next three card updates with an error.', group: 'Miro' },
  { name: 'revoke-miro', label: 'Revoke my sign-in', help: 'Miro no longer accepts your tokens, as after an uninstall.', group: 'Miro', danger: true },
  { name: 'gitlab-slow', label: 'Slow', help: 'GitLab takes three seconds for every answer.', group: 'GitLab' },
  { name: 'gitlab-down', label: 'Down', help: 'GitLab answers every request with 503.', group: 'GitLab' },
  { name: 'delete-issue', label: 'Delete the card’s issue', help: 'Deletes the issue of the selected card in GitLab, which sends no webhook.', group: 'GitLab', danger: true },
  { name: 'hook-lost', label: 'Lose the next', help: 'The next webhook never arrives.', group: 'Webhooks' },
  { name: 'hook-twice', label: 'Send the next twice', help: 'The next webhook arrives twice.', group: 'Webhooks' },
  { name: 'hooks-held', label: 'Hold, then reverse', help: 'Keeps webhooks back; when switched off they arrive in reverse order.', group: 'Webhooks' },
  { name: 'munity-lost', label: 'Lose its next webhook', help: 'The next webhook of Munity never arrives. Break and mend Jira’s credentials on Jira’s pages.', group: 'Munity' },
  { name: 'munity-cut-off', label: 'Cut the sign-in window off', help: 'Jira’s sign-in page hides from the window that opened it, which then looks closed.', group: 'Munity' },
  { name: 'tandem-killed', label: 'Kill Tandem', help: 'SIGKILL to Tandem’s process. What it was told before, it knows when it starts again.', group: 'Tandem', danger: true },
  { name: 'all-off', label: 'Everything off', help: 'Switches every fault off.', group: 'Tandem' },
];

/** Builds the right side into its element; `flip` throws a switch. */
export function showSide(root: HTMLElement, first: Snapshot, flip: (name: Switch) => Promise<void>): Side {
  const trackers = trackerFrames({ GitLab: first.gitlab, ...(first.jira ? { Jira: first.jira } : {}), ...(first.productboard ? { Productboard: first.productboard } : {}) });
  const list = el('ol', { className: 'activity', aria: { label: 'What happened, newest first' } });
  const latest = el('span', { className: 'latest' });
  const buttons = new Map<Switch, HTMLButtonElement>();
  for (const { name, label, help, danger } of SWITCHES) {
    buttons.set(name, el('button', { type: 'button', className: danger ? 'switch danger' : 'switch', title: help, onclick: () => void flip(name) }, label));
  }
  const groups = (['Miro', 'GitLab', 'Webhooks', ...(first.jira ? (['Munity'] as const) : []), 'Tandem'] as const).map((group) =>
    el('div', { className: 'switches', aria: { role: 'group', label: group } }, el('span', { className: 'switch-group' }, group), el('div', {}, ...SWITCHES.filter((one) => one.group === group).flatMap((one) => buttons.get(one.name) ?? []))),
  );
  const panels = { activity: el('div', { id: 'drawer-activity', className: 'drawer-body', tabIndex: 0, aria: { role: 'tabpanel', labelledby: 'tab-activity' } }, list), faults: el('div', { id: 'drawer-faults', className: 'drawer-body', aria: { role: 'tabpanel', labelledby: 'tab-faults' } }, ...groups) };
  const tabs = {
    activity: el('button', { type: 'button', id: 'tab-activity', aria: { role: 'tab', controls: 'drawer-activity' } }, 'What happens'),
    faults: el('button', { type: 'button', id: 'tab-faults', aria: { role: 'tab', controls: 'drawer-faults' } }, 'Break things'),
  };
  let open: keyof typeof tabs | undefined;
  const toggle = el('button', { type: 'button', className: 'icon-button', onclick: () => choose(open ? undefined : 'activity') }, icon('chevron'));
  const drawer = el('section', { className: 'drawer', aria: { label: 'Behind the scenes' } }, el('header', {}, el('div', { className: 'tabs', aria: { role: 'tablist', label: 'Behind the scenes' } }, tabs.activity, tabs.faults), latest, toggle), panels.activity, panels.faults);

  const choose = (next: keyof typeof tabs | undefined): void => {
    open = next;
    for (const key of ['activity', 'faults'] as const) {
      tabs[key].setAttribute('aria-selected', String(open === key));
      tabs[key].tabIndex = open === key || (open === undefined && key === 'activity') ? 0 : -1;
      panels[key].hidden = open !== key;
    }
    drawer.classList.toggle('open', open !== undefined);
    toggle.setAttribute('aria-expanded', String(open !== undefined));
    toggle.setAttribute('aria-label', open ? 'Close the drawer' : 'Open the drawer');
  };
  for (const key of ['activity', 'faults'] as const) {
    tabs[key].addEventListener('click', () => choose(key === open ? undefined : key));
    tabs[key].addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
      const other = key === 'activity' ? 'faults' : 'activity';
      choose(other);
      tabs[other].focus();
    });
  }
  choose(undefined);

  root.append(trackers.head, ...trackers.frames, drawer);

  let painted = 0;
  return {
    show(status) {
      const [newest] = status.activity;
      if (newest && newest.id !== painted) {
        painted = newest.id;
        latest.replaceChildren(el('span', { className: `light ${newest.mood}` }), newest.text);
      }
      list.replaceChildren(...(status.activity.length > 0 ? status.activity.map(line) : [el('li', { className: 'none' }, 'Nothing yet. Put an issue on the board, then edit it on either side.')]));
      for (const [name, button] of buttons) {
        const on = status.on.includes(name);
        if (name === 'gitlab-slow' || name === 'gitlab-down' || name === 'hooks-held' || name === 'munity-cut-off') button.setAttribute('aria-pressed', String(on));
        if (name !== 'tandem-killed') continue;
        button.disabled = !status.killable;
        button.classList.toggle('killed', on);
        button.textContent = on ? 'Start Tandem again' : 'Kill Tandem';
      }
    },
    selection(ids) {
      const button = buttons.get('delete-issue');
      if (button) button.disabled = ids.size !== 1;
    },
    open: trackers.open,
  };
}

function line(one: Activity): HTMLLIElement {
  const time = new Date(one.at).toLocaleTimeString('en-GB');
  return el('li', { className: one.mood }, el('time', { dateTime: one.at }, time), el('span', { className: 'route' }, one.to ? `${one.from} → ${one.to}` : one.from), el('span', { className: 'what' }, one.text), one.status ? el('span', { className: 'code' }, one.status) : undefined);
}

/** A frame for each tracker, of which one is seen, and the bar that chooses. */
function trackerFrames(pages: Readonly<Record<string, TrackerPage>>): { head: HTMLElement; frames: readonly HTMLIFrameElement[]; open(url: string): boolean } {
  const trackers = Object.entries(pages).map(([name, { origin, page }]) => ({ name, origin, page, frame: el('iframe', { title: name, name: name.toLowerCase(), src: page }), button: el('button', { type: 'button' }, name) }));
  const address = el('span', { className: 'address' });
  const own = el('a', { className: 'icon-button', target: '_blank', rel: 'noopener', title: 'Open in its own tab' }, icon('open', 18));
  const show = (shown: (typeof trackers)[number] | undefined): void => {
    if (!shown) return;
    for (const { frame, button } of trackers) {
      frame.hidden = frame !== shown.frame;
      button.setAttribute('aria-pressed', String(button === shown.button));
    }
    address.textContent = new URL(shown.page).host;
    own.href = shown.page;
    own.setAttribute('aria-label', `Open ${shown.name} in its own tab`);
  };
  for (const one of trackers) one.button.addEventListener('click', () => show(one));
  show(trackers[0]);
  return {
    head: el('header', { className: 'side-head' }, el('span', { className: 'dot', aria: { hidden: 'true' } }), el('h2', { className: 'sr' }, 'Trackers'), el('div', { className: 'trackers', aria: { role: 'group', label: 'Tracker' } }, ...trackers.map(({ button }) => button)), address, own),
    frames: trackers.map(({ frame }) => frame),
    open(url) {
      const meant = trackers.find(({ origin }) => url.startsWith(`${origin}/`));
      if (!meant) return false;
      show(meant);
      meant.frame.src = url;
      meant.frame.focus();
      return true;
    },
  };
}
