import { eventOf, NAMES, type MunityEvent } from './events.ts';
import type { Outside } from './outside.ts';

const RETRIES = 5;
const CLOSED = 2;

interface Listener {
  onOpen(): void;
  onEvent(event: MunityEvent): void;
  /** It cannot be had any more. */
  onLost(): void;
}

/** Listens to Munity's event stream; answers how to stop. The browser reconnects by itself when the line drops; where it gives up, the stream is opened anew up to five times, each pause twice the one before. */
export function listenTo(address: string, outside: Pick<Outside, 'stream' | 'after'>, { onOpen, onEvent, onLost }: Listener): () => void {
  let stop = (): void => {};
  let failures = 0;

  function open(): void {
    const stream = outside.stream(address);
    stop = () => stream.close();
    stream.addEventListener('open', () => {
      failures = 0;
      onOpen();
    });
    const handleEvent = ({ type, data }: MessageEvent<unknown>): void => {
      const event = eventOf(data) ?? eventOf(type);
      if (event) onEvent(event);
    };
    // A server may name its events instead of, or besides, naming them in the data.
    for (const name of ['message', ...Object.keys(NAMES)]) stream.addEventListener(name, handleEvent);
    stream.addEventListener('error', (event) => {
      // An event of the server's that is called `error` carries data; the browser's own does not.
      if (event instanceof MessageEvent) return handleEvent(event);
      if (stream.readyState !== CLOSED) return;
      if (++failures > RETRIES) onLost();
      else stop = outside.after(500 * 2 ** failures, open);
    });
  }

  open();
  return () => stop();
}
