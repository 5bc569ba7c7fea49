/** How an entry point starts and stops. @module */
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { ConfigError, loadConfig, type Config } from './config.js';
import { ComputeError } from './compute/errors.js';
import { createLogger } from './logger.js';
import { LockedError } from './storage/lock.js';
import { MigrationError } from './storage/migrations.js';

/** Longest time to stop: running work is interrupted, not finished. */
const CLOSE_DELAY_MS = 20_000;

/** Reads the configuration, runs `open`, and closes on signals and on errors that nothing caught. */
export async function start(open: (config: Config, log: Logger) => Promise<{ close(): Promise<void> }>): Promise<void> {
  try {
    const config = loadConfig();
    const log = createLogger(config.log);
    const opened = await open(config, log);
    closeWithGrace({ delay: CLOSE_DELAY_MS, logger: log }, async ({ err, signal }) => {
      if (err) log.fatal({ err }, 'stopping because of an error');
      else log.info(`stopping (${signal})`);
      await opened.close();
    });
  } catch (error) {
    const expected = [ConfigError, LockedError, MigrationError, ComputeError].some((type) => error instanceof type);
    const address = (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? ' Set GAUNTLET_PORT to another port.' : '';
    console.error(expected || address ? `gauntlet: ${(error as Error).message}.${address}`.replace('..', '.') : error);
    process.exit(1);
  }
}
