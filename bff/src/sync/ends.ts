import { printRef, type Ref } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Access, Columns, Tool } from '../ports.ts';
import type { Integration } from '../store/store.ts';

/** One end of an integration, with the account that acts there. */
export interface OpenEnd {
  readonly tool: Tool;
  readonly access: Access;
}

/** The tool at one end of an integration with the account of whoever made it; throws where either is missing. */
export async function openEnd(deps: Pick<Deps, 'tools' | 'accounts'>, integration: Pick<Integration, 'team' | 'user' | 'left' | 'right'>, side: 'left' | 'right', deadline?: number): Promise<OpenEnd> {
  const end = integration[side];
  const tool = deps.tools.at(end.tool, end.site);
  if (!tool) throw new TandemError('not_found', `${end.tool} at ${end.site} is not configured here any more. Whoever runs Tandem can mend that.`);
  return { tool, access: await deps.accounts.access({ team: integration.team, user: integration.user, tool: end.tool, site: end.site }, deadline) };
}

/** The columns of the tool at the left end. */
export async function openColumns(deps: Pick<Deps, 'tools' | 'accounts'>, integration: Integration, deadline?: number): Promise<OpenEnd & { readonly columns: Columns }> {
  const end = await openEnd(deps, integration, 'left', deadline);
  if (!end.tool.columns) throw new TandemError('tool_refused', `${end.tool.name} has no columns.`);
  return { ...end, columns: end.tool.columns };
}

/** A feature of an integration. */
export function featureRef({ left }: Pick<Integration, 'left'>, item: string): Ref {
  return { ...left, id: item };
}

/** The same, printed. */
export function printFeature(integration: Pick<Integration, 'left'>, item: string): string {
  return printRef(featureRef(integration, item));
}

/** Trying again cannot help: somebody has to change something first. */
export function isFinal(error: unknown): error is TandemError {
  return error instanceof TandemError && error.status < 500 && error.code !== 'rate_limited' && error.code !== 'tool_busy' && !('upstreamStatus' in error && error.upstreamStatus === 409);
}
