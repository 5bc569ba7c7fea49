/** Runs a model once before anyone relies on it. @module */
import * as tf from '@tensorflow/tfjs-core';
import { firstNonFiniteRow, type HostTensor, sizeOf, type Tensors } from '../tensors/index.js';
import type { Engine } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import { randomStream } from '../random.js';
import { compileWithModel, isBlackBox } from './functions.js';
import { noGradientMessage, zeroGradientMessage } from './gradient-advice.js';
import { lacksGradient } from './lacks-gradient.js';
import type { AnyModel, BlackBoxModel, DifferentiableModel } from './types.js';

const IMAGES = 2;

export interface DryRun {
  /** Scores of the model for {@link noiseImages}, `[n, classCount]`. */
  readonly scores: HostTensor;
  /** Whether the gradient of every image has a part that is not zero; null where there are no gradients. */
  readonly gradientsHealthy: boolean | null;
  /** For the user, beside those from reading the model. */
  readonly warnings: readonly string[];
}

/**
 * A forward and, where there are gradients, a backward pass on images of noise.
 * @throws ComputeError INVALID_MODEL where scores or gradients are not finite, UNSUPPORTED_OPERATION where the engine lacks an operation or there is no
 * gradient, and what a black box fails with.
 */
export async function dryRun(engine: Engine, model: AnyModel): Promise<DryRun> {
  return isBlackBox(model) ? ask(model) : differentiate(engine, model);
}

/** Twice the same: attacks take an answer for a property of the image. */
async function ask(model: BlackBoxModel): Promise<DryRun> {
  const images = noiseImages(model.spec.inputShape);
  const [first, again] = [await model.predict(images), await model.predict(images)];
  checkScores(first);
  const warnings = [
    ...warningsOf(model, first),
    ...(first.data.some((score, i) => score !== again.data[i])
      ? ['The same images were answered differently the second time: the model is random, and outcomes of single predictions are too.']
      : []),
  ];
  return { scores: first, gradientsHealthy: null, warnings };
}

async function differentiate(engine: Engine, model: DifferentiableModel): Promise<DryRun> {
  const shape = model.spec.inputShape;
  const inputs = { images: { dtype: 'float32', shape } } as const;
  const forwardAndBackward = (scores: (x: tf.Tensor4D) => tf.Tensor2D, { images }: Tensors) => ({
    scores: scores(images as tf.Tensor4D),
    // A weighted sum, since the plain sum of probabilities is 1 and has no gradient.
    gradient: tf.grad((x) => tf.sum(tf.mul(scores(x as tf.Tensor4D), weightsOf(model.spec.classCount))))(images!),
  });
  const compiled = compileWithModel(engine, model, 'dry-run', inputs, forwardAndBackward, IMAGES);
  const running = compiled.then(({ run }) => run({ images: noiseImages(shape) }));
  const { scores, gradient } = await running.catch((error: unknown) => {
    throw asFailureOfModel(model, error);
  });
  checkScores(scores!);
  const slopes = gradient!.data as Float32Array;
  if (!slopes.every(Number.isFinite)) {
    throw new ComputeError('INVALID_MODEL', "The model's input gradient is NaN or infinite, so gradient attacks cannot run on it.", [
      'weights',
    ]);
  }
  const size = sizeOf(shape);
  const gradientsHealthy = Array.from({ length: IMAGES }, (_, i) => slopes.subarray(i * size, (i + 1) * size)).every((slope) =>
    slope.some((value) => value !== 0),
  );
  const warnings = [...warningsOf(model, scores!), ...(gradientsHealthy ? [] : [zeroGradientMessage(model)])];
  return { scores: scores!, gradientsHealthy, warnings };
}

/** TensorFlow.js throws plain errors on shapes that do not fit each other, some of them only when it makes the gradient; runtimes do later still. */
function asFailureOfModel(model: DifferentiableModel, error: unknown): ComputeError {
  const message = (error as Error).message;
  if (lacksGradient(error)) {
    return new ComputeError('UNSUPPORTED_OPERATION', noGradientMessage(model, message), ['access']);
  }
  if (error instanceof ComputeError && error.code !== 'INTERNAL') return error;
  return new ComputeError('INVALID_MODEL', `The model cannot be run or differentiated: ${message}`, ['graph'], { cause: error });
}

function checkScores(scores: HostTensor): void {
  if (firstNonFiniteRow(scores) < 0) return;
  throw new ComputeError('INVALID_MODEL', 'The model outputs NaN or infinity for an image of noise. Check its weights and valueRange.', [
    'weights',
  ]);
}

function warningsOf({ output }: AnyModel, scores: HostTensor): string[] {
  const seemProbabilities = looksLikeProbabilities(scores);
  if (output === 'LOGITS' && seemProbabilities) {
    return [
      'The outputs look like probabilities (positive, sum 1), though no final softmax was found. Attacks need logits: export the model without it.',
    ];
  }
  if (output === 'PROBABILITIES' && !seemProbabilities)
    return ['The spec declares probabilities, but the outputs are negative or do not sum to 1.'];
  return [];
}

function weightsOf(classCount: number): tf.Tensor1D {
  return tf.tensor1d(Array.from({ length: classCount }, (_, i) => (i % 2 === 0 ? 1 : -1) * (1 + i / classCount)));
}

/** Always the same. */
export function noiseImages(shape: readonly number[], count = IMAGES): HostTensor {
  const stream = randomStream(0, 'dry-run', 0);
  return {
    dtype: 'float32',
    shape: [count, ...shape],
    data: Float32Array.from({ length: count * sizeOf(shape) }, () => stream.uniform()),
  };
}

export function looksLikeProbabilities({ data, shape }: HostTensor): boolean {
  const classes = shape[1]!;
  const rows = Array.from({ length: shape[0]! }, (_, i) => (data as Float32Array).subarray(i * classes, (i + 1) * classes));
  return rows.every((row) => row.every((p) => p >= 0) && Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-3);
}
