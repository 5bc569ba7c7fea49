/** Accuracy under common corruptions, and the mean corruption error (Hendrycks and Dietterich 2019, section 4.2). @module */
import { corruptions, SEVERITIES } from '../compute/data/index.js';
import {
  type Estimate,
  type MeanEstimate,
  pearson,
  type Proportion,
  spearman,
  studentInterval,
  wilson,
} from '../compute/statistics/index.js';

/** What a model makes of the same examples, 1 where it is right. */
export interface CorruptedOutcomes {
  readonly clean: Uint8Array;
  readonly corrupted: readonly { readonly kind: string; readonly severity: number; readonly right: Uint8Array }[];
}

/** Errors that others are measured by: of a model on the same examples, or published. */
export type CorruptionBaseline = CorruptedOutcomes | PublishedErrors;

export interface PublishedErrors {
  readonly cleanError: number;
  /** Of each kind, the mean over five severities. */
  readonly errors: Readonly<Record<string, number>>;
}

/** AlexNet's errors on ImageNet-C, by which the paper and its leaderboard divide; its clean error is that of torchvision's weights. */
export const ALEXNET: PublishedErrors = {
  cleanError: 0.43478,
  errors: {
    GAUSSIAN_NOISE: 0.886428,
    SHOT_NOISE: 0.894468,
    IMPULSE_NOISE: 0.92264,
    DEFOCUS_BLUR: 0.81988,
    GLASS_BLUR: 0.826268,
    MOTION_BLUR: 0.785948,
    ZOOM_BLUR: 0.79836,
    SNOW: 0.866816,
    FROST: 0.826572,
    FOG: 0.819324,
    BRIGHTNESS: 0.564592,
    CONTRAST: 0.853204,
    ELASTIC_TRANSFORM: 0.646056,
    PIXELATE: 0.71784,
    JPEG_COMPRESSION: 0.6065,
  },
};

/** Of one corruption. */
export interface KindSummary {
  readonly kind: string;
  /** In their order; those that were not measured are left out. */
  readonly severities: readonly { readonly severity: number; readonly accuracy: Proportion }[];
  /** Mean over the five severities; null where one is missing. */
  readonly accuracy: Estimate | null;
  /** Sum of the errors of the five severities, divided by that of the baseline. */
  readonly corruptionError: Estimate | null;
  /** The same of what the errors are above the clean error. */
  readonly relativeCorruptionError: Estimate | null;
}

export interface CorruptionSummary {
  readonly clean: Proportion;
  readonly kinds: readonly KindSummary[];
  /** Those of the 15 that were not measured at all severities: what follows is null until there are none. */
  readonly missing: readonly string[];
  /** Those of the 15 under which the baseline makes no error, so that there is nothing to divide by: `meanCorruptionError` is null until there are none. */
  readonly withoutBaselineErrors: readonly string[];
  /** Mean over the 15 corruptions and five severities. */
  readonly accuracy: Estimate | null;
  readonly meanCorruptionError: Estimate | null;
  readonly relativeMeanCorruptionError: Estimate | null;
}

/** The paper's 15: the four others are for choosing the parameters of a defence. */
export const COUNTED_CORRUPTIONS = corruptions.filter(({ group }) => group !== 'EXTRA').map(({ kind }) => kind);

/** Intervals are over examples: what a model makes of the corruptions of one example goes together. */
export function summariseCorruptions(measured: CorruptedOutcomes, baseline?: CorruptionBaseline): CorruptionSummary {
  const { clean } = measured;
  const cleanErrors = clean.map((right) => 1 - right);
  const errors = new Map(corruptions.flatMap(({ kind }) => entryOf(kind, errorsOf(measured, kind))));
  const reference = baseline && referenceOf(baseline, clean.length);
  const ratios = new Map(
    [...errors].flatMap(([kind, own]) => {
      const other = reference?.errors(kind);
      if (!reference || !other) return [];
      const relative = ratioOf(minus(own, cleanErrors), minus(other, reference.clean));
      return [[kind, { absolute: ratioOf(own, other), relative }] as const];
    }),
  );
  const missing = COUNTED_CORRUPTIONS.filter((kind) => !errors.has(kind));
  const withoutBaselineErrors = COUNTED_CORRUPTIONS.filter((kind) => ratios.get(kind)?.absolute === null);
  const meanOf = (name: 'absolute' | 'relative') =>
    missing.length > 0 ? null : meanRatio(COUNTED_CORRUPTIONS.map((kind) => ratios.get(kind)?.[name] ?? null));
  return {
    clean: wilson(count(clean), clean.length),
    kinds: corruptions
      .filter(({ kind }) => measured.corrupted.some((one) => one.kind === kind))
      .map(({ kind }) => ({
        kind,
        severities: measured.corrupted
          .filter((one) => one.kind === kind)
          .sort((a, b) => a.severity - b.severity)
          .map(({ severity, right }) => ({ severity, accuracy: wilson(count(right), right.length) })),
        accuracy: accuracyOf(errors.get(kind)),
        corruptionError: notNegative(meanRatio([ratios.get(kind)?.absolute ?? null])),
        relativeCorruptionError: meanRatio([ratios.get(kind)?.relative ?? null]),
      })),
    missing,
    withoutBaselineErrors,
    accuracy: missing.length > 0 ? null : accuracyOf(meanPerExample(COUNTED_CORRUPTIONS.map((kind) => errors.get(kind)!))),
    meanCorruptionError: notNegative(meanOf('absolute')),
    relativeMeanCorruptionError: meanOf('relative'),
  };
}

const entryOf = <Value>(kind: string, value: Value | undefined) => (value === undefined ? [] : [[kind, value] as const]);

const count = (right: Uint8Array) => right.reduce((sum, one) => sum + one, 0);

/** For each example the share of severities that it is wrong at; undefined where one was not measured. */
function errorsOf({ corrupted }: CorruptedOutcomes, kind: string): Float64Array | undefined {
  const rights = SEVERITIES.map((severity) => corrupted.find((one) => one.kind === kind && one.severity === severity)?.right);
  if (rights.some((right) => right === undefined)) return undefined;
  return meanPerExample(rights.map((right) => Float64Array.from(right!, (one) => 1 - one)));
}

function meanPerExample(rows: readonly Float64Array[]): Float64Array {
  return rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);
}

const minus = (a: ArrayLike<number>, b: ArrayLike<number>) => Float64Array.from(a, (value, i) => value - b[i]!);

/** A baseline for each example; of a published one every example has the mean. */
function referenceOf(baseline: CorruptionBaseline, n: number) {
  const same = (value: number) => new Float64Array(n).fill(value);
  if ('cleanError' in baseline) {
    const errors = (kind: string) => (baseline.errors[kind] === undefined ? undefined : same(baseline.errors[kind]));
    return { clean: same(baseline.cleanError), errors };
  }
  return { clean: Float64Array.from(baseline.clean, (right) => 1 - right), errors: (kind: string) => errorsOf(baseline, kind) };
}

interface Ratio {
  readonly value: number;
  /** How far each example moves it: the first term of its Taylor series. */
  readonly influence: Float64Array;
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Ratio of two means over the same examples; null where the lower one is not above 0. */
function ratioOf(above: Float64Array, below: Float64Array): Ratio | null {
  const denominator = mean(below);
  if (!(denominator > 0)) return null;
  const value = mean(above) / denominator;
  return { value, influence: above.map((one, i) => (one - value * below[i]!) / denominator) };
}

/** The mean of ratios of the same examples, with its interval by linearisation; null where one is not defined. */
function meanRatio(ratios: readonly (Ratio | null)[]): Estimate | null {
  const defined = ratios.filter((ratio) => ratio !== null);
  if (defined.length < ratios.length) return null;
  const value = defined.reduce((sum, ratio) => sum + ratio.value, 0) / defined.length;
  return asEstimate(studentInterval([...meanPerExample(defined.map(({ influence }) => influence)).map((one) => value + one)]));
}

/** A ratio of errors is 0 or more; its interval by linearisation can begin below. */
function notNegative(estimate: Estimate | null): Estimate | null {
  return estimate && { ...estimate, lower: Math.max(0, estimate.lower) };
}

/** Of shares of errors: what is left of 1. */
function accuracyOf(errors: Float64Array | undefined): Estimate | null {
  return errors ? asEstimate(studentInterval(Array.from(errors, (error) => 1 - error))) : null;
}

const asEstimate = ({ mean: value, lower, upper, n }: MeanEstimate): Estimate => ({ value, lower: lower ?? value, upper, n });

/** Whether those who are better at the one are better at the other too. */
interface Correlation {
  readonly pearson: Estimate;
  readonly spearman: Estimate;
}

interface SideBySide {
  readonly clean: Proportion;
  readonly accuracy: Estimate | null;
  readonly adversarial: Proportion | null;
}

const ACCURACIES = {
  clean: ({ clean }: SideBySide) => clean.value,
  corrupted: ({ accuracy }: SideBySide) => accuracy?.value ?? null,
  adversarial: ({ adversarial }: SideBySide) => adversarial?.value ?? null,
} as const;

/** Over the models that have both. */
export function correlationOf(models: readonly SideBySide[], one: keyof typeof ACCURACIES, other: keyof typeof ACCURACIES): Correlation {
  const pairs = models.flatMap((model) => {
    const [x, y] = [ACCURACIES[one](model), ACCURACIES[other](model)];
    return x === null || y === null ? [] : [[x, y] as const];
  });
  const [x, y] = [pairs.map(([first]) => first), pairs.map(([, second]) => second)];
  return { pearson: pearson(x, y), spearman: spearman(x, y) };
}
