/** Munity's package as its own declarations have it; it need not be installed. */
declare module '@munityapps/sdk-frontend' {
  export function connect(connector: string, SECRET: string, cb?: ((data: unknown) => void) | null, config?: { [key: string]: string }): Promise<boolean>;
  export function listenMunityEvent(uuid: unknown, cb: (data: unknown) => void, config?: { [key: string]: string }): void;
}

declare module 'virtual:munity-sdk' {
  import type { connect, listenMunityEvent } from '@munityapps/sdk-frontend';

  /** Munity's package where it was installed when the pages were built. */
  export const sdk: { readonly connect: typeof connect; readonly listenMunityEvent: typeof listenMunityEvent } | undefined;
}
