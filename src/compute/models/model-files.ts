/** Finds and reads the files of a model, which may be of anyone's making. @module */
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { ComputeError } from '../errors.js';

/** How deep below the given folder a model's main file may lie: archives often wrap everything in a folder. */
const MAXIMUM_DEPTH = 4;

/** @returns the paths that `matches`, in the first level of folders that has any. @throws ComputeError INVALID_MODEL for no folder. */
export async function findFiles(directory: string, matches: (name: string) => boolean): Promise<string[]> {
  let level = [directory];
  for (let depth = 0; depth <= MAXIMUM_DEPTH && level.length > 0; depth++) {
    const folders: string[] = [];
    const found: string[] = [];
    for (const folder of level) {
      const entries = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
        throw new ComputeError('INVALID_MODEL', `Cannot list the model's folder: ${error.message}`, ['directory'], { cause: error });
      });
      for (const entry of entries) {
        if (entry.isDirectory()) folders.push(join(folder, entry.name));
        else if (entry.isFile() && matches(entry.name)) found.push(join(folder, entry.name));
      }
    }
    if (found.length > 0) return found;
    level = folders;
  }
  return [];
}

/** @returns the real path of a file that a model names. @throws ComputeError INVALID_MODEL for names and links that lead out of its folder. */
export async function pathInside(directory: string, name: string): Promise<string> {
  const outside = () =>
    new ComputeError('INVALID_MODEL', `The file name ${JSON.stringify(name)} leads out of the model's folder.`, ['weightsManifest', name]);
  if (isAbsolute(name) || name.includes('\\') || name.includes('\0') || name.split('/').includes('..')) throw outside();
  const real = await realpath(join(directory, name)).catch((error: Error) => {
    throw new ComputeError(
      'INVALID_MODEL',
      `The weight file ${name} is missing. Submit a zip of the model with all its weight files, or export it with the weights inside.`,
      ['weightsManifest', name],
      { cause: error },
    );
  });
  const inside = relative(await realpath(directory), real);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) throw outside();
  if (!(await stat(real)).isFile())
    throw new ComputeError('INVALID_MODEL', `${JSON.stringify(name)} is no file.`, ['weightsManifest', name]);
  return real;
}

/** Fills `into` from a position of a file on. */
export async function readExactly(path: string, into: Uint8Array, position: number): Promise<void> {
  const file = await open(path, 'r');
  try {
    for (let filled = 0; filled < into.length;) {
      const { bytesRead } = await file.read(into, filled, into.length - filled, position + filled);
      if (bytesRead === 0) throw new ComputeError('INVALID_MODEL', `${path} became shorter while it was read. Submit the model again.`);
      filled += bytesRead;
    }
  } finally {
    await file.close();
  }
}
