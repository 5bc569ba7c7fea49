/** A model's gradient held against differences of its scores. */
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../../src/compute/engine/index.js';
import { compileWithModel } from '../../src/compute/models/functions.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';

/** Slope of a weighted sum of the scores along its own gradient, by differences and by the gradient's length. */
export async function slopes(
  engine: Engine,
  model: DifferentiableModel,
  images: HostTensor,
): Promise<{ measured: number; gradient: number }> {
  const weights = Array.from({ length: model.spec.classCount }, (_, i) => Math.sin(3 * i + 1));
  const compiled = await compileWithModel(
    engine,
    model,
    'test.gradient',
    { images: { dtype: 'float32', shape: model.spec.inputShape } },
    (scores, inputs) => {
      const weighted = (x: tf.Tensor) => tf.sum(tf.mul(scores(x as tf.Tensor4D), tf.tensor1d(weights)));
      return { scores: scores(inputs.images as tf.Tensor4D), gradient: tf.grad(weighted)(inputs.images!) };
    },
    { fewExamples: 3 },
  );
  const { gradient } = await compiled.run({ images });
  const length = Math.hypot(...(gradient!.data as Float32Array));
  const at = async (step: number) => {
    const moved = (images.data as Float32Array).map((value, i) => value + (step * gradient!.data[i]!) / length);
    const { scores } = await compiled.run({ images: { ...images, data: moved } });
    return Array.from(scores!.data).reduce((sum, score, i) => sum + score * weights[i % weights.length]!, 0);
  };
  const step = 1e-2;
  return { measured: ((await at(step)) - (await at(-step))) / (2 * step), gradient: length };
}
