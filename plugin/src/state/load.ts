import type { ApiError } from '../api.ts';

/** Something that comes from elsewhere: on its way, refused, or here. */
export type Load<T> = { readonly state: 'loading' } | { readonly state: 'error'; readonly error: ApiError } | { readonly state: 'ready'; readonly value: T };

/** The one `loading`. */
export const LOADING = { state: 'loading' } as const;

/** The value once it is here. */
export function valueOf<T>(load: Load<T>): T | undefined {
  return load.state === 'ready' ? load.value : undefined;
}
