/** A model as an ONNX file of the standard operators, for other runtimes. @module */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { compile, toTensors } from '../engine/index.js';
import type { DifferentiableModel } from './types.js';

/** Without the layouts and the fused operators that only onnxruntime's CPU provider has. */
const STANDARD = { provider: 'standard', blockSize: 0, threads: 1 };

/**
 * The network in inference mode with its preprocessing: input `in:images` `[batch, height, width, channels]`, pixels in [0, 1], RGB;
 * output `out:scores` `[batch, classCount]`.
 * @param batch images at once; it is written into the file.
 * @throws ComputeError UNSUPPORTED_OPERATION
 */
export function onnxFile(model: DifferentiableModel, batch = 1): Uint8Array {
  const images = { dtype: 'float32', shape: [batch, ...model.spec.inputShape] } as const;
  const scores = (x: Tensor4D) => model.apply(toTensors(model.variables), x);
  return compile({ images }, (inputs) => ({ scores: scores(inputs['images'] as Tensor4D) }), STANDARD).bytes;
}
