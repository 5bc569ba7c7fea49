/** What an official run of a benchmark comes to, and who stands where. @module */
import { type Proportion, wilson } from '../compute/statistics/index.js';
import type { ParameterValues } from '../compute/parameters/index.js';
import type { Finding } from './findings/types.js';
import { type Rank, rankWithTies } from './ranking.js';

/** One of the benchmark's attacks on the model. */
export interface AttackResult {
  readonly kind: string;
  readonly parameters: ParameterValues;
  /** Examples that stay right under it. */
  readonly right: number;
  readonly seconds: number;
}

/** Kept with the entry, whatever becomes of model and evaluations. */
export interface EntryResult {
  /** Examples of the benchmark. */
  readonly n: number;
  /** Those that are right on the original image, and those that stay so under every attack. */
  readonly clean: number;
  readonly robust: number;
  readonly attacks: readonly AttackResult[];
  /** Whether a finding says that gradients are masked; see results/findings/masked.ts. */
  readonly maskedGradients: boolean;
  readonly findings: readonly (Pick<Finding, 'code' | 'severity' | 'message'> & { readonly attackKind: string })[];
  /** What computed it, and the version of the server. */
  readonly engine: string;
  readonly version: string;
}

export interface FinishedEntry {
  readonly id: string;
  readonly fingerprint: string;
  readonly result: EntryResult;
}

export interface Standing<Entry> extends Rank {
  readonly entry: Entry;
  /** Later entries of the same network. */
  readonly same: readonly Entry[];
  readonly clean: Proportion;
  readonly robust: Proportion;
}

/**
 * Ranks the networks that were entered: those without masked gradients first, then the most robust, of equally robust ones the more accurate.
 * @param entries oldest first; of equal fingerprints the oldest stands for all.
 */
export function standings<Entry extends FinishedEntry>(entries: readonly Entry[]): Standing<Entry>[] {
  const networks = new Map<string, { readonly entry: Entry; readonly same: Entry[] }>();
  for (const entry of entries) {
    const known = networks.get(entry.fingerprint);
    if (known) known.same.push(entry);
    else networks.set(entry.fingerprint, { entry, same: [] });
  }
  const best = [...networks.values()].sort(
    ({ entry: { result: a } }, { entry: { result: b } }) => b.robust - a.robust || b.clean - a.clean,
  );
  const groups = [false, true].map((masked) => best.filter(({ entry }) => entry.result.maskedGradients === masked));
  return groups.flatMap((group, i) => {
    const shares = group.map(({ entry: { result } }) => ({
      clean: wilson(result.clean, result.n),
      robust: wilson(result.robust, result.n),
    }));
    const ranks = rankWithTies(
      shares.map(({ robust }) => robust),
      i === 0 ? 0 : groups[0]!.length,
    );
    return group.map((one, at) => ({ ...one, ...shares[at]!, ...ranks[at]! }));
  });
}
