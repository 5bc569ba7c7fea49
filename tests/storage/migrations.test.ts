import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { bitsOf, packOutcomes, wasRight } from '../../src/results/outcomes.js';
import { openPglite } from '../../src/storage/embedded/pglite.js';
import { migrate, MigrationError, type SqlSession } from '../../src/storage/migrations.js';
import { openDatabase } from '../../src/storage/open-database.js';
import { createTestDatabase, type TestDatabase } from '../server/support/database.js';
import { outcomesOf } from '../server/support/outcomes.js';

const { migrationsDirectory, cacheDirectory } = loadConfig({});
let directory: string;
let database: TestDatabase;
let closers: (() => Promise<unknown>)[];
/** Starting one takes longer than a test; each test gets an empty schema in the same. */
let embedded: PGlite | undefined;
let embeddedDirectory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-migrations-'));
  await cp(migrationsDirectory, join(directory, 'migrations'), { recursive: true });
  database = await createTestDatabase();
  closers = [];
});
afterEach(async () => {
  for (const close of closers) await close();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});
beforeAll(async () => {
  embeddedDirectory = await mkdtemp(join(tmpdir(), 'gauntlet-pglite-'));
});
afterAll(async () => {
  await embedded?.close();
  await rm(embeddedDirectory, { recursive: true, force: true });
});

/** A connection to the test's database; the embedded one has only one. */
async function connect(): Promise<SqlSession> {
  if (database.url) {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    closers.push(() => client.end());
    return {
      query: async (sql, parameters) => (await client.query(sql, parameters)).rows,
      script: async (sql) => void (await client.query(sql)),
    };
  }
  const pglite = (embedded ??= await openPglite(join(embeddedDirectory, 'database'), cacheDirectory));
  await pglite.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  return {
    query: async <Row>(sql: string, parameters?: unknown[]) => (await pglite.query<Row>(sql, parameters)).rows,
    script: async (sql) => void (await pglite.exec(sql)),
  };
}

const migrations = () => join(directory, 'migrations');

async function addMigration(name: string, sql: string): Promise<void> {
  await mkdir(join(migrations(), name));
  await writeFile(join(migrations(), name, 'migration.sql'), sql);
}

describe('migrate', () => {
  it('applies missing migrations, once, and records them as Prisma does', async () => {
    const session = await connect();
    const applied = await migrate(session, migrations());
    expect(applied.length).toBeGreaterThan(0);
    expect(await migrate(session, migrations())).toEqual([]);
    await addMigration('29991231000000_more', 'CREATE TABLE "More" (); CREATE INDEX ON "Job" ("unit");');
    expect(await migrate(session, migrations())).toEqual(['29991231000000_more']);

    const rows = await session.query<{ migration_name: string; checksum: string; finished_at: Date; applied_steps_count: number }>(
      'SELECT * FROM "_prisma_migrations" ORDER BY migration_name',
    );
    for (const row of rows) {
      const sql = await readFile(join(migrations(), row.migration_name, 'migration.sql'));
      expect(row).toMatchObject({ checksum: createHash('sha256').update(sql).digest('hex'), applied_steps_count: 1 });
      expect(row.finished_at).toBeInstanceOf(Date);
    }
  });

  it('refuses an edited migration, and an unknown one', async () => {
    const session = await connect();
    const [name] = await migrate(session, migrations());
    const file = join(migrations(), name!, 'migration.sql');
    const original = await readFile(file, 'utf8');
    await writeFile(file, `${original}\n-- edited`);
    await expect(migrate(session, migrations())).rejects.toThrow(/edited after it was applied/);
    await writeFile(file, original);
    await addMigration('29991231000000_more', 'SELECT 1');
    await migrate(session, migrations());
    await rm(join(migrations(), '29991231000000_more'), { recursive: true });
    await expect(migrate(session, migrations())).rejects.toThrow(/newer version/);
  });

  it('leaves nothing behind of a migration that fails', async () => {
    const session = await connect();
    await migrate(session, migrations());
    await addMigration('29991231000000_broken', 'CREATE TABLE "Half" (); SELECT nonsense;');
    await expect(migrate(session, migrations())).rejects.toThrow(MigrationError);
    expect(await session.query(`SELECT to_regclass('"Half"') AS half`)).toEqual([{ half: null }]);
    expect(await session.query(`SELECT 1 FROM "_prisma_migrations" WHERE migration_name LIKE '%broken'`)).toEqual([]);
    await writeFile(join(migrations(), '29991231000000_broken', 'migration.sql'), 'CREATE TABLE "Half" ()');
    expect(await migrate(session, migrations())).toEqual(['29991231000000_broken']);
  });

  it.runIf(process.env.GAUNTLET_TEST_DATABASE_URL)('lets several processes start at once', async () => {
    const sessions = await Promise.all([1, 2, 3, 4].map(connect));
    const applied = await Promise.all(sessions.map((session) => migrate(session, migrations())));
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
  });
});

describe('the migrations', () => {
  it('fill in the counts of correct examples of finished evaluations', async () => {
    const later = (await readdir(migrations())).filter((name) => name >= '20261122201000_statistics');
    for (const name of later) await rename(join(migrations(), name), join(directory, name));
    const session = await connect();
    await migrate(session, migrations());
    const outcomes = outcomesOf([
      [3, 3, 3],
      [3, 3, 8],
      [259, 3, 259],
      [1, 2, 2],
      [5, 5, 5],
    ]);
    // Without the model and the data set that it belongs to.
    await session.script('ALTER TABLE "Evaluation" DISABLE TRIGGER ALL');
    const insert = (sampleCount: number, packed: Uint8Array | null) =>
      session.query(
        `INSERT INTO "Evaluation" ("id", "modelId", "datasetId", "jobId", "attackKind", "parameters", "norm", "offset", "sampleCount", "seed", "keepImages", "requestHash", "outcomes")
         VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'FGSM', '{}', 'LINF', 0, $1, 0, false, '', $2)`,
        [sampleCount, packed],
      );
    await insert(5, packOutcomes(outcomes));
    await insert(7, null);
    for (const name of later) await rename(join(directory, name), join(migrations(), name));
    await migrate(session, migrations());
    const read = 'SELECT "cleanRight"::TEXT AS clean, "adversarialRight"::TEXT AS adversarial FROM "Evaluation" ORDER BY "sampleCount"';
    expect(await session.query(read)).toEqual([
      { clean: bitsOf(outcomes, wasRight), adversarial: '10101' },
      { clean: null, adversarial: null },
    ]);
    expect(bitsOf(outcomes, wasRight)).toBe('11001');
  });

  it('create the tables that the client expects', async () => {
    const { prisma, close } = await openDatabase(database.url, {
      dataDirectory: directory,
      cacheDirectory,
      migrationsDirectory,
      poolSize: 2,
    });
    closers.push(close);
    for (const model of ['artifact', 'upload', 'model', 'dataset', 'job', 'evaluation', 'jobPart', 'worker'] as const) {
      // Selects every column by name.
      expect(
        await (prisma[model] as { findMany(args: object): Promise<unknown[]> }).findMany(
          model === 'evaluation' ? { omit: { outcomes: false, cleanRight: false, adversarialRight: false } } : {},
        ),
      ).toEqual([]);
    }
  });
});
