/**
 * An installation: one database, one artifact store, one key. The first server writes the same id to both, and whoever finds two ids refuses to start: it would
 * delete or miss files that belong to another database.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import type { DatabaseClient } from './database.js';
import { ArtifactMissing } from './errors.js';
import type { ObjectStore } from './objects/types.js';
import { newKey, Secrets } from './secrets.js';

export interface InstallationOptions {
  readonly prisma: DatabaseClient;
  readonly objects: ObjectStore;
  /** A server makes what is not there yet. A worker joins an installation. */
  readonly isServer: boolean;
  /** Of this program. */
  readonly version: string;
  /** 32 bytes from the configuration; else the key is in the store. */
  readonly secretKey?: Uint8Array;
  /** Where versions before the store had the key: a file that is moved into the store. */
  readonly formerKeyFile: string;
  readonly warn: (message: string) => void;
}

export interface Installation {
  readonly id: string;
  readonly secrets: Secrets;
}

/** Database, artifact store and key do not belong together. The message says what to do. */
export class InstallationError extends Error {
  override readonly name = 'InstallationError';
}

export const INSTALLATION_KEY = 'installation.json';
export const SECRET_KEY = 'secret.key';

const label = z.object({ id: z.uuid() });

/** @throws InstallationError, StoreUnavailable. */
export async function openInstallation(options: InstallationOptions): Promise<Installation> {
  const { prisma, isServer, version } = options;
  const id = isServer ? await joinAsServer(options) : await joinAsWorker(options);
  const secrets = await openSecrets(options, id);
  if (isServer) await prisma.installation.update({ where: { id }, data: { version } });
  return { id, secrets };
}

async function joinAsServer({ prisma, objects, version }: InstallationOptions): Promise<string> {
  const stored = await idOfStore(objects);
  const row = await prisma.installation.findFirst();
  // Checked before anything is written: a new database must not take over the store of another.
  if (stored !== undefined && stored !== row?.id) throw conflict(objects, stored, row?.id);
  if (stored === undefined && (await prisma.artifact.count()) > 0 && (await isEmpty(objects))) {
    throw new InstallationError(
      `The database has artifacts, and the artifact store ${objects.location} is empty. Set GAUNTLET_ARTIFACTS to the store of this database, or copy its files there.`,
    );
  }
  await prisma.installation.createMany({ data: { id: randomUUID(), version }, skipDuplicates: true });
  // Another server may have been faster with either.
  const { id } = await prisma.installation.findFirstOrThrow();
  await objects.putIfAbsent(INSTALLATION_KEY, Buffer.from(`${JSON.stringify({ id })}\n`));
  const now = await idOfStore(objects);
  if (now !== id) throw conflict(objects, now, id);
  return id;
}

async function joinAsWorker({ prisma, objects }: InstallationOptions): Promise<string> {
  const { id } = await prisma.installation.findFirstOrThrow();
  const stored = await idOfStore(objects);
  if (stored !== id) throw conflict(objects, stored, id);
  return id;
}

function conflict({ location }: ObjectStore, stored: string | undefined, id: string | undefined): InstallationError {
  const ofStore = stored === undefined ? 'of no installation yet' : `of installation ${stored}`;
  const ofDatabase = id === undefined ? 'of none yet' : `of installation ${id}`;
  return new InstallationError(
    `The artifact store ${location} is ${ofStore}, and the database is ${ofDatabase}. Set GAUNTLET_ARTIFACTS (or GAUNTLET_DATA_DIR) and DATABASE_URL to those of one installation; for a new one, take an empty store and an empty database. Where the store was copied for this database on purpose, delete ${INSTALLATION_KEY} in it and start a server, which deletes all files there that this database does not know.`,
  );
}

async function idOfStore(objects: ObjectStore): Promise<string | undefined> {
  const bytes = await read(objects, INSTALLATION_KEY);
  if (!bytes) return undefined;
  try {
    return label.parse(JSON.parse(bytes.toString('utf8'))).id;
  } catch (error) {
    throw new InstallationError(`${INSTALLATION_KEY} in the artifact store ${objects.location} cannot be read: restore it, or delete it.`, {
      cause: error,
    });
  }
}

async function isEmpty(objects: ObjectStore): Promise<boolean> {
  for await (const { key } of objects.list('sha256/')) if (key) return false;
  return true;
}

/** The key, which is the same for all processes of an installation. */
async function openSecrets(options: InstallationOptions, id: string): Promise<Secrets> {
  const { prisma, objects, isServer, secretKey } = options;
  const [secrets, isNew] = secretKey ? ([new Secrets(secretKey, 'GAUNTLET_SECRET_KEY'), false] as const) : await keyInStore(options);
  const check = secrets.check(id);
  const { keyCheck } = await prisma.installation.findFirstOrThrow();
  if (keyCheck === check) return secrets;
  if (keyCheck !== null && !isNew) {
    const origin = secretKey ? 'GAUNTLET_SECRET_KEY is' : `${SECRET_KEY} in ${objects.location} is`;
    throw new InstallationError(
      `${origin} another key than that of this installation. Set GAUNTLET_SECRET_KEY to the same value for all servers and workers, or for none: then the key is ${SECRET_KEY} in the artifact store.`,
    );
  }
  if (keyCheck !== null) {
    options.warn(
      'The key of this installation was lost, and there is a new one: submit models behind endpoints with an authorization again.',
    );
  }
  if (isServer) await prisma.installation.update({ where: { id }, data: { keyCheck: check } });
  return secrets;
}

async function keyInStore({ objects, isServer, formerKeyFile, warn }: InstallationOptions): Promise<readonly [Secrets, boolean]> {
  const origin = `${SECRET_KEY} in ${objects.location}`;
  let key = await read(objects, SECRET_KEY);
  const isNew = key === undefined;
  if (!isServer) {
    if (key) return [new Secrets(key, origin), false];
    throw new InstallationError(
      `There is no ${origin}. Set GAUNTLET_SECRET_KEY to the value that the server has, or start the server first.`,
    );
  }
  const former = await readFile(formerKeyFile).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!key) {
    await objects.putIfAbsent(SECRET_KEY, former ?? newKey());
    // That of another server where it was faster.
    key = (await read(objects, SECRET_KEY))!;
  }
  const secrets = new Secrets(key, origin);
  if (former?.equals(key)) await rm(formerKeyFile);
  else if (former) warn(`${formerKeyFile} is not the key of this installation, which is ${origin}. It is not used.`);
  return [secrets, isNew && !former];
}

async function read(objects: ObjectStore, key: string): Promise<Buffer | undefined> {
  try {
    return await buffer(objects.read(key));
  } catch (error) {
    if (error instanceof ArtifactMissing) return undefined;
    throw error;
  }
}
