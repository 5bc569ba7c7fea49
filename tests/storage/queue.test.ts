import { afterAll, beforeAll, expect, it } from 'vitest';
import { JobQueue } from '../../src/jobs/queue.js';
import type { Database } from '../../src/storage/database.js';
import { databaseInFolder } from '../server/support/database.js';

let database: Database;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ database, close } = await databaseInFolder());
});
afterAll(() => close());

async function heartbeatAfterStart(heartbeatSeconds: number): Promise<unknown> {
  const queue = new JobQueue(database, { heartbeatSeconds, onError: () => undefined });
  await queue.start();
  await queue.stop(0);
  return database.prisma.$queryRaw`SELECT name, heartbeat_seconds FROM queue.queue WHERE name = 'training'`;
}

it('the queue has the configured heartbeat, also if it existed before', async () => {
  expect(await heartbeatAfterStart(30)).toEqual([{ name: 'training', heartbeat_seconds: 30 }]);
  expect(await heartbeatAfterStart(45)).toEqual([{ name: 'training', heartbeat_seconds: 45 }]);
});
