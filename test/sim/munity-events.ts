import type { ServerResponse } from 'node:http';
import type { Routes } from './kit.ts';
import type { EventShape, EventSwitches } from './munity-types.ts';

/** What the pages tell whoever listens in a room. */
export type StreamEvent = 'READY' | 'IMPORT_DONE' | 'error';

export interface EventDesk {
  readonly routes: Routes;
  readonly switches: EventSwitches;
  /** Tells everybody who listens in the room now; whoever comes later hears nothing of it. */
  tell(room: string | null, type: StreamEvent, message: string): void;
  /** The event as the stream, or a message to the opener, words it. */
  worded(type: StreamEvent, message: string): string;
}

const MAX_TOLD = 1_000;

/**
 * Server-Sent Events by room: `GET /events/?uuid=<uuid>`, the address that `@munityapps/sdk-frontend` 1.0.15 listens at (unpkg, lib/es5/customer/index.js).
 * Its messages are not public: the names are those of https://doc.munityapps.com/howtousefrontend/, the shape is a switch, since that page says both `{type, message}` and `{status, message}` and the SDK itself hands over bare strings.
 */
export function makeEvents(): EventDesk {
  const rooms = new Map<string, Set<ServerResponse>>();
  const told: { room: string; type: string; message: string; heard: number }[] = [];
  let refusing = 0;
  let losing = 0;

  const send = (room: string, data: string): number => {
    const listeners = rooms.get(room) ?? new Set();
    for (const listener of listeners) listener.write(`data: ${data}\n\n`);
    return listeners.size;
  };
  const switches: EventSwitches = {
    shape: 'type',
    done: 'IMPORT_DONE',
    told,
    drop() {
      for (const listeners of rooms.values()) for (const listener of listeners) listener.destroy();
    },
    refuse(count) {
      refusing = count;
    },
    refusals: () => refusing,
    lose(count) {
      losing += count;
    },
    send: (room, data) => void send(room, data),
    listeners: (room) => (room === undefined ? [...rooms.values()].reduce((sum, listeners) => sum + listeners.size, 0) : (rooms.get(room)?.size ?? 0)),
  };
  const worded: EventDesk['worded'] = (type, message) => shaped(switches.shape, type === 'IMPORT_DONE' ? switches.done : type, message);

  return {
    switches,
    worded,
    tell(room, type, message) {
      if (room === null) return;
      const lost = losing > 0;
      if (lost) losing -= 1;
      told.push({ room, type, message, heard: lost ? 0 : send(room, worded(type, message)) });
      if (told.length > MAX_TOLD) told.shift();
    },
    routes: {
      'GET /events/': ({ query }) => {
        const room = query.get('uuid');
        // whoever listens is on another origin: the SDK runs in pages of Munity's customers
        const headers = { 'Access-Control-Allow-Origin': '*' };
        if (!room) return { status: 400, headers, body: { detail: 'uuid is missing' } };
        if (refusing > 0) {
          refusing -= 1;
          return { status: 503, headers, body: { detail: 'a switch of the simulator is on' } };
        }
        return {
          status: 200,
          headers: { ...headers, 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' },
          stream: (res) => {
            const listeners = rooms.get(room) ?? new Set();
            rooms.set(room, listeners.add(res));
            res.on('close', () => {
              listeners.delete(res);
              if (listeners.size === 0) rooms.delete(room);
            });
            res.write('retry: 1000\n\n');
          },
        };
      },
    },
  };
}

function shaped(shape: EventShape, type: string, message: string): string {
  if (shape === 'string') return type;
  if (shape === 'json-string') return JSON.stringify(type);
  return JSON.stringify({ [shape]: type, message });
}
