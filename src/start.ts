/** How an entry point starts and stops. @module */
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { ConfigError, loadConfig, type Config } from './config.js';
import { ComputeError } from './compute/errors.js';
import { createLogger } from './logger.js';
import { DatabaseUnreachableError } from './storage/database.js';
import { StoreUnavailable } from './storage/errors.js';
import { InstallationError } from './storage/installation.js';
import { LockedError } from './storage/lock.js';
import { MigrationError } from './storage/migrations.js';

/** Longest time to stop: running work is interrupted, not finished. */
const CLOSE_DELAY_MS = 20_000;

/** Errors whose message says all that there is to say. */
const EXPECTED = [ConfigError, LockedError, MigrationError, DatabaseUnreachableError, StoreUnavailable, InstallationError, ComputeError];

const isAddressInUse = (error: unknown): error is NodeJS.ErrnoException => (error as NodeJS.ErrnoException).code === 'EADDRINUSE';

/** A folder that cannot be made, read or written. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  return code !== undefined && syscall !== undefined && path !== undefined;
}

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
    if (EXPECTED.some((type) => error instanceof type)) console.error(`gauntlet: ${(error as Error).message}`);
    else if (isAddressInUse(error)) console.error(`gauntlet: ${error.message}. Set GAUNTLET_PORT to another port, or to 0 for any.`);
    else if (isFileError(error))
      console.error(`gauntlet: ${error.message}. Check GAUNTLET_DATA_DIR and GAUNTLET_CACHE_DIR, and who may write there.`);
    else console.error(error);
    process.exit(1);
  }
}
