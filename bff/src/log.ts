import { pino, type DestinationStream, type Logger } from 'pino';

export type Log = Logger;

/** Wherever these names turn up in what is logged, their value does not. */
const SECRET = ['authorization', 'cookie', 'token', 'access_token', 'refresh_token', 'client_secret', 'secret', 'sealed', 'password', 'private-token', 'x-gitlab-token'];

/** JSON lines on standard output: a fixed `msg`, data in fields, secrets left out at any depth that we log. */
export function openLog(level: string, destination?: DestinationStream): Log {
  const paths = SECRET.flatMap((name) => ['', '*.', '*.*.'].map((depth) => `${depth}["${name}"]`.replace(/\.\[/, '[')));
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths, censor: '[secret]' } }, ...(destination ? [destination] : []));
}
