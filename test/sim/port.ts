import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below what systems give to outgoing connections (32,768 and up on Linux, 49,152 and up elsewhere): a port from there may be some connection's own end before anybody listens on it, or while the one that did is started again. */
const [FIRST, LAST] = [20_000, 32_000] as const;
let next = randomInt(FIRST, LAST);

/** A port on which nobody listens, on any address, and which no outgoing connection is given. The same process hands out none a second time before it has been all round; two begin at random. */
export async function freePort(): Promise<number> {
  for (let tried = FIRST; tried < LAST; tried += 1) {
    const port = next;
    next = port + 1 < LAST ? port + 1 : FIRST;
    if (await isFree(port)) return port;
  }
  throw new Error(`Every port from ${FIRST} to ${LAST - 1} is in use.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
