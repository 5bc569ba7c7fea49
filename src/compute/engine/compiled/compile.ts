/** From a tensor function to an ONNX file. @module */
import { Emitter, type Target } from './emitter.js';
import { encodeModel, type OnnxModel } from './onnx.js';
import { optimize } from './rewrites/optimize.js';
import { operationOf } from './registry.js';
import { trace } from './trace.js';
import { workingBytes } from './working-memory.js';
import type { Graph, Spec } from './graph.js';
import type { Tensors } from '../../tensors/index.js';

export interface CompiledModel {
  /** The ONNX model as a protobuf file. */
  readonly bytes: Uint8Array;
  readonly outputs: Readonly<Record<string, Spec>>;
  /** Bytes that running it takes: {@link workingBytes}, and what arenas add. */
  readonly workingBytes: number;
}

/** Before it is encoded: its weights are still the arrays that they came in. */
export interface LoweredModel {
  readonly model: OnnxModel;
  readonly outputs: CompiledModel['outputs'];
  readonly workingBytes: number;
}

/** onnxruntime's arenas round up and have gaps: functions were found to take up to a fifth more than their values. */
const ARENA = 1.2;

/** Traces, optimizes and encodes `fn`. Throws UNSUPPORTED_OPERATION as {@link trace} does. */
export function compile(inputs: Readonly<Record<string, Spec>>, fn: (inputs: Tensors) => Tensors, target: Target): CompiledModel {
  const { model, ...rest } = compileToModel(inputs, fn, target);
  return { bytes: encodeModel(model), ...rest };
}

/** The same without the encoding. */
export function compileToModel(inputs: Readonly<Record<string, Spec>>, fn: (inputs: Tensors) => Tensors, target: Target): LoweredModel {
  const graph = trace(inputs, fn);
  optimize(graph, target);
  const outputs = Object.fromEntries([...graph.outputs].map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
  return { model: lower(graph, target), outputs, workingBytes: Math.ceil(ARENA * workingBytes(graph)) };
}

/** Elements of the largest value that `fn` computes from its inputs (not from constants). Traces it, which is a small part of compiling. */
export function largestValue(inputs: Readonly<Record<string, Spec>>, fn: (inputs: Tensors) => Tensors): number {
  const graph = trace(inputs, fn);
  const varying = new Set(graph.inputs.values());
  let largest = 0;
  for (const node of graph.sorted()) {
    if (!Object.values(node.inputs).some((input) => varying.has(input))) continue;
    for (const output of node.outputs) {
      varying.add(output);
      largest = Math.max(largest, output.size);
    }
  }
  return largest;
}

/** Emits every node that an output needs, in order. */
export function lower(graph: Graph, target: Target): OnnxModel {
  const emitter = new Emitter(target);
  emitter.begin(graph);
  for (const node of graph.sorted()) operationOf(node.kernel).lower!(node, emitter);
  return emitter.finish(graph);
}
