/** Networks that compute in whole numbers. @module */
import { QUANTIZERS } from './onnx/operators/quantization.js';

/** @param operations operators of a model with their counts. */
export function isQuantized(operations: Readonly<Record<string, number>>): boolean {
  return Object.keys(operations).some((operator) => QUANTIZERS.includes(operator));
}
