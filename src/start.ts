/** How an entry point starts and stops. @module */
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { ConfigError, loadConfig, unknownSettings, type Config } from './config.js';
import { ComputeError } from './compute/errors.js';
import { checkFolders, FolderError } from './folders.js';
import { createLogger } from './logger.js';
import { DatabaseUnreachableError } from './storage/database.js';
import { StoreUnavailable } from './storage/errors.js';
import { InstallationError } from './storage/installation.js';
import { LockedError } from './storage/lock.js';
import { MigrationError } from './storage/migrations.js';
import { startTracing } from './tracing.js';

/** Longest time to stop: running work is interrupted, not finished. */
const CLOSE_DELAY_MS = 20_000;

/** Errors whose message says all that there is to say. */
const EXPECTED = [
  ConfigError,
  LockedError,
  MigrationError,
  DatabaseUnreachableError,
  StoreUnavailable,
  InstallationError,
  ComputeError,
  FolderError,
];

const isAddressInUse = (error: unknown): error is NodeJS.ErrnoException => (error as NodeJS.ErrnoException).code === 'EADDRINUSE';

/** An address that this machine does not have, a name that nobody knows, or a port that is not for everyone. */
function isAddressError(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code !== undefined && (syscall === 'listen' || syscall === 'getaddrinfo');
}

/** A folder that cannot be made, read or written. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  return code !== undefined && syscall !== undefined && path !== undefined;
}

/** Of the embedded database, whose numbers are those of WebAssembly's system interface. */
const EMBEDDED_ERRORS: Readonly<Record<number, string>> = {
  2: 'permission denied',
  51: 'no space left on the disk',
  69: 'read-only file system',
};

const isEmbeddedError = (error: unknown): error is { readonly errno: number } => (error as Error).name === 'ErrnoError';

/** Reads the configuration, runs `open`, and closes on signals and on errors that nothing caught. */
export async function start(open: (config: Config, log: Logger) => Promise<{ close(): Promise<void> }>): Promise<void> {
  try {
    const config = loadConfig();
    const log = createLogger(config.log);
    for (const name of unknownSettings())
      log.warn(`${name} is no setting of this version, and changes nothing: docs/reference/configuration.md has all`);
    await checkFolders(config);
    const endTracing = await startTracing({ ...config.tracing, version: config.version });
    const opened = await open(config, log);
    closeWithGrace({ delay: CLOSE_DELAY_MS, logger: log }, async ({ err, signal }) => {
      if (err) log.fatal({ err }, 'stopping because of an error');
      else log.info(`stopping (${signal})`);
      await opened.close();
      await endTracing().catch((error: unknown) => log.warn({ err: error }, 'sending the last traces'));
    });
  } catch (error) {
    if (EXPECTED.some((type) => error instanceof type)) console.error(`gauntlet: ${(error as Error).message}`);
    else if (isAddressInUse(error)) console.error(`gauntlet: ${error.message}. Set GAUNTLET_PORT to another port, or to 0 for any.`);
    else if (isAddressError(error)) console.error(`gauntlet: ${error.message}. Check GAUNTLET_HOST and GAUNTLET_PORT.`);
    else if (isFileError(error))
      console.error(`gauntlet: ${error.message}. Check GAUNTLET_DATA_DIR and GAUNTLET_CACHE_DIR, and who may write there.`);
    else if (isEmbeddedError(error)) {
      const reason = EMBEDDED_ERRORS[error.errno] ?? `error ${error.errno} of the system`;
      console.error(`gauntlet: The embedded database cannot write its files: ${reason}. Check GAUNTLET_DATA_DIR.`);
    } else console.error(error);
    process.exit(1);
  }
}
