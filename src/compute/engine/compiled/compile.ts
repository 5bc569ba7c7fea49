/** From a tensor function to an ONNX file. @module */
import { Emitter, type Target } from './emitter.js';
import { encodeModel } from './onnx.js';
import { optimize } from './optimise/index.js';
import { loweringOf } from './registry.js';
import { trace } from './trace.js';
import type { Spec, Graph } from './graph.js';
import type { Tensors } from '../types.js';

export interface CompiledModel {
  /** The ONNX model as a protobuf file. */
  readonly bytes: Uint8Array;
  readonly outputs: Readonly<Record<string, Spec>>;
  /** Elements of the largest value that is computed: what decides how many examples fit the cache. */
  readonly largestValue: number;
}

/** Traces, optimizes and encodes `fn`. Throws UNSUPPORTED_OPERATION as {@link trace} does. */
export function compile(inputs: Readonly<Record<string, Spec>>, fn: (inputs: Tensors) => Tensors, target: Target): CompiledModel {
  const graph = trace(inputs, fn);
  optimize(graph, target);
  const outputs = Object.fromEntries([...graph.outputs].map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
  const { model, largestValue } = lower(graph, target);
  return { bytes: encodeModel(model), outputs, largestValue };
}

/** Emits every node that an output needs, in order. */
export function lower(graph: Graph, target: Target) {
  const emitter = new Emitter(target);
  emitter.begin(graph);
  let largestValue = 0;
  for (const node of graph.sorted()) {
    loweringOf(node.kernel).lower!(node, emitter);
    for (const output of node.outputs) largestValue = Math.max(largestValue, output.size);
  }
  return { model: emitter.finish(graph), largestValue };
}
