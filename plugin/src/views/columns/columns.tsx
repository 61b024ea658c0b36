import sheet from '../../styles/columns.css?url';
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { SiteView } from '@tandem/shared/api';
import type { OrphansAnswer } from '@tandem/shared/integrations';
import type { Api, Caller } from '../../api.ts';
import { createIntegrationsApi } from '../../integrations-api.ts';
import { isUsable } from '../../state/account.ts';
import { createIntegrations, type Integrations } from '../../state/integrations.ts';
import { announce } from '../../ui/announcer.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Opened } from '../settings/opened.tsx';
import { Section } from '../settings/section.tsx';
import { Action } from './action.tsx';
import { Column } from './column.tsx';
import { NewColumn } from './new-column.tsx';

/** Resolves when the look of all this is here, or cannot be had. */
export function dressed(): Promise<void> {
  return new Promise((resolve) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: sheet });
    link.addEventListener('load', () => resolve());
    link.addEventListener('error', () => resolve());
    document.head.append(link);
  });
}

/** Columns with a button in tools that have such: each for one project of a tracker. */
export function Columns({ api, call, wait, sites }: { api: Api; call: Caller; wait: (ms: number) => Promise<void>; sites: readonly SiteView[] }): JSX.Element {
  const integrations = useMemo(() => createIntegrations(createIntegrationsApi(call), wait), [call, wait]);
  const sources = sites.filter((site) => site.can.columns && isUsable(site, Date.now()));
  const targets = sites.filter((site) => site.can.create && site.can.write && isUsable(site, Date.now()));
  const [open, setOpen] = useState(false);
  useEffect(() => {
    void integrations.load();
  }, [integrations]);
  return (
    <Section id="columns" title="Columns" lead="A column in your product tool whose button makes a ticket of a feature. From then on both follow each other, and the button shows how the ticket stands." load={integrations.all.value} onRetry={integrations.load}>
      {({ integrations: all }) => (
        <ul class="entries">
          {all.map((column) => (
            <Column key={column.id} api={api} integrations={integrations} column={column} />
          ))}
          <li class="entry">
            {open ? (
              <Opened>
                <NewColumn api={api} integrations={integrations} sources={sources} targets={targets} onClose={() => setOpen(false)} />
              </Opened>
            ) : (
              <>
                {all.length === 0 && (
                  <EmptyState icon="refresh" tone="gray" title="No column yet">
                    <p>{sources.length === 0 || targets.length === 0 ? 'Connect the workspace and a tracker first; then a column can join them.' : 'Choose a project: its column appears on your feature boards, with a button at every feature.'}</p>
                  </EmptyState>
                )}
                {sources.length > 0 && targets.length > 0 && (
                  <div class="column-foot">
                    <Button kind="secondary" onClick={() => setOpen(true)}>
                      Set up a column…
                    </Button>
                    <Leftovers integrations={integrations} sites={[...new Set([...sources, ...targets])]} />
                  </div>
                )}
              </>
            )}
          </li>
        </ul>
      )}
    </Section>
  );
}

type Orphan = OrphansAnswer['orphans'][number] & { readonly site: SiteView };

/** Columns and webhooks of ours that nobody knows any more: found on request, removed one by one. */
function Leftovers({ integrations, sites }: { integrations: Integrations; sites: readonly SiteView[] }): JSX.Element {
  const [found, setFound] = useState<readonly Orphan[]>();
  const look = async (): Promise<void> => {
    const asked = await Promise.allSettled(sites.map(async (site) => (await integrations.api.orphans(site.tool, site.site)).orphans.map((orphan) => ({ ...orphan, site }))));
    const all = asked.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    // A site that cannot be asked just now hides nothing of the others.
    const refused = asked.find((one) => one.status === 'rejected');
    setFound(refused && all.length === 0 ? undefined : all);
    if (refused) throw refused.reason;
    announce(all.length === 0 ? 'Nothing was left behind' : `${all.length} found`);
  };
  return (
    <>
      <Action kind="tertiary" onClick={look}>
        Look for leftovers
      </Action>
      {found?.length === 0 && <p class="fine">Nothing was left behind.</p>}
      {found && found.length > 0 && (
        <ul class="links">
          {found.map((orphan) => (
            <li key={`${orphan.site.site} ${orphan.id}`} class="link-line">
              <div class="entry-text">
                <span class="wrap">{orphan.name}</span>
                <span class="fine">
                  {orphan.kind === 'column' ? 'A column' : 'A webhook'} at {new URL(orphan.site.url).host}
                </span>
              </div>
              <div class="entry-actions">
                <Action kind="tertiary" onClick={() => integrations.api.removeOrphan(orphan.site.tool, orphan.site.site, orphan.kind, orphan.id).then(look)}>
                  Remove<span class="sr"> {orphan.name}</span>
                </Action>
              </div>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
