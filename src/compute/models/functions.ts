/** Functions of a model that engines run. @module */
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { toTensors } from '../engine/tensorflow.js';
import type { BatchedFunction, BatchedInput, Engine, HostTensor, Tensors } from '../engine/types.js';
import type { DifferentiableModel } from './types.js';

/** A function of the model with its weights as constants. @param name with the model's fingerprint, the key of the engine's cache. */
export function compileWithModel(
  engine: Engine,
  model: DifferentiableModel,
  name: string,
  inputs: Readonly<Record<string, BatchedInput>>,
  fn: (scores: (x: Tensor4D) => Tensor2D, inputs: Tensors) => Tensors,
  fewExamples?: number,
): Promise<BatchedFunction> {
  return engine.batched({
    name,
    fewExamples,
    fingerprint: model.fingerprint,
    inputs,
    fn(tensors) {
      const weights = toTensors(model.variables);
      return fn((x) => model.apply(weights, x), tensors);
    },
  });
}

/** What the model puts out: logits or probabilities `[n, classCount]`. @param images `[n, height, width, channels]`, pixels in [0, 1]. */
export async function predict(engine: Engine, model: DifferentiableModel, images: HostTensor, signal?: AbortSignal): Promise<HostTensor> {
  const input = { dtype: 'float32', shape: model.spec.inputShape } as const;
  const compiled = await compileWithModel(engine, model, 'predict', { images: input }, (scores, { images: x }) => ({
    scores: scores(x as Tensor4D),
  }));
  return (await compiled.run({ images }, { signal })).scores!;
}
