/** Runs a model once before anyone relies on it. @module */
import * as tf from '@tensorflow/tfjs-core';
import { type HostTensor, rows, sizeOf, type Tensors } from '../tensors/index.js';
import type { Engine } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import { compileWithModel, isBlackBox } from './functions.js';
import { noGradientMessage, zeroGradientMessage } from './gradient-advice.js';
import { lacksGradient } from './lacks-gradient.js';
import { type TrialImages, trialImages } from './trial-images.js';
import type { AnyModel, BlackBoxModel, DifferentiableModel } from './types.js';

/** Images at once, and values of an image from which on it is computed alone: a backward pass holds all that the forward pass computed (MaxViT: 0.6 GB at 224 × 224). */
const [MICRO_BATCH, LARGE_IMAGE] = [2, 64 * 1024];

export interface DryRun {
  /** Scores of the model for the images, `[n, classCount]`. */
  readonly scores: HostTensor;
  /** Whether the gradient of every image has a part that is not zero; null where there are no gradients. */
  readonly gradientsHealthy: boolean | null;
  /** For the user, beside those from reading the model. */
  readonly warnings: readonly string[];
}

/**
 * A forward and, where there are gradients, a backward pass.
 * @throws ComputeError INVALID_MODEL where scores or gradients of ordinary images are not finite, UNSUPPORTED_OPERATION where the engine lacks an operation or there
 * is no gradient, and what a black box fails with.
 */
export async function dryRun(engine: Engine, model: AnyModel, trial = trialImages(model.spec.inputShape)): Promise<DryRun> {
  return isBlackBox(model) ? ask(model, trial) : differentiate(engine, model, trial);
}

/** Twice the same: attacks take an answer for a property of the image. */
async function ask(model: BlackBoxModel, trial: TrialImages): Promise<DryRun> {
  const [first, again] = [await model.predict(trial.images), await model.predict(trial.images)];
  const warnings = [
    ...checkScores(first, trial),
    ...warningsOf(model, ordinary(first, trial)),
    ...(first.data.some((score, i) => !Object.is(score, again.data[i]))
      ? ['The same images were answered differently the second time: the model is random, and outcomes of single predictions are too.']
      : []),
  ];
  return { scores: first, gradientsHealthy: null, warnings };
}

async function differentiate(engine: Engine, model: DifferentiableModel, trial: TrialImages): Promise<DryRun> {
  const shape = model.spec.inputShape;
  const inputs = { images: { dtype: 'float32', shape } } as const;
  const forwardAndBackward = (scores: (x: tf.Tensor4D) => tf.Tensor2D, { images }: Tensors) => ({
    scores: scores(images as tf.Tensor4D),
    // A weighted sum, since the plain sum of probabilities is 1 and has no gradient.
    gradient: tf.grad((x) => tf.sum(tf.mul(scores(x as tf.Tensor4D), weightsOf(model.spec.classCount))))(images!),
  });
  // Released before another runtime loads the weights to compare scores.
  const options = { fewExamples: sizeOf(shape) < LARGE_IMAGE ? MICRO_BATCH : 1, runsOnce: true };
  const compiled = compileWithModel(engine, model, 'dry-run', inputs, forwardAndBackward, options);
  const running = compiled.then(({ run }) => run({ images: trial.images }));
  const { scores, gradient } = await running.catch((error: unknown) => {
    throw asFailureOfModel(model, error);
  });
  const unusual = checkScores(scores!, trial);
  const slopes = gradient!.data as Float32Array;
  const size = sizeOf(shape);
  const slopeOf = (i: number) => slopes.subarray(i * size, (i + 1) * size);
  const bad = trial.names.findIndex((_, i) => !slopeOf(i).every(Number.isFinite));
  if (bad >= 0 && bad < trial.ordinary) {
    throw new ComputeError(
      'INVALID_MODEL',
      `The model's input gradient for ${trial.names[bad]} is NaN or infinite, so gradient attacks cannot run on it.`,
      ['weights'],
    );
  }
  const gradientsHealthy = Array.from({ length: trial.ordinary }, (_, i) => slopeOf(i)).every((slope) =>
    slope.some((value) => value !== 0),
  );
  const warnings = [
    ...unusual,
    ...(bad >= 0 && unusual.length === 0 ? [`The gradient for ${trial.names[bad]} is NaN or infinite: attacks on such images fail.`] : []),
    ...warningsOf(model, ordinary(scores!, trial)),
    ...(gradientsHealthy ? [] : [zeroGradientMessage(model)]),
  ];
  return { scores: scores!, gradientsHealthy, warnings };
}

const ordinary = (scores: HostTensor, trial: TrialImages) => rows(scores, 0, trial.ordinary);

/** TensorFlow.js throws plain errors on shapes that do not fit each other, some of them only when it makes the gradient; runtimes do later still. */
function asFailureOfModel(model: DifferentiableModel, error: unknown): ComputeError {
  const message = (error as Error).message;
  if (lacksGradient(error)) {
    return new ComputeError('UNSUPPORTED_OPERATION', noGradientMessage(model, message), ['access']);
  }
  if (error instanceof ComputeError && error.code !== 'INTERNAL') return error;
  return new ComputeError('INVALID_MODEL', `The model cannot be run or differentiated: ${message}`, ['graph'], { cause: error });
}

/** @returns a warning where scores of unusual images are not finite. @throws ComputeError INVALID_MODEL where those of others are not. */
function checkScores(scores: HostTensor, { names, ordinary: count }: TrialImages): string[] {
  const bad = names.findIndex((_, i) => !rows(scores, i, i + 1).data.every(Number.isFinite));
  if (bad < 0) return [];
  const problem = `The model outputs NaN or infinity for ${names[bad]}.`;
  if (bad < count) throw new ComputeError('INVALID_MODEL', `${problem} Check its weights and valueRange.`, ['weights']);
  return [`${problem} Evaluations on such images fail.`];
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

export function looksLikeProbabilities({ data, shape }: HostTensor): boolean {
  const classes = shape[1]!;
  const rows = Array.from({ length: shape[0]! }, (_, i) => (data as Float32Array).subarray(i * classes, (i + 1) * classes));
  return rows.every((row) => row.every((p) => p >= 0) && Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-3);
}
