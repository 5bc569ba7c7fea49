/** Who stands where in a benchmark. @module */
import { type Standing, standings } from '../../results/benchmark.js';
import type { BenchmarkEntry } from '../../storage/generated/client.js';
import { resultOf } from '../../storage/json.js';

/** @param entries of one benchmark, oldest first; those without a result are left out. */
export function rankingOf<Entry extends BenchmarkEntry>(entries: readonly Entry[]): Standing<Entry>[] {
  const finished = entries.flatMap((row) => {
    const result = resultOf(row);
    return result ? [{ id: row.id, fingerprint: row.fingerprint, result, row }] : [];
  });
  return standings(finished).map(({ entry, same, ...rank }) => ({ ...rank, entry: entry.row, same: same.map(({ row }) => row) }));
}
