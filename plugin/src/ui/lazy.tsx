import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api.ts';
import { ErrorState } from './error-state.tsx';
import { Skeleton } from './skeleton.tsx';

/** A component whose code is fetched when it is first shown. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): (props: P) => JSX.Element {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: P): JSX.Element {
    const [Component, setComponent] = useState(() => loaded);
    const [failed, setFailed] = useState<unknown>(undefined);
    const fetchIt = (): void => {
      setFailed(undefined);
      load().then(
        (component) => {
          loaded = component;
          setComponent(() => component);
        },
        (error: unknown) => setFailed(error),
      );
    };
    useEffect(() => {
      if (!Component) fetchIt();
    }, []);
    if (Component) return <Component {...props} />;
    if (failed !== undefined) return <ErrorState error={new ApiError('network', 'This part of the panel could not be loaded. Check your connection, then try again.', { cause: failed })} onRetry={fetchIt} />;
    return <Skeleton rows={2} label="Loading" />;
  };
}
