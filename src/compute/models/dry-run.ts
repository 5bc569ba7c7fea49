/** Runs a model once before anyone relies on it. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../engine/host.js';
import type { Engine, HostTensor, Tensors } from '../engine/types.js';
import { ComputeError } from '../errors.js';
import { firstNonFiniteRow } from '../metrics/predictions.js';
import { randomStream } from '../random.js';
import { compileWithModel } from './functions.js';
import type { DifferentiableModel } from './types.js';

const IMAGES = 2;

export interface DryRun {
  /** Whether the gradient of every image has a part that is not zero. */
  readonly gradientsHealthy: boolean;
  /** For the user, beside those from reading the model. */
  readonly warnings: readonly string[];
}

/**
 * A forward and a backward pass on images of noise.
 * @throws ComputeError INVALID_MODEL where scores or gradients are not finite, UNSUPPORTED_OPERATION where the engine lacks an operation.
 */
export async function dryRun(engine: Engine, model: DifferentiableModel): Promise<DryRun> {
  const shape = model.spec.inputShape;
  const inputs = { images: { dtype: 'float32', shape } } as const;
  const forwardAndBackward = (scores: (x: tf.Tensor4D) => tf.Tensor2D, { images }: Tensors) => ({
    scores: scores(images as tf.Tensor4D),
    // A weighted sum, since the plain sum of probabilities is 1 and has no gradient.
    gradient: tf.grad((x) => tf.sum(tf.mul(scores(x as tf.Tensor4D), weightsOf(model.spec.classCount))))(images!),
  });
  const compiled = await compileWithModel(engine, model, 'dry-run', inputs, forwardAndBackward, IMAGES);
  const { scores, gradient } = await compiled.run({ images: noise(shape) });
  if (firstNonFiniteRow(scores!) >= 0) {
    throw new ComputeError('INVALID_MODEL', 'The model puts out NaN or infinity for an image of noise. Check its weights and valueRange.', [
      'weights',
    ]);
  }
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
  const warnings = [
    ...(model.output === 'LOGITS' && looksLikeProbabilities(scores!)
      ? [
          'The outputs look like probabilities (positive, sum 1), though no final softmax was found. Attacks need logits: export the model without it.',
        ]
      : []),
    ...(gradientsHealthy
      ? []
      : [
          'The input gradient on an image of noise is zero everywhere: gradient attacks will find nothing, which is no sign of robustness.',
        ]),
  ];
  return { gradientsHealthy, warnings };
}

function weightsOf(classCount: number): tf.Tensor1D {
  return tf.tensor1d(Array.from({ length: classCount }, (_, i) => (i % 2 === 0 ? 1 : -1) * (1 + i / classCount)));
}

function noise(shape: readonly number[]): HostTensor {
  const stream = randomStream(0, 'dry-run', 0);
  return {
    dtype: 'float32',
    shape: [IMAGES, ...shape],
    data: Float32Array.from({ length: IMAGES * sizeOf(shape) }, () => stream.uniform()),
  };
}

function looksLikeProbabilities({ data, shape }: HostTensor): boolean {
  const classes = shape[1]!;
  const rows = Array.from({ length: shape[0]! }, (_, i) => (data as Float32Array).subarray(i * classes, (i + 1) * classes));
  return rows.every((row) => row.every((p) => p >= 0) && Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-3);
}
