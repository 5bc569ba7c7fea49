/** The log: JSON lines, or coloured text on a terminal. Every line of a request, and of the jobs that it started, has the request's id. @module */
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from './config.js';
import { currentRequest } from './request-context.js';

/** What may be in the message of an error, and must not be in a log: tokens, authorizations, passwords in addresses. */
const SECRETS: readonly [RegExp, string][] = [
  [/gauntlet_[\w-]{43}/g, '[token]'],
  [/\b(Bearer|Basic)(\s+)[\w.~+/=-]+/gi, '$1$2[removed]'],
  [/\b([a-z][a-z\d+.-]*:\/\/[^\s:@/"]*):[^\s@/"]+@/gi, '$1:[removed]@'],
];

const withoutSecrets = (line: string) => SECRETS.reduce((text, [secret, shown]) => text.replace(secret, shown), line);

/** @param destination of JSON lines; default: standard output. */
export function createLogger({ level, pretty }: Config['log'], destination?: DestinationStream): Logger {
  const transport = pretty
    ? { target: 'pino-pretty', options: { ignore: 'jobId,requestId,attempt,unit,done,total', translateTime: 'HH:MM:ss' } }
    : undefined;
  const options = { level, base: undefined, mixin: () => ({ ...currentRequest() }), hooks: { streamWrite: withoutSecrets }, transport };
  return destination ? pino({ ...options, transport: undefined }, destination) : pino(options);
}
