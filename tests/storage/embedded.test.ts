/** The embedded database behind its socket. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/storage/database.js';
import { databaseInFolder } from '../server/support/database.js';

let database: Database;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ database, close } = await databaseInFolder());
});
afterAll(() => close());

const rows = (sql: string, values: unknown[] = []) => database.queue.db!.executeSql(sql, values).then((result) => result.rows as object[]);

describe.skipIf(process.env.GAUNTLET_TEST_DATABASE_URL)('statements that fail', () => {
  it.each([
    ['when they are parsed', 'SELECT missing WHERE $1::INT = 1', [1]],
    ['when values are bound', 'SELECT $1::UUID', ['none']],
    ['when they run', 'SELECT 1 / $1::INT', [0]],
    ['with others, without values', 'BEGIN; SELECT 1 / 0; COMMIT', []],
  ])('%s leave the answers to the next ones as they are', async (_when, sql, values) => {
    for (let i = 0; i < 20; i++) {
      await expect(rows(sql, values)).rejects.toThrow();
      expect(await rows('SELECT $1::INT AS next', [i])).toEqual([{ next: i }]);
    }
  });

  it('and others at the same time each get their own answers', async () => {
    const asked = Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0
        ? rows('SELECT 1 / $1::INT', [0]).catch(() => 'failed')
        : i % 3 === 1
          ? rows('SELECT $1::INT AS i, repeat($2, 20000) AS long', [i, 'x'])
          : database.prisma.$queryRaw<object[]>`SELECT ${i}::INT AS i`,
    );
    for (const [i, answer] of (await Promise.all(asked)).entries()) {
      if (i % 3 === 0) expect(answer).toBe('failed');
      else expect(answer).toMatchObject([{ i }]);
    }
  });

  it('in a transaction take it back, and nothing of the next', async () => {
    await rows('CREATE TABLE "trial" (n INT UNIQUE)');
    const insert = (n: number, again: number) =>
      database.prisma.$transaction(async (tx) => {
        await tx.$executeRaw`INSERT INTO "trial" VALUES (${n})`;
        await tx.$executeRaw`INSERT INTO "trial" VALUES (${again})`;
      });
    const inserted = await Promise.allSettled([insert(1, 2), insert(3, 3), insert(4, 5), insert(6, 1)]);
    expect(inserted.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(await rows('SELECT n FROM "trial" ORDER BY n')).toEqual([1, 2, 4, 5].map((n) => ({ n })));
  });
});

describe.skipIf(process.env.GAUNTLET_TEST_DATABASE_URL)('notifications', () => {
  it('arrive, so that nobody polls', async () => {
    const received: string[] = [];
    const { close: stop } = await database.queue.db!.listen!(
      'trial',
      (payload) => received.push(payload),
      () => undefined,
    );
    await rows(`SELECT pg_notify('trial', $1)`, ['alone']);
    await database.prisma.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT pg_notify('trial', 'in a transaction')`;
      expect(received).not.toContain('in a transaction');
    });
    await expect.poll(() => received).toEqual(['alone', 'in a transaction']);
    await stop();
    await rows(`SELECT pg_notify('trial', $1)`, ['too late']);
    expect(received).toHaveLength(2);
  });
});
