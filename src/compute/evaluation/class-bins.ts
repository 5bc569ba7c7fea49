/** Probabilities of every class, counted in bins: what classwise calibration is computed from. Counts of shards add up. @module */

/** Bins of equal width over [0, 1], as Guo et al. 2017 (arXiv 1706.04599) take them. */
export const CALIBRATION_BINS = 15;

/** The bin of a probability: ((m − 1) / 15, m / 15], the first with 0. */
export const calibrationBin = (probability: number) =>
  Math.min(CALIBRATION_BINS - 1, Math.max(0, Math.ceil(probability * CALIBRATION_BINS) - 1));

/**
 * Bins that are not empty, four numbers each: class × 15 + bin, examples, the sum of their probabilities of the class, and how many are of the class.
 */
export type ClassBins = readonly number[];

const WIDTH = 4;

export class ClassBinCounter {
  private readonly cells: Float64Array;

  constructor(classCount: number) {
    this.cells = new Float64Array(classCount * CALIBRATION_BINS * 3);
  }

  /** @param probabilities of all classes, for one example. */
  add(probabilities: ArrayLike<number>, label: number): void {
    for (let k = 0; k < probabilities.length; k++)
      this.count(k * CALIBRATION_BINS + calibrationBin(probabilities[k]!), 1, probabilities[k]!, Number(k === label));
  }

  addBins(bins: ClassBins): void {
    for (let at = 0; at < bins.length; at += WIDTH) this.count(bins[at]!, bins[at + 1]!, bins[at + 2]!, bins[at + 3]!);
  }

  bins(): ClassBins {
    const found: number[] = [];
    for (let cell = 0; 3 * cell < this.cells.length; cell++) {
      const [count, sum, hits] = this.cells.subarray(3 * cell, 3 * cell + 3) as unknown as [number, number, number];
      if (count > 0) found.push(cell, count, sum, hits);
    }
    return found;
  }

  /**
   * Σ over bins of the share of examples × |accuracy − mean probability|, averaged over classes (Nixon et al. 2019, arXiv 1904.01685; Kull et al. 2019). NaN
   * without examples.
   */
  error(): number {
    const classes = this.cells.length / (3 * CALIBRATION_BINS);
    let [gaps, examples] = [0, 0];
    for (let cell = 0; 3 * cell < this.cells.length; cell++) {
      gaps += Math.abs(this.cells[3 * cell + 2]! - this.cells[3 * cell + 1]!);
      if (cell < CALIBRATION_BINS) examples += this.cells[3 * cell]!;
    }
    return gaps / examples / classes;
  }

  private count(cell: number, count: number, sum: number, hits: number): void {
    this.cells[3 * cell]! += count;
    this.cells[3 * cell + 1]! += sum;
    this.cells[3 * cell + 2]! += hits;
  }
}
