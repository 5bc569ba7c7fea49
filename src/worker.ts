/** Entry: a worker alone, for another machine or process on the same PostgreSQL server and the same artifact store. @module */
import './production.js';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ConfigError, type Config } from './config.js';
import { openRuntime, type Runtime } from './runtime.js';
import { start } from './start.js';
import { compareVersions } from './storage/postgres.js';

/** How often a worker looks whether servers are of its version, before it starts to work and while it does. */
const VERSION_INTERVAL_MS = 10_000;

/** Waits, and says once what for, until servers and database are of this version: another plans and computes parts in another way. */
async function awaitVersion(config: Config, log: Logger): Promise<void> {
  for (let said = ''; ;) {
    const reason = await compareVersions(config.database.url!, config.version, {
      migrationsDirectory: config.migrationsDirectory,
      waitSeconds: config.database.waitSeconds,
      onWait: (message) => log.warn(`worker: the database is not there yet (${message}); waiting up to ${config.database.waitSeconds} s`),
    });
    if (reason === undefined) return;
    if (reason !== said) log.warn(`worker: ${reason} This worker has version ${config.version} and waits until they agree.`);
    said = reason;
    await setTimeout(VERSION_INTERVAL_MS);
  }
}

async function work(config: Config, log: Logger): Promise<Runtime> {
  await awaitVersion(config, log);
  const runtime = await openRuntime(config, log, { role: 'worker' });
  await runtime.work();
  log.info('worker: waiting for jobs');
  return runtime;
}

await start(async (config, log) => {
  if (!config.database.url)
    throw new ConfigError('DATABASE_URL: a worker needs a PostgreSQL server; the embedded database belongs to one process.');
  let runtime: Promise<Runtime> = work(config, log);
  await runtime;
  /** Servers of another version have started: gives back what it does, and waits. */
  const follow = async () => {
    const { database, close } = await runtime;
    const now = await database.prisma.installation.findFirst();
    if (now?.version === config.version) return;
    log.warn(`worker: servers have version ${now?.version ?? 'unknown'}, this worker has ${config.version}: it stops working`);
    runtime = close().then(() => work(config, log));
    await runtime;
  };
  let isFollowing = false;
  const timer = setInterval(() => {
    if (isFollowing) return;
    isFollowing = true;
    void follow()
      .catch((error: unknown) => log.error({ err: error }, 'comparing versions'))
      .finally(() => (isFollowing = false));
  }, VERSION_INTERVAL_MS);
  return {
    async close() {
      clearInterval(timer);
      await (await runtime).close();
    },
  };
});
