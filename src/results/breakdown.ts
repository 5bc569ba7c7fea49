/** Where an attack succeeds: by class, from which class into which, and over confidence, distortion and cost. @module */
import { type Proportion, wilson } from '../compute/statistics/index.js';
import type { Norm } from '../compute/distances/index.js';
import { isSuccess, staysRight, wasRight, type Outcomes } from './outcomes.js';

export interface ClassAccuracy {
  readonly label: number;
  readonly clean: Proportion;
  readonly adversarial: Proportion;
}

/** Examples of one true class that are predicted as one class. */
export interface ConfusionCell {
  readonly label: number;
  readonly prediction: number;
  /** Before and under attack. */
  readonly clean: number;
  readonly adversarial: number;
}

export interface HistogramBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Of these, examples on which the attack succeeded. */
  readonly successes: number;
}

/** What a histogram can be of, with the column of outcomes. */
export const HISTOGRAM_COLUMNS = {
  CLEAN_CONFIDENCE: 'cleanConfidence',
  ADVERSARIAL_CONFIDENCE: 'adversarialConfidence',
  LINF: 'linf',
  L2: 'l2',
  L1: 'l1',
  L0: 'l0',
  SSIM: 'ssim',
  PASS: 'pass',
  ATTACK_DISTANCE: 'attackDistance',
  QUERIES: 'queries',
  GRADIENTS: 'gradients',
} as const satisfies Record<string, keyof Outcomes>;

export type HistogramColumn = keyof typeof HISTOGRAM_COLUMNS;

/** Columns whose scale is known: confidences are shares. */
const UNIT_SCALE: ReadonlySet<HistogramColumn> = new Set(['CLEAN_CONFIDENCE', 'ADVERSARIAL_CONFIDENCE']);

const positions = ({ count }: Outcomes) => Array.from({ length: count }, (_, i) => i);

/** Classes that occur, in their order. */
export function classAccuracies(outcomes: Outcomes): ClassAccuracy[] {
  const byLabel = new Map<number, number[]>();
  for (const i of positions(outcomes)) {
    const label = outcomes.labels[i]!;
    const examples = byLabel.get(label);
    if (examples) examples.push(i);
    else byLabel.set(label, [i]);
  }
  return [...byLabel]
    .sort(([a], [b]) => a - b)
    .map(([label, examples]) => ({
      label,
      clean: wilson(examples.filter((i) => wasRight(outcomes, i)).length, examples.length),
      adversarial: wilson(examples.filter((i) => staysRight(outcomes, i)).length, examples.length),
    }));
}

/** Cells that are not empty, by label and prediction. */
export function confusion(outcomes: Outcomes): ConfusionCell[] {
  const cells = new Map<string, { label: number; prediction: number; clean: number; adversarial: number }>();
  const cellOf = (label: number, prediction: number) => {
    const key = `${label} ${prediction}`;
    const cell = cells.get(key) ?? { label, prediction, clean: 0, adversarial: 0 };
    cells.set(key, cell);
    return cell;
  };
  for (const i of positions(outcomes)) {
    const label = outcomes.labels[i]!;
    cellOf(label, outcomes.cleanPrediction[i]!).clean++;
    cellOf(label, outcomes.adversarialPrediction[i]!).adversarial++;
  }
  return [...cells.values()].sort((a, b) => a.label - b.label || a.prediction - b.prediction);
}

/** @param bins at least 1; of equal width, over [0, 1] for confidences, else over the values. Empty where no example has a finite value. */
export function histogram(outcomes: Outcomes, column: HistogramColumn, bins: number): HistogramBin[] {
  const values = outcomes[HISTOGRAM_COLUMNS[column]];
  const known = positions(outcomes).filter((i) => Number.isFinite(values[i]!));
  if (known.length === 0) return [];
  const [low, high] = UNIT_SCALE.has(column)
    ? [0, 1]
    : known.reduce(
        ([least, most]: [number, number], i): [number, number] => [Math.min(least, values[i]!), Math.max(most, values[i]!)],
        [Infinity, -Infinity],
      );
  const width = high > low ? (high - low) / bins : 1;
  const counts = Array.from({ length: high > low ? bins : 1 }, (_, bin) => ({
    from: low + bin * width,
    to: high > low ? low + (bin + 1) * width : high,
    count: 0,
    successes: 0,
  }));
  for (const i of known) {
    const bin = counts[Math.min(counts.length - 1, Math.max(0, Math.floor((values[i]! - low) / width)))]!;
    bin.count++;
    if (isSuccess(outcomes, i)) bin.successes++;
  }
  return counts;
}

/** Which examples. What is given must hold, all together. */
export interface ExampleSelection {
  readonly success?: boolean;
  readonly indexes?: readonly number[];
  readonly labels?: readonly number[];
  /** Under attack. */
  readonly predictions?: readonly number[];
  /** Under attack. */
  readonly confidenceMin?: number;
  readonly confidenceMax?: number;
  /** In the norm of the attack. */
  readonly distortionMin?: number;
  readonly distortionMax?: number;
  /** On the original image. */
  readonly correctBefore?: boolean;
}

/** Positions in the evaluation, from 0. @param offset of the evaluation in the data set. @param norm of its attack. */
export function selectExamples(
  outcomes: Outcomes,
  { offset, norm }: { readonly offset: number; readonly norm: Norm },
  selection: ExampleSelection,
): number[] {
  const { distortionMin = 0, distortionMax = Infinity } = selection;
  const distortion = { LINF: outcomes.linf, L2: outcomes.l2, L1: outcomes.l1, L0: outcomes.l0 }[norm];
  const { success, indexes, labels, predictions, confidenceMin = 0, confidenceMax = Infinity, correctBefore } = selection;
  const within = (list: readonly number[] | undefined, value: number) => list === undefined || list.includes(value);
  return positions(outcomes).filter(
    (i) =>
      (success === undefined || isSuccess(outcomes, i) === success) &&
      (correctBefore === undefined || wasRight(outcomes, i) === correctBefore) &&
      within(indexes, offset + i) &&
      within(labels, outcomes.labels[i]!) &&
      within(predictions, outcomes.adversarialPrediction[i]!) &&
      (confidenceMin === 0 || outcomes.adversarialConfidence[i]! >= confidenceMin) &&
      (confidenceMax === Infinity || outcomes.adversarialConfidence[i]! <= confidenceMax) &&
      (distortionMin === 0 || distortion[i]! >= distortionMin) &&
      (distortionMax === Infinity || distortion[i]! <= distortionMax),
  );
}
