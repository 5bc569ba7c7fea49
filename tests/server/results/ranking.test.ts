import { describe, expect, it } from 'vitest';
import { wilson } from '../../../src/compute/statistics/proportion.js';
import { rankWithTies } from '../../../src/results/ranking.js';

describe('ranks', () => {
  it('are shared by equal values, and tied with those whose intervals overlap', () => {
    const ranked = [95, 90, 90, 70, 10].map((right) => wilson(right, 100));
    expect(rankWithTies(ranked)).toEqual([
      { rank: 1, tiedFrom: 1, tiedTo: 3 },
      { rank: 2, tiedFrom: 1, tiedTo: 3 },
      { rank: 2, tiedFrom: 1, tiedTo: 3 },
      { rank: 4, tiedFrom: 4, tiedTo: 4 },
      { rank: 5, tiedFrom: 5, tiedTo: 5 },
    ]);
  });

  it('equal those of a comparison of all pairs', () => {
    const ranked = Array.from({ length: 50 }, (_, i) => wilson(300 - i * 5, 300));
    const overlaps = (a: number, b: number) => ranked[a]!.lower <= ranked[b]!.upper && ranked[b]!.lower <= ranked[a]!.upper;
    for (const [i, place] of rankWithTies(ranked).entries()) {
      const tied = [...ranked.keys()].filter((other) => overlaps(i, other));
      expect(place).toEqual({ rank: i + 1, tiedFrom: tied[0]! + 1, tiedTo: tied.at(-1)! + 1 });
    }
  });

  it('of an empty list are an empty list', () => expect(rankWithTies([])).toEqual([]));
});
