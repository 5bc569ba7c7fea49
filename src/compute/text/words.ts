/** Texts as numbers of words. @module */

/** What begins and fills up texts that are too short. */
const NOTHING = 0;
/** Words that are not in the vocabulary. */
const UNKNOWN = 1;

/** Words and signs that tell something, in lower case; each number is one word, whatever it is. */
export function wordsOf(text: string): string[] {
  return Array.from(text.toLowerCase().matchAll(/[a-z]+(?:'[a-z]+)?|\d+|[!?$]/g), ([word]) => (/\d/.test(word) ? '0' : word));
}

export class Vocabulary {
  /** Share of each among all words of the texts that it was made from, by number. */
  readonly frequencies: Float32Array;
  private readonly numbers = new Map<string, number>();

  /** @param texts as words. @param size at most, the most frequent ones; the first two are the filling and all other words. */
  constructor(texts: readonly (readonly string[])[], size: number) {
    const counts = new Map<string, number>();
    for (const word of texts.flat()) counts.set(word, (counts.get(word) ?? 0) + 1);
    // Of equally frequent ones the first by the alphabet, so that the order of texts does not matter.
    const kept = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, size - 2);
    for (const [word] of kept) this.numbers.set(word, this.numbers.size + 2);
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const known = kept.reduce((sum, [, count]) => sum + count, 0);
    this.frequencies = Float32Array.from([0, total - known, ...kept.map(([, count]) => count)], (count) => count / Math.max(1, total));
  }

  /** Numbers of words. */
  get size(): number {
    return this.frequencies.length;
  }

  /** The first `length` words as numbers, at the end of as many places: a recurrent network reads what fills them up first. */
  numbersOf(words: readonly string[], length: number): Int32Array {
    const numbers = new Int32Array(length).fill(NOTHING);
    const first = words.slice(0, length);
    for (const [i, word] of first.entries()) numbers[length - first.length + i] = this.numbers.get(word) ?? UNKNOWN;
    return numbers;
  }
}
