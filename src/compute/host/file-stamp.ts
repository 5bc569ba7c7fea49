/** What is known of files without reading them: whether they have changed, and their size. @module */
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

/** Of all files in and below a folder together; 0 where there is none. */
export async function bytesOfDirectory(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map((name) =>
      stat(join(directory, name)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
