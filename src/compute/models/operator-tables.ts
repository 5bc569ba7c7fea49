/** Tables of operators of all formats. @module */
import type * as tf from '@tensorflow/tfjs-core';
import type { OperatorTable } from './dataflow/operator.js';
import { graphModelOperators } from './graph-model/operators/index.js';
import { kerasLayers } from './keras/layers/index.js';
import type { ModelFormat } from './model-format.js';
import { onnxOperators } from './onnx/operators/index.js';

export const OPERATOR_TABLES: Readonly<Record<ModelFormat, OperatorTable>> = {
  LAYERS_MODEL: kerasLayers,
  ONNX: onnxOperators,
  TFJS_GRAPH_MODEL: graphModelOperators,
};

/** Gradients for attacks that pass straight through operators that have none of use, one for each kernel. */
export function straightThroughGradients(): tf.GradConfig[] {
  const operators = Object.values(OPERATOR_TABLES).flatMap((table) => Object.values(table));
  const gradients = operators.flatMap(({ straightThrough }) => straightThrough ?? []);
  return [...new Map(gradients.map((gradient) => [gradient.kernelName, gradient])).values()];
}
