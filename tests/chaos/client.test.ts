import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Gauntlet } from '@gauntlet/client';
import { expect, it } from 'vitest';
import WebSocket from 'ws';
import { registerMnist, startEvaluation, submitArchitecture } from '../server/support/operations.js';
import { withRestartableServer } from '../server/support/restartable.js';

/** A port that a server can have twice in a row: below those that systems give to whoever asks for any. */
async function freePort(): Promise<number> {
  const port = randomInt(20_000, 30_000);
  const server = createServer().listen(port, '127.0.0.1');
  const isFree = await once(server, 'listening').catch(() => undefined);
  if (!isFree) return freePort();
  server.close();
  await once(server, 'close');
  return port;
}

it('the client library waits for a job while its server is killed and started again, by WebSocket and without', async () => {
  const port = await freePort();
  const variables = { GAUNTLET_AUTH: 'none', GAUNTLET_PORT: String(port), GAUNTLET_THREADS: '1', GAUNTLET_SHARD_SIZE: '10' };
  await withRestartableServer(async (graphql, restart) => {
    const modelId = await submitArchitecture(graphql, 'long');
    const attacks = [{ iterBasic: { epsilon: 0.1 } }];
    const { jobIds } = await startEvaluation(graphql, { modelId, datasetId: await registerMnist(graphql), attacks, sampleCount: 400 });
    const clients = [WebSocket, false].map((webSocket) => new Gauntlet({ url: `http://127.0.0.1:${port}`, webSocket }));
    let begun = () => {};
    const progress = new Promise<void>((resolve) => (begun = resolve));
    const ended = clients.map((client) => client.waitFor(jobIds[0]!, { onProgress: (job) => job.progress.done > 0 && begun() }));
    await progress;
    await restart();
    for (const job of await Promise.all(ended)) expect(job).toMatchObject({ state: 'SUCCEEDED', progress: { done: 400 } });
    await Promise.all(clients.map((client) => client.close()));
  }, variables);
});
