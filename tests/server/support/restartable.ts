/** A server process on a database and a folder that outlive it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphqlClient, type GraphQLClient } from './client.js';
import { createTestDatabase } from './database.js';
import { startProcess } from './process.js';
import { storeVariables } from './store.js';

/**
 * Starts a server, lets `use` kill it and start it again, and removes everything.
 * @param use gets a client, as an admin, of the first server, and a function that kills it and gives a client of the next. @param variables of its environment.
 */
export async function withRestartableServer(
  use: (graphql: GraphQLClient, restart: () => Promise<GraphQLClient>) => Promise<void>,
  variables: Record<string, string> = { GAUNTLET_THREADS: '1' },
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-restart-'));
  const database = await createTestDatabase(directory);
  const store = storeVariables();
  let authorization = '';
  const open = async () => {
    const server = await startProcess('server.js', {
      GAUNTLET_DATA_DIR: directory,
      DATABASE_URL: database.url,
      ...store,
      GAUNTLET_QUEUE_HEARTBEAT_SECONDS: '10',
      ...variables,
    });
    // Printed by the first start alone.
    if (server.token) authorization = `Bearer ${server.token}`;
    return server;
  };
  let current = await open();
  const client = () => graphqlClient(`${current.url}/graphql`, authorization);
  try {
    await use(client(), async () => {
      await current.kill('SIGKILL');
      current = await open();
      return client();
    });
  } finally {
    await current.kill('SIGKILL');
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  }
}
