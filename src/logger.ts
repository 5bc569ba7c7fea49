/** The log: JSON lines, or coloured text on a terminal. @module */
import { pino, type Logger } from 'pino';
import type { Config } from './config.js';

export function createLogger({ level, pretty }: Config['log']): Logger {
  return pino({
    level,
    base: undefined,
    transport: pretty
      ? { target: 'pino-pretty', options: { ignore: 'jobId,attempt,unit,done,total', translateTime: 'HH:MM:ss' } }
      : undefined,
  });
}
