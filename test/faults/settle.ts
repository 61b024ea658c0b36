import type { FaultWorld } from './world.ts';
import { CLEAR } from './weather.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** People try again what did not work, but not for ever. */
const MOST_TRIES = 20;

/** All that was taken away is given back, each in its own way, and the weather clears. */
export async function mend(world: FaultWorld): Promise<void> {
  const { scheduler, weather, miro } = world;
  Object.assign(weather, CLEAR);
  for (const host of world.hosts) host.frozenUntil = 0;
  scheduler.skew = 0;
  await scheduler.rest();
  while ([...world.hosts].filter((host) => host.open).length < 2) {
    await world.boot();
    await scheduler.rest();
  }
  for (const [i, board] of world.boards.entries()) {
    const members = miro.state.boards.get(board)?.members;
    if (members) for (const [j, person] of world.people.entries()) members[person.user] = i === j ? 'owner' : 'editor';
  }
  for (const site of world.sites) {
    site.sim.setMember(site.project, 'ana', 50);
    site.sim.setMember(site.project, 'ben', 40);
  }
  await signedIn(world);
}

/** Everybody is signed in at Miro and connected at both GitLabs, or is so again. */
export async function signedIn(world: FaultWorld): Promise<void> {
  const { scheduler } = world;
  const until = async (what: string, done: () => Promise<boolean>, act: () => Promise<unknown>): Promise<void> => {
    for (let tries = 0; !(await done()); tries += 1) {
      if (tries === MOST_TRIES) throw new Error(`${what} does not succeed.`);
      const acted = act();
      await scheduler.rest();
      scheduler.leap(1000);
      await scheduler.rest();
      await acted;
    }
  };
  const active = async (user: string, tool: string, site: string): Promise<boolean> => (await world.storage.seen.accounts.get({ team: world.team, user, tool, site }))?.state === 'active';
  for (const who of world.people) {
    const granted = (): boolean => world.miro.state.grants.some((grant) => grant.user === who.user && !grant.revoked);
    await until(`${who.name}'s sign-in with Miro`, async () => granted() && (await active(who.user, 'miro', 'miro')), () => world.signIn(who));
    for (const site of world.sites) {
      await until(`${who.name}'s connection to ${site.id}`, async () => site.tokens.has(who.name) && (await active(who.user, 'gitlab', site.id)), () => world.connect(who, site));
    }
  }
}

/** Lets so much time pass, stopping wherever something is due; beyond the first hour it looks at most every twenty minutes, so that what is asked for every minute does not cost a day of minutes. */
export async function pass(world: FaultWorld, ms: number): Promise<void> {
  const { scheduler, storage } = world;
  const [begin, end] = [scheduler.now(), scheduler.now() + ms];
  await scheduler.rest();
  for (let stops = 0; scheduler.now() < end; stops += 1) {
    if (stops > 3000) throw new Error('It never settles: something is always due.');
    const wake = ((await storage.seen.lanes.nextWake('nobody')) ?? Infinity) - scheduler.skew;
    const patience = scheduler.now() - begin < 5 * MINUTE ? 0 : scheduler.now() - begin < HOUR ? MINUTE : 20 * MINUTE;
    scheduler.leap(Math.min(end, Math.max(wake, scheduler.now() + patience, scheduler.now() + 1)) - scheduler.now());
    await scheduler.rest();
  }
}
