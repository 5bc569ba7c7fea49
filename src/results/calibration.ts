/** Whether a model's probabilities are the shares that they say, before and under attack. @module */
import { CALIBRATION_BINS, calibrationBin, ClassBinCounter, type ClassBins } from '../compute/evaluation/index.js';
import { staysRight, wasRight, type Outcomes } from './outcomes.js';

interface Calibration {
  /** Expected calibration error of the predicted class over 15 bins of equal width (Guo et al. 2017, arXiv 1706.04599). */
  readonly expectedError: number;
  /** The same for every class by itself, on average (Nixon et al. 2019); null where the probabilities of all classes were not counted. */
  readonly classwiseError: number | null;
  /** Mean −ln p of the label, in nats; null where it was not kept. */
  readonly likelihood: number | null;
  /** Mean Brier score over all classes, from 0 to 2; null where it was not kept. */
  readonly brier: number | null;
}

export type Phase = 'clean' | 'adversarial';
export type Calibrations = Readonly<Record<Phase, Calibration>>;

/** Examples whose confidence lies in one bin. */
interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly right: number;
  readonly meanConfidence: number | null;
}

/** All bins, also those without examples: what a reliability diagram draws. */
export function reliability(outcomes: Outcomes, phase: Phase): ReliabilityBin[] {
  const isRight = phase === 'clean' ? wasRight : staysRight;
  const counts = Array.from({ length: CALIBRATION_BINS }, () => ({ count: 0, right: 0, sum: 0 }));
  outcomes[`${phase}Confidence`].forEach((confidence, i) => {
    const bin = counts[calibrationBin(confidence)]!;
    bin.count++;
    bin.sum += confidence;
    if (isRight(outcomes, i)) bin.right++;
  });
  return counts.map(({ count, right, sum }, i) => ({
    from: i / CALIBRATION_BINS,
    to: (i + 1) / CALIBRATION_BINS,
    count,
    right,
    meanConfidence: count === 0 ? null : sum / count,
  }));
}

/** @param parts class bins of each part; without one of them, classwise errors are not known. */
export function calibrations(
  outcomes: Outcomes,
  classCount: number,
  parts: readonly ({ readonly clean: ClassBins; readonly adversarial: ClassBins } | undefined)[],
): Calibrations {
  const of = (phase: Phase): Calibration => {
    const gaps = reliability(outcomes, phase).reduce((sum, bin) => sum + Math.abs(bin.right - bin.count * (bin.meanConfidence ?? 0)), 0);
    const counter = new ClassBinCounter(classCount);
    for (const part of parts) counter.addBins(part?.[phase] ?? []);
    const classwise = parts.includes(undefined) ? NaN : counter.error();
    return {
      expectedError: gaps / outcomes.count,
      classwiseError: orNull(classwise),
      likelihood: mean(outcomes[`${phase}Likelihood`]),
      brier: mean(outcomes[`${phase}Brier`]),
    };
  };
  return { clean: of('clean'), adversarial: of('adversarial') };
}

const orNull = (value: number) => (Number.isFinite(value) ? value : null);
const mean = (values: Float32Array) => orNull(values.reduce((sum, value) => sum + value, 0) / values.length);
