import { totalmem } from 'node:os';

/** The rest is for the database, for the validation of models, and for files that the system keeps in memory. */
const SHARE = 0.5;

/** Half of the memory of the machine, or of the container where that is less. */
export function defaultBudget(): number {
  // 0 where no limit is known, and more than there is where none is set.
  const limit = process.constrainedMemory();
  return Math.floor(SHARE * (limit > 0 ? Math.min(limit, totalmem()) : totalmem()));
}

/** Such as `1.5 GB`. */
export function bytesInWords(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(Math.ceil(bytes / 1e8) / 10).toFixed(1)} GB`;
}
