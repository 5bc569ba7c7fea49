/** The age of what is swept. @module */
import { stat } from 'node:fs/promises';

/** False where nothing is there: another process may have removed it in the meantime. */
export async function isOlderThan(path: string, milliseconds: number): Promise<boolean> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs < Date.now() - milliseconds,
    () => false,
  );
}
