import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { listen } from './listen.ts';

/** Says that there is no network for as long as there is none, and tells when it is back. */
export function OfflineBar({ onBack }: { onBack: () => void | Promise<void> }): JSX.Element {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(
    () =>
      listen(['online', 'offline'], () => {
        setOnline(navigator.onLine);
        if (navigator.onLine) void onBack();
      }),
    [onBack],
  );
  return (
    <div role="status">
      {!online && (
        <p class="offline-bar">
          <Icon name="offline" /> You are offline. What you see may be out of date.
        </p>
      )}
    </div>
  );
}
