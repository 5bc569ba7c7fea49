import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { INSTALLATION_KEY, InstallationError, openInstallation, SECRET_KEY } from '../../src/storage/installation.js';
import { openTestStore, type TestStore } from '../server/support/store.js';
import { databaseInFolder } from '../server/support/database.js';

type Opened = Awaited<ReturnType<typeof databaseInFolder>>;

let opened: Opened;
let here: TestStore;
const folders: string[] = [];
beforeEach(async () => {
  opened = await databaseInFolder();
  here = await openTestStore(opened.directory);
});
afterEach(async () => {
  await opened.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function anotherStore(): Promise<TestStore> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-store-'));
  folders.push(directory);
  return openTestStore(directory);
}

const warnings: string[] = [];
beforeEach(() => void warnings.splice(0));

const joinAs = (role: 'server' | 'worker', { objects }: TestStore = here, options: { secretKey?: Uint8Array; version?: string } = {}) =>
  openInstallation({
    prisma: opened.database.prisma,
    objects,
    isServer: role === 'server',
    version: '1.0.0',
    formerKeyFile: join(opened.directory, 'secret.key'),
    warn: (message) => warnings.push(message),
    ...options,
  });

it('the first server names the installation in database and store, and everyone after it joins', async () => {
  const { id, secrets } = await joinAs('server');
  expect(JSON.parse((await buffer(here.objects.read(INSTALLATION_KEY))).toString())).toEqual({ id });
  const sealed = secrets.seal('Bearer secret', 'model');
  const worker = await joinAs('worker');
  expect(worker.id).toBe(id);
  expect(worker.secrets.unseal(sealed, 'model')).toBe('Bearer secret');
  expect((await joinAs('server', here, { version: '1.1.0' })).id).toBe(id);
  expect(await opened.database.prisma.installation.findMany()).toMatchObject([{ id, version: '1.1.0' }]);
});

it('several first servers at the same time agree', async () => {
  const joined = await Promise.all(Array.from({ length: 4 }, () => joinAs('server')));
  expect(new Set(joined.map(({ id }) => id)).size).toBe(1);
  const [first, last] = [joined[0]!, joined.at(-1)!];
  expect(last.secrets.unseal(first.secrets.seal('text', 'model'), 'model')).toBe('text');
});

it('a server does not start on the store of another installation, and leaves both as they were', async () => {
  const { id } = await joinAs('server');
  const other = await databaseInFolder();
  try {
    const attempt = openInstallation({
      prisma: other.database.prisma,
      objects: here.objects,
      isServer: true,
      version: '1.0.0',
      formerKeyFile: join(other.directory, 'secret.key'),
      warn: () => undefined,
    });
    await expect(attempt).rejects.toThrow(InstallationError);
    await expect(attempt).rejects.toThrow(/is of installation .*, and the database is of none yet\. Set GAUNTLET_ARTIFACTS/);
    expect(await other.database.prisma.installation.count()).toBe(0);
  } finally {
    await other.close();
  }
  expect((await joinAs('server')).id).toBe(id);
});

it('a worker does not start on a store of its own', async () => {
  await joinAs('server');
  const attempt = joinAs('worker', await anotherStore());
  await expect(attempt).rejects.toThrow(InstallationError);
  await expect(attempt).rejects.toThrow(/is of no installation yet, and the database is of installation/);
});

it('a server does not start on an empty store where its database has artifacts', async () => {
  await joinAs('server');
  await opened.database.prisma.artifact.create({ data: { id: 'a'.repeat(64), size: 1, mediaType: '' } });
  await expect(joinAs('server', await anotherStore())).rejects.toThrow(/the artifact store .* is empty/);
});

it('the key of a folder from before moves into the store', async () => {
  const key = randomBytes(32);
  const file = join(opened.directory, 'secret.key');
  await writeFile(file, key);
  const { id, secrets } = await joinAs('server');
  expect(await buffer(here.objects.read(SECRET_KEY))).toEqual(key);
  await expect(stat(file)).rejects.toThrow(/ENOENT/);
  expect((await joinAs('worker')).secrets.check(id)).toBe(secrets.check(id));
  // That a worker of an earlier version made for itself.
  await writeFile(file, randomBytes(32));
  expect((await joinAs('server')).secrets.check(id)).toBe(secrets.check(id));
  expect(warnings).toEqual([expect.stringContaining('It is not used.')]);
  expect(await readFile(file)).toHaveLength(32);
});

it('with a key from the configuration there is none in the store, and whoever has another does not start', async () => {
  const secretKey = randomBytes(32);
  await joinAs('server', here, { secretKey });
  expect(await here.objects.head(SECRET_KEY)).toBeUndefined();
  await joinAs('worker', here, { secretKey });
  await expect(joinAs('worker', here, { secretKey: randomBytes(32) })).rejects.toThrow(/GAUNTLET_SECRET_KEY is another key/);
  await expect(joinAs('worker')).rejects.toThrow(/There is no secret\.key .* Set GAUNTLET_SECRET_KEY/);
});

it('an installation whose key was lost goes on with a new one, and says what is to be done', async () => {
  const { id, secrets } = await joinAs('server');
  await here.objects.delete(SECRET_KEY);
  const { secrets: renewed } = await joinAs('server');
  expect(renewed.check(id)).not.toBe(secrets.check(id));
  expect(warnings).toEqual([expect.stringContaining('submit models behind endpoints with an authorization again')]);
  await joinAs('worker');
});
