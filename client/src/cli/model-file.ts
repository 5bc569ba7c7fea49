/** A model on disk as one file to upload. @module */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { openAsBlob } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { create } from 'tar';
import { GauntletError } from '../errors.js';

/** A file as it is, a folder as a tar archive. @param use gets the bytes, read as they are needed. */
export async function withModelFile<T>(path: string, use: (file: Blob, name: string) => Promise<T>): Promise<T> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new GauntletError('NO_FILE', `There is no file or folder at ${path}.`);
  if (found.isFile()) return use(await openAsBlob(path), basename(path));
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-'));
  try {
    const archive = join(directory, 'model.tar.gz');
    await create({ cwd: path, file: archive, gzip: true, portable: true }, await readdir(path));
    return await use(await openAsBlob(archive), `${basename(path)}.tar.gz`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
