/** Holds the import of an ONNX file against onnxruntime, which runs the file as it is. @module */
import { type HostTensor, rows } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import type { ModelFiles } from '../../source.js';
import { looksLikeProbabilities, noiseImages } from '../../dry-run.js';
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

/**
 * @param model the import. @param scores of it for the noise images of the dry run, `[n, classCount]`. @param provider that computed them.
 * @throws ComputeError IMPORT_DIFFERS where they are not onnxruntime's, INVALID_MODEL where those are NaN or infinite.
 */
export async function compareWithOnnxruntime(
  files: ModelFiles,
  model: Pick<DifferentiableModel, 'spec' | 'output' | 'softmaxRemoved'> & { readonly onnx: ImportedOnnx },
  scores: HostTensor,
  provider: string,
  limits: ModelLimits,
): Promise<Comparison> {
  let reference;
  try {
    reference = await scoresAsWritten(files, model.spec, model.onnx, noiseImages(model.spec.inputShape), limits);
  } catch (error) {
    if (!(error instanceof ComputeError)) throw error;
    return { forwardDifference: null, warnings: [`The import could not be compared with onnxruntime: ${error.message}`] };
  }
  const precision = model.onnx.computesInHalf || provider !== 'cpu' ? HALF : SINGLE;
  // Of one score, two were made.
  const isSingle = reference.length === scores.shape[0] && scores.shape[1] === 2;
  const expected = isSingle ? twoScoresOf(reference, model.softmaxRemoved ? 'PROBABILITIES' : model.output) : reference;
  return { forwardDifference: forwardDifference(scores, expected, precision), warnings: [] };
}

/**
 * Where the import took a softmax off the end, logits are compared with logarithms of probabilities, up to the constant that these lack.
 * @returns the largest |Δ| relative to the largest score. @throws ComputeError as {@link compareWithOnnxruntime}.
 */
function forwardDifference(scores: HostTensor, reference: readonly number[], precision = SINGLE): number {
  if (!reference.every(Number.isFinite)) {
    throw new ComputeError('INVALID_MODEL', 'Run by onnxruntime, the file outputs NaN or infinity for an image of noise.', ['weights']);
  }
  if (reference.length !== scores.data.length) {
    throw differs(`outputs ${scores.data.length} values where onnxruntime has ${reference.length}`);
  }
  const expected: HostTensor = { ...scores, data: Float32Array.from(reference) };
  const isSoftmaxRemoved = looksLikeProbabilities(expected) && !looksLikeProbabilities(scores);
  const [ours, theirs] = isSoftmaxRemoved
    ? [logSoftmax(scores), reference.map(Math.log)].map((logs) => logs.map((log) => Math.max(log, Math.log(precision.leastProbability))))
    : [Array.from(scores.data), reference];
  const difference = largest(theirs!.map((value, i) => value - ours![i]!)) / (largest(theirs!) || 1);
  if (difference <= precision.tolerance) return difference;
  throw differs(
    `outputs scores that are up to ${difference.toPrecision(2)} of the largest away from onnxruntime's; rounding explains ${precision.tolerance}`,
  );
}

function differs(how: string): ComputeError {
  return new ComputeError(
    'IMPORT_DIFFERS',
    `The imported model differs from the file: on images of noise it ${how}. Please report this with the file. For attacks without gradients, submit the file with access SCORE.`,
    ['graph'],
  );
}

/** Row by row. */
function logSoftmax(scores: HostTensor): number[] {
  return Array.from({ length: scores.shape[0]! }, (_, i) => Array.from(rows(scores, i, i + 1).data)).flatMap((row) => {
    const highest = row.reduce((a, b) => Math.max(a, b));
    const logarithm = highest + Math.log(row.reduce((sum, score) => sum + Math.exp(score - highest), 0));
    return row.map((score) => score - logarithm);
  });
}

const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
