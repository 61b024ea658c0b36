import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { AccountView, SiteView } from '@tandem/shared/api';
import { printRef } from '@tandem/shared/ref';
import { isUsable, siteKey } from '../state/account.ts';
import { createPlacer } from '../state/placing.ts';
import { createSearch } from '../state/search.ts';
import { createSelection } from '../state/selection.ts';
import { valueOf } from '../state/load.ts';
import type { Session } from '../state/session.ts';
import { TabPanel, Tabs } from '../ui/tabs.tsx';
import { Find } from './find.tsx';
import { Header } from './header.tsx';
import { NewItem } from './new-item.tsx';
import { PlaceBar } from './place-bar.tsx';

/** Finding items and putting them on the board, at one site. */
export function Work({ session, site, account }: { session: Session; site: SiteView; account: AccountView }): JSX.Element {
  const [tab, setTab] = useState<'find' | 'new'>('find');
  const [opened, setOpened] = useState(false);
  const { search, selection, placer } = useMemo(() => {
    const { api, board } = session;
    return {
      search: createSearch((query, signal) => api.items(site.tool, site.site, query, signal), session.asked.peek()),
      selection: createSelection(),
      placer: createPlacer({ board, boardId: () => session.boardId.peek(), link: api.link, onLinked: session.added }),
    };
  }, []);

  useEffect(() => search.dispose, [search]);
  useEffect(
    () =>
      session.board.onDrop(({ x, y, target }) => {
        const ref = target.closest<HTMLElement>('[data-ref]')?.dataset['ref'];
        const item = search.items.peek().find((one) => printRef(one.ref) === ref);
        if (item) void placer.put([item], { x, y });
      }),
    [session, search, placer],
  );
  // The address of an item at another connected site belongs there.
  const url = search.byUrl.value ? search.q.value.trim() : '';
  useEffect(() => {
    const owner = (valueOf(session.me.peek())?.sites ?? []).find((one) => isUsable(one, Date.now()) && url.startsWith(`${one.url}/`));
    if (owner && siteKey(owner) !== siteKey(site)) session.use(owner, url);
  }, [url]);

  const select = (next: 'find' | 'new'): void => {
    setTab(next);
    if (next === 'new') setOpened(true);
  };
  const find = <Find session={session} site={site} search={search} selection={selection} {...(site.can.create ? { onCreate: () => select('new') } : {})} />;
  return (
    <>
      <Header session={session} site={site} account={account} />
      <main class="work">
        {site.can.create ? (
          <>
            <div class="work-tabs">
              <Tabs
                label="What to do"
                current={tab}
                onSelect={select}
                tabs={[
                  { id: 'find', name: `Find ${site.noun}s` },
                  { id: 'new', name: `New ${site.noun}` },
                ]}
              />
            </div>
            <TabPanel id="find" hidden={tab !== 'find'}>
              {find}
            </TabPanel>
            <TabPanel id="new" hidden={tab !== 'new'}>
              {opened && <NewItem session={session} site={site} placer={placer} onCreated={search.prepend} />}
            </TabPanel>
          </>
        ) : (
          find
        )}
      </main>
      <PlaceBar session={session} site={site} selection={selection} placer={placer} picking={tab === 'find'} />
    </>
  );
}
