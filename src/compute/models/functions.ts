/** Functions of a model that engines run. @module */
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { type BatchedFunction, type BatchedFunctionSpec, type BatchedInput, type Engine, toTensors } from '../engine/index.js';
import type { HostTensor, Tensors } from '../tensors/index.js';
import { ComputeError } from '../errors.js';
import { inputsOf, valuesIn, withRandomInputs } from './random-inputs.js';
import type { AnyModel, BlackBoxModel, DifferentiableModel, ModelAccess } from './types.js';

export function isBlackBox(model: AnyModel): model is BlackBoxModel {
  return 'predict' in model;
}

export function accessOf(model: AnyModel): ModelAccess {
  return isBlackBox(model) ? model.access : 'GRADIENT';
}

/** @throws ComputeError UNSUPPORTED_OPERATION for a model that can only be asked. */
export function differentiable(model: AnyModel): DifferentiableModel {
  if (!isBlackBox(model)) return model;
  throw new ComputeError(
    'UNSUPPORTED_OPERATION',
    'The model is a black box: it has predictions, and no network to differentiate or to train.',
    ['access'],
  );
}

/** A function of the model with its weights as constants, and with random inputs where the model takes them. @param name with the model's fingerprint, the key of the engine's cache. */
export async function compileWithModel(
  engine: Engine,
  model: DifferentiableModel,
  name: string,
  inputs: Readonly<Record<string, BatchedInput>>,
  fn: (scores: (x: Tensor4D) => Tensor2D, inputs: Tensors) => Tensors,
  options: Pick<BatchedFunctionSpec, 'fewExamples' | 'runsOnce'> = {},
): Promise<BatchedFunction> {
  const { random } = model;
  const compiled = await engine.batched({
    ...options,
    name,
    fingerprint: model.fingerprint,
    inputs: random ? { ...inputs, ...inputsOf(random) } : inputs,
    fn(tensors) {
      const weights = toTensors(model.variables);
      return fn((x) => model.apply(weights, x, random && valuesIn(random, tensors, x.shape[0])), tensors);
    },
  });
  return random ? withRandomInputs(random, compiled) : compiled;
}

/** What the model outputs: logits, probabilities, or a 1 for the predicted class, `[n, classCount]`. @param images `[n, height, width, channels]`, pixels in [0, 1]. @param draw see `RunOptions.draw`. */
export async function predict(engine: Engine, model: AnyModel, images: HostTensor, signal?: AbortSignal, draw = 0): Promise<HostTensor> {
  if (isBlackBox(model)) return model.predict(images, signal);
  const input = { dtype: 'float32', shape: model.spec.inputShape } as const;
  const compiled = await compileWithModel(engine, model, 'predict', { images: input }, (scores, { images: x }) => ({
    scores: scores(x as Tensor4D),
  }));
  return (await compiled.run({ images }, { signal, draw })).scores!;
}
