/** Places in a ranking that knows how sure it is. @module */

export interface Rank {
  /** 1 and the number of those with a higher value: equal values share a rank. */
  readonly rank: number;
  /** First and last rank of those whose intervals overlap with its own: its place is somewhere among them. */
  readonly tiedFrom: number;
  readonly tiedTo: number;
}

interface Ranked {
  readonly value: number | null;
  readonly lower: number;
  readonly upper: number;
}

/**
 * @param ranked best first, of equally many examples each, so that the ends of intervals are in the order of the values.
 * @param before how many are ranked before all of these.
 */
export function rankWithTies(ranked: readonly Ranked[], before = 0): Rank[] {
  let rank = 0;
  let above = 0;
  let touching = 0;
  return ranked.map((one, i) => {
    if (i === 0 || one.value !== ranked[i - 1]!.value) rank = i + 1;
    while (ranked[above]!.lower > one.upper) above++;
    while (touching < ranked.length && ranked[touching]!.upper >= one.lower) touching++;
    return { rank: before + rank, tiedFrom: before + above + 1, tiedTo: before + touching };
  });
}
