/** Notices changed files without reading them. @module */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Changes where any of the files is replaced, grows, shrinks or is written to. A missing file has a stamp too: opening it reports the error. */
export async function stampOfFiles(paths: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path, { bigint: true }).catch(() => undefined);
      return `${path}:${found ? `${found.ino}:${found.size}:${found.mtimeNs}` : 'missing'}`;
    }),
  );
  return stamps.join('\n');
}

/** The same for every file in and below a folder. */
export async function stampOfDirectory(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true }).catch(() => []);
  return stampOfFiles([directory, ...entries.sort().map((name) => join(directory, name))]);
}
