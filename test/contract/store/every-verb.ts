import type { Store } from '@tandem/bff/store/store';
import { account, backlink, connection, delivery, integration, item, link, pair, task, watch } from './samples.ts';

/** Calls every verb of a store once or twice, so that whoever listens sees every statement that it sends, except those of `heal`, which may read everything. */
export async function everyVerb(store: Store): Promise<void> {
  const { version } = await store.accounts.put(account());
  await store.accounts.swap(version, account());
  await store.accounts.get(account());
  await store.accounts.byMember('t1', 'ana');
  await store.accounts.byTeam('t1');
  await store.accounts.bySite('t1', 'gitlab', 'gitlab.com');
  await store.accounts.remove(account());

  await store.grants.put({ id: 'g1', kind: 'oauth', data: {}, expiresAt: 5000 });
  await store.grants.get('g1', 'oauth', 1000);
  await store.grants.take('g1', 'oauth', 1000);

  await store.links.create(link());
  await store.links.create(link());
  await store.links.get('l1');
  await store.links.byCard('t1', 'b1', 'c1');
  await store.links.byRef('t1', link().ref);
  await store.links.byBoard('t1', 'b1');
  await store.links.refsAt('t1', 'gitlab:gitlab.com/42/');
  await store.links.change('l1', { state: 'gone', reason: 'x' });
  await store.links.change('l1', { reason: null });
  await store.links.lost('gone', 5000, 10);
  await store.links.remove('l1');

  const { rev } = (await store.pairs.create(pair())).pair;
  await store.pairs.create(pair());
  await store.pairs.swap(rev, pair());
  await store.pairs.get('p1');
  await store.pairs.byRef('t1', pair().rightRef);
  await store.pairs.byTeam('t1');
  await store.pairs.refsAt('t1', 'gitlab:');
  await store.pairs.lost(5000, 10);
  await store.pairs.remove('p1');

  const made = await store.integrations.create(integration());
  await store.integrations.swap(made.rev, integration());
  await store.integrations.get('i1');
  await store.integrations.byTeam('t1');
  await store.integrations.page('', 10);
  await store.integrations.remove('i1');

  const connected = (await store.connections.create(connection())).connection;
  await store.connections.create(connection());
  await store.connections.swap(connected.rev, connection());
  await store.connections.get('i1', 'f1');
  await store.connections.byIntegration('i1');
  await store.connections.remove('i1', 'f1');

  await store.items.swap('t1', 'r', 0, item());
  await store.items.swap('t1', 'r', (await store.items.get('t1', 'r'))?.rev ?? 0, item());
  await store.items.byAlias('t1', 'a');
  await store.items.remove('t1', 'r');

  await store.watches.ensure(watch());
  await store.watches.get('w1');
  await store.watches.byPlace('t1', 'gitlab', 'gitlab.com', '42');
  await store.watches.bySite('t1', 'gitlab', 'gitlab.com');
  await store.watches.page('', 10);
  await store.watches.change('w1', { mode: 'hook', reason: null });

  await store.backlinks.put(backlink());
  await store.backlinks.get('t1', backlink().ref, 'b1');
  await store.backlinks.remove('t1', backlink().ref, 'b1');

  await store.deliveries.accept(delivery(), [task()]);
  await store.deliveries.byWatch('w1', 10);
  await store.deliveries.prune(5000);

  await store.tasks.mark([task(), task({ key: 'b' }), task({ key: 'c' })], 1000);
  const [due] = await store.tasks.due('lane1', 1000, 1, 10);
  const { key, mark } = due ?? { key: '', mark: '' };
  await store.tasks.retry(key, mark, { due: 1, attempts: 1, failingSince: 1, error: 'x' });
  await store.tasks.retry(key, 'another', { due: 1, attempts: 1, failingSince: 1, error: 'x' });
  await store.tasks.defer(key, mark, 2);
  await store.tasks.distrust('lane1');
  await store.tasks.bury(key, mark, 'x');
  await store.tasks.dead('', 10);
  await store.tasks.revive('lane', 1000);
  await store.tasks.revive('lane', 1000, 'g1');
  await store.tasks.complete(key, mark);
  await store.tasks.get('b');
  await store.tasks.page('observe:', '', 10);
  await store.tasks.drop('b');

  await store.lanes.lease('me', 1000, 2000, 5);
  await store.lanes.renew('me', ['lane1'], 3000);
  await store.lanes.release('me', 'lane1');
  await store.lanes.block('lane1', 5000);
  await store.lanes.get('lane1');
  await store.lanes.nextWake('me');

  await store.journal.add([{ link: 'l1', at: 1, cause: 'c', event: 'e', text: 't' }]);
  await store.journal.byLink('l1', 10);
  await store.journal.prune(5000);
  await store.ping();
}
