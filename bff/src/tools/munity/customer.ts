import type { Member } from '../../jwt.ts';

/** Munity's id of a member of a team: letters and digits only, and it leads back, so that one webhook serves all teams. */
export function customerOf({ team, user }: Member): string {
  return [team, user].map((id) => Buffer.from(id).toString('hex')).join('z');
}

/** Whose customer id it is; `undefined` for one that we did not make. */
export function memberOf(customer: string): Member | undefined {
  const [, team, user] = /^((?:[\da-f]{2}){1,64})z((?:[\da-f]{2}){1,64})$/.exec(customer) ?? [];
  if (!team || !user) return undefined;
  const member = { team: Buffer.from(team, 'hex').toString(), user: Buffer.from(user, 'hex').toString() };
  return customerOf(member) === customer ? member : undefined;
}
