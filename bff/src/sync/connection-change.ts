import type { Connection, Connections, Integration, Integrations } from '../store/store.ts';

/** What may change in a connection; `undefined` takes a field away. */
export type ConnectionChange = { readonly [Field in keyof Omit<Connection, 'rev'>]?: Connection[Field] | undefined };
/** What may change in an integration; `undefined` takes a field away. */
export type IntegrationChange = { readonly [Field in keyof Omit<Integration, 'rev'>]?: Integration[Field] | undefined };

/** Changes the connection unless somebody else did since it was read; answers it as it then is. */
export async function changeConnection(connections: Connections, connection: Connection, change: ConnectionChange): Promise<Connection | undefined> {
  const { rev, ...before } = connection;
  const next = without({ ...before, ...change });
  return (await connections.swap(rev, next)) ? { ...next, rev: rev + 1 } : undefined;
}

/** Changes the integration unless somebody else did since it was read; answers it as it then is. */
export async function changeIntegration(integrations: Integrations, integration: Integration, change: IntegrationChange): Promise<Integration | undefined> {
  const { rev, ...before } = integration;
  const next = without({ ...before, ...change });
  return (await integrations.swap(rev, next)) ? { ...next, rev: rev + 1 } : undefined;
}

function without<T extends object>(row: { readonly [Field in keyof T]: T[Field] | undefined }): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no type follows a filter over entries
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as T;
}
