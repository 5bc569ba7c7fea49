/** Holds the import of an ONNX file against onnxruntime, which runs the file as it is. @module */
import { gather, type HostTensor, rows } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import type { ModelFiles } from '../../source.js';
import { looksLikeProbabilities } from '../../dry-run.js';
import type { TrialImages } from '../../trial-images.js';
import { twoScoresOf } from '../../one-score.js';
import type { DifferentiableModel, ImportedOnnx, ModelLimits } from '../../types.js';
import { scoresAsWritten } from './reference.js';

export interface Comparison {
  /** Largest |Δ| relative to the largest score; null where onnxruntime cannot run the file. */
  readonly forwardDifference: number | null;
  readonly warnings: readonly string[];
}

/** What rounding explains, relative to the largest score, and the least probability whose logarithm is precise. */
interface Precision {
  readonly tolerance: number;
  readonly leastProbability: number;
}

const SINGLE: Precision = { tolerance: 1e-4, leastProbability: 1e-30 };
/** Files that compute in half precision, and accelerators that multiply in TF32: significands of 11 bits in place of 24. */
const HALF: Precision = { tolerance: 1e-2, leastProbability: 1e-4 };

/** Networks that round between operators: a sum in another order may be rounded the other way, and what follows from it. */
const QUANTIZED: Precision = { tolerance: 5e-2, leastProbability: 1e-4 };

/**
 * @param model the import. @param scores of it for the images, `[n, classCount]`. @param provider that computed them.
 * @throws ComputeError IMPORT_DIFFERS where they are not onnxruntime's, INVALID_MODEL where those are NaN or infinite.
 */
export async function compareWithOnnxruntime(
  files: ModelFiles,
  model: Pick<DifferentiableModel, 'spec' | 'output' | 'softmaxRemoved' | 'sigmoidRemoved'> & { readonly onnx: ImportedOnnx },
  trial: TrialImages,
  scores: HostTensor,
  provider: string,
  limits: ModelLimits,
): Promise<Comparison> {
  let reference;
  try {
    reference = await scoresAsWritten(files, model.spec, model.onnx, trial.images, limits);
  } catch (error) {
    if (!(error instanceof ComputeError)) throw error;
    return { forwardDifference: null, warnings: [`The import could not be compared with onnxruntime: ${error.message}`] };
  }
  const { computesInHalf, isQuantized, endsEarly } = model.onnx;
  const precision = isQuantized || endsEarly ? QUANTIZED : computesInHalf || provider !== 'cpu' ? HALF : SINGLE;
  const { sigmoidRemoved } = model;
  // Of one score, two were made.
  const isSingle = reference.scores.length === scores.shape[0] && scores.shape[1] === 2;
  const asRows = (found: readonly number[]) =>
    isSingle ? twoScoresOf(found, model.softmaxRemoved ? 'PROBABILITIES' : model.output) : found;
  const expected = asRows(reference.scores);
  const differs = (how: string) => (reference.dependsOnOthers ? dependsOnOthers() : importDiffers(how, computesInHalf));
  if (expected.length !== scores.data.length) {
    throw differs(`outputs ${scores.data.length} values where onnxruntime has ${expected.length}`);
  }
  const isFinite = (values: ArrayLike<number>, i: number) => rowsOf(values, scores, i).every(Number.isFinite);
  const named = (wanted: (i: number) => boolean) => trial.names.find((_, i) => wanted(i));
  const bad = named((i) => i < trial.ordinary && !isFinite(expected, i));
  if (bad !== undefined)
    throw new ComputeError('INVALID_MODEL', `Run by onnxruntime, the file outputs NaN or infinity for ${bad}.`, ['weights']);
  const onlyTheirs = named((i) => isFinite(expected, i) && !isFinite(scores.data, i));
  if (onlyTheirs !== undefined) throw differs(`outputs NaN or infinity for ${onlyTheirs}, where onnxruntime has finite scores`);
  // For images that are none of a data set's, the file may be undefined: both know nothing then, or the import alone does.
  const onlyOurs = named((i) => !isFinite(expected, i) && isFinite(scores.data, i));
  const warnings =
    onlyOurs === undefined ? [] : [`Run by onnxruntime, the file outputs NaN or infinity for ${onlyOurs}; the import has finite scores.`];
  const finite = trial.names.flatMap((_, i) => (isFinite(expected, i) ? [i] : []));
  const ours = gather(scores, Int32Array.from(finite));
  const theirs = finite.flatMap((i) => rowsOf(expected, scores, i));
  const difference = forwardDifference(sigmoidRemoved ? sigmoids(ours) : ours, theirs, precision);
  if (difference <= precision.tolerance) return { forwardDifference: difference, warnings };
  const moved = await scoresAsWritten(files, model.spec, model.onnx, nudged(trial.images), limits);
  const spread = forwardDifference(
    { ...ours, data: Float32Array.from(theirs) },
    finite.flatMap((i) => rowsOf(asRows(moved.scores), scores, i)),
    precision,
  );
  if (difference <= MUCH_MORE * spread) {
    return { forwardDifference: difference, warnings: [...warnings, illConditioned(spread)] };
  }
  throw differs(
    `outputs scores that are up to ${difference.toPrecision(2)} of the largest away from onnxruntime's; rounding explains ${precision.tolerance}`,
  );
}

/**
 * Where the import took a softmax off the end, logits are compared with logarithms of probabilities, up to the constant that these lack.
 * @returns the largest |Δ| relative to the largest score.
 */
function forwardDifference(scores: HostTensor, reference: readonly number[], precision = SINGLE): number {
  const expected: HostTensor = { ...scores, data: Float32Array.from(reference) };
  const isSoftmaxRemoved = looksLikeProbabilities(expected) && !looksLikeProbabilities(scores);
  const [ours, theirs] = isSoftmaxRemoved
    ? [logSoftmax(scores), reference.map(Math.log)].map((logs) => logs.map((log) => Math.max(log, Math.log(precision.leastProbability))))
    : [Array.from(scores.data), reference];
  return largest(theirs!.map((value, i) => value - ours![i]!)) / (largest(theirs!) || 1);
}

const rowsOf = (values: ArrayLike<number>, { shape }: HostTensor, row: number) =>
  Array.from({ length: shape[1]! }, (_, k) => values[row * shape[1]! + k]!);

/** Of a pixel: less than float32 keeps of sums of pixels. */
const NUDGE = 1e-6;
/** How much further than one nudge sums in another order lead, layer after layer: by the tolerance, where a network neither amplifies nor dampens. */
const MUCH_MORE = SINGLE.tolerance / NUDGE;

function nudged(images: HostTensor): HostTensor {
  return { ...images, data: Float32Array.from(images.data, (value, i) => value + NUDGE * Math.sin(12.9898 * i)) };
}

/** Such networks differ from themselves: onnxruntime from one level of optimisation to the next. */
function illConditioned(spread: number): string {
  return `The scores are so sensitive that a millionth of a pixel changes them by ${spread.toPrecision(2)} of the largest: the import and onnxruntime differ by as much, and so will other machines. Untrained networks are often so; check the weights.`;
}

/** The file is right, and another than its author meant: normalisation over the batch is that of training. */
function dependsOnOthers(): ComputeError {
  return new ComputeError(
    'INVALID_MODEL',
    'What the file answers for an image depends on the images beside it: onnxruntime gives two images other scores together than one after the other. It computes over the whole batch, as networks do in training. Export after model.eval(), with operations over the batch axis removed, or submit the file with access SCORE, which asks image by image.',
    ['graph'],
  );
}

function importDiffers(how: string, isHalf: boolean): ComputeError {
  const advice = isHalf
    ? 'The file computes in half precision and the import in single, so that where the file rounds much, both differ. Export it in single precision.'
    : 'This is a fault of the import, not of the file: please report it with the file.';
  return new ComputeError(
    'IMPORT_DIFFERS',
    `The imported model differs from the file: on the images that it was tried on it ${how}. ${advice} For attacks without gradients, submit the file with access SCORE.`,
    ['graph'],
  );
}

/** Of a network whose last sigmoid the import took off. */
const sigmoids = (scores: HostTensor): HostTensor => ({
  ...scores,
  data: Float32Array.from(scores.data, (score) => 1 / (1 + Math.exp(-score))),
});

/** Row by row. */
function logSoftmax(scores: HostTensor): number[] {
  return Array.from({ length: scores.shape[0]! }, (_, i) => Array.from(rows(scores, i, i + 1).data)).flatMap((row) => {
    const highest = row.reduce((a, b) => Math.max(a, b));
    const logarithm = highest + Math.log(row.reduce((sum, score) => sum + Math.exp(score - highest), 0));
    return row.map((score) => score - logarithm);
  });
}

const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
