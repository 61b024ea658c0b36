import type { CheckBody, End, IntegrationPatch } from '@tandem/shared/integrations';
import type { PlaceInfo } from '@tandem/shared/item';
import type { Deps } from '../deps.ts';
import { invalidField, TandemError } from '../errors.ts';
import type { Member } from '../jwt.ts';
import type { Columns } from '../ports.ts';
import type { Items, OwnAccess } from './items.ts';

/** One end as somebody's account sees it. */
interface SeenEnd extends OwnAccess {
  readonly place: PlaceInfo;
}

/** Both ends of an integration as somebody's accounts see them. */
export interface SeenEnds {
  readonly left: SeenEnd;
  readonly right: SeenEnd;
  readonly columns: Columns;
}

/** Whether two ends can be kept in step, before anything is made. */
export interface IntegrationChecks {
  /** Throws at the end that the accounts do not see, or that has no columns. */
  ends(member: Member, ends: CheckBody): Promise<SeenEnds>;
  /** What stands against it, as sentences; and which scopes the tokens were seen to have, the right one's where that is told. */
  judge(ends: SeenEnds): Promise<{ readonly troubles: readonly string[]; readonly scopes: readonly string[]; readonly rightScopes?: readonly string[] }>;
}

/** Opens the checks over the callers' accounts. */
export function openIntegrationChecks({ config }: Pick<Deps, 'config'>, items: Pick<Items, 'own'>): IntegrationChecks {
  const look = async (member: Member, end: End, field: 'left' | 'right'): Promise<SeenEnd> => {
    const own = await items.own(member, end.tool, end.site);
    try {
      return { ...own, place: await own.tool.describe(own.access, end.place) };
    } catch (error) {
      if (error instanceof TandemError && (error.code === 'not_found' || error.code === 'forbidden')) throw invalidField(field, error.message);
      throw error;
    }
  };

  return {
    async ends(member, ends) {
      const [left, right] = [await look(member, ends.left, 'left'), await look(member, ends.right, 'right')];
      const { columns, name } = left.tool;
      if (!columns) throw invalidField('left', `${name} has no columns that Tandem could put a button in.`);
      return { left, right, columns };
    },

    async judge({ left, right, columns }) {
      const { name } = left.tool;
      const [troubles, scopes]: [string[], string[]] = [[], [columns.scopes.see.items]];
      if (!columns.reaches(config.url)) troubles.push(`${name} could not reach this Tandem at ${config.url}: it calls https addresses of the open internet only. Whoever runs Tandem has to give it one (TANDEM_URL).`);
      for (const [what, ask] of [['columns', () => columns.list(left.access)], ['webhooks', async () => left.tool.hooks?.list(left.access, left.place.id)]] as const) {
        try {
          await ask();
          scopes.push(columns.scopes.see[what]);
        } catch (error) {
          if (!(error instanceof TandemError) || error.status >= 500) throw error;
          troubles.push(error.code === 'forbidden' ? `The ${name} token may not see ${what}: it has not the scope ${columns.scopes.see[what]}. Make one that has it, and connect it.` : error.message);
        }
      }
      if (!right.tool.create || !right.tool.write) troubles.push(`Tandem cannot make or change ${right.tool.noun}s in ${right.tool.name}.`);
      else if (!right.place.can.create) troubles.push(`Your account may not make ${right.tool.noun}s in ${right.place.name}. Ask its maintainer for the right.`);
      const given = await right.tool.scopes?.(right.access);
      for (const scope of given?.lacks ?? []) troubles.push(`The ${right.tool.name} token may not make or change ${right.tool.noun}s: it has not the scope ${scope}. Make one that has it, and connect it.`);
      return { troubles, scopes, ...(given ? { rightScopes: given.seen } : {}) };
    },
  };
}

/** In code points, as an API counts. */
const lengthOf = (text: string): number => Array.from(text).length;

/** Throws at the field that cannot be as it is given. */
export function checkSettings({ name, button, statuses = [] }: IntegrationPatch, { left, right, columns: { most } }: SeenEnds): void {
  if (name !== undefined && (name.trim() === '' || lengthOf(name) > most.name)) throw invalidField('name', `The column needs a name of at most ${most.name} characters.`);
  if (button !== undefined && (button.trim() === '' || lengthOf(button) > most.button)) throw invalidField('button', `The button needs a text of at most ${most.button} characters.`);
  for (const [i, row] of statuses.entries()) {
    if (!left.place.statuses.some(({ id }) => id === row.feature)) throw invalidField(`statuses.${i}.feature`, 'This status is not there any more. Choose “None” to drop its row.');
    if (!right.place.statuses.some(({ id }) => id === row.ticket)) throw invalidField(`statuses.${i}.ticket`, `${right.place.name} has no such status. Choose another.`);
    if (statuses.findIndex(({ feature }) => feature === row.feature) !== i) throw invalidField(`statuses.${i}.feature`, 'This status stands in two rows. Remove one of them.');
  }
}
