/** Entry: a worker alone, for another machine or process on the same PostgreSQL server and the same data directory. @module */
import { ConfigError } from './config.js';
import { openRuntime } from './runtime.js';
import { start } from './start.js';

await start(async (config, log) => {
  if (!config.database.url)
    throw new ConfigError('DATABASE_URL: a worker needs a PostgreSQL server; the embedded database belongs to one process.');
  const runtime = await openRuntime(config, log);
  await runtime.work();
  log.info('worker: waiting for jobs');
  return runtime;
});
