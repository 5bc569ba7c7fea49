/** Runs a graph with TensorFlow.js ops, so that autodiff and every engine see it as they see any other function. @module */
import type * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { type HostTensor, sizeOf, type Tensors } from '../../tensors/index.js';
import { computeOn, toHost } from '../../engine/index.js';
import { ComputeError } from '../../errors.js';
import type { DataflowGraph, GraphNode } from './graph.js';
import { Call, type OperatorTable, type CallEnvironment } from './operator.js';
import { Value } from './value.js';

export interface Execution {
  readonly graph: DataflowGraph;
  readonly operators: OperatorTable;
  /** Most elements that one output of a node may have. */
  readonly maximumElements: number;
  readonly training?: boolean;
  readonly update?: (name: string, value: tf.Tensor) => void;
  /** Absent: the graph may draw no random numbers. */
  readonly random?: CallEnvironment['random'];
  /** Of dropout layers by name. */
  readonly masks?: Tensors;
  /** Default: it is. */
  readonly isBatchOpen?: boolean;
  readonly shapesAsWritten?: ReadonlyMap<string, readonly number[]>;
}

/**
 * @param bindings values of the graph's input, its constants and its variables.
 * @returns every value of the graph by name.
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION or LIMIT_EXCEEDED with the node at fault.
 */
export function run(execution: Execution, bindings: ReadonlyMap<string, Value>): Map<string, Value> {
  const values = new Map(bindings);
  for (const node of execution.graph.nodes) evaluate(execution, node, values);
  return values;
}

/** Runs one node and adds its outputs to `values`. @throws ComputeError as {@link run}. */
export function evaluate(execution: Omit<Execution, 'graph'>, node: GraphNode, values: Map<string, Value>): void {
  const environment: CallEnvironment = {
    training: execution.training ?? false,
    update: (name, value) => execution.update?.(name, value),
    random: execution.random ?? refuseRandom,
    mask: (name) => maskOf(execution.masks ?? {}, name),
    isBatchOpen: execution.isBatchOpen ?? true,
    shapeAsWritten: (name) => execution.shapesAsWritten?.get(name),
  };
  const inputs = node.inputs.map((name) => (name === '' ? undefined : valueOf(values, name, node)));
  const outputs = runNode(execution, new Call(node, inputs, environment));
  for (const [i, name] of node.outputs.entries()) if (name !== '' && outputs[i]) values.set(name, outputs[i]);
}

function refuseRandom(): never {
  throw new ComputeError('UNSUPPORTED_OPERATION', 'random numbers are drawn for predictions and attacks alone, for each image');
}

function maskOf(masks: Tensors, layer: string): tf.Tensor {
  const mask = masks[layer];
  if (mask) return mask;
  throw new ComputeError('INTERNAL', `The mask of dropout layer ${layer} is missing.`, [layer]);
}

function valueOf(values: ReadonlyMap<string, Value>, name: string, node: GraphNode): Value {
  const value = values.get(name);
  if (value) return value;
  throw new ComputeError(
    'INVALID_MODEL',
    `Node ${node.name} (${node.operator}) reads ${name}, which nothing before it computes: the graph has a cycle or lacks a node.`,
    ['graph', node.name],
  );
}

function runNode({ operators, maximumElements }: Pick<Execution, 'operators' | 'maximumElements'>, call: Call): Value[] {
  const { node } = call;
  try {
    const operator = operators[node.operator]!;
    const compute = () => [operator.run(call)].flat() as Value[];
    const outputs = compute();
    for (const { shape } of outputs) checkSize(node, shape, maximumElements);
    const given = call.inputs.filter((input) => input !== undefined);
    if (operator.isRandom || !given.every(({ known }) => known) || outputs.every(({ known }) => known)) return outputs;
    // Shape arithmetic. That it stays small is known by now, whatever sizes the file declares.
    return computeOn('cpu', () => compute().map(hostOf)).map(Value.known);
  } catch (error) {
    throw withNode(error as Error, node);
  }
}

function hostOf(value: Value): HostTensor {
  return value.known ?? toHost(value.plain);
}

function checkSize(node: GraphNode, shape: readonly number[], maximum: number): void {
  if (sizeOf(shape) <= maximum) return;
  throw new ComputeError('LIMIT_EXCEEDED', `it outputs [${shape.join(', ')}], more than ${maximum} values`, ['graph', node.name]);
}

/** TensorFlow.js throws plain errors on shapes that do not fit each other. */
function withNode(error: Error, node: GraphNode): ComputeError {
  const code = error instanceof ComputeError ? error.code : 'INVALID_MODEL';
  const path = (error instanceof ComputeError && error.path) || ['graph', node.name];
  const message = error.message.startsWith('Node ')
    ? error.message
    : `Node ${node.name} (${node.operator}): ${error.message.replace(/\.$/, '')}.`;
  return new ComputeError(code, message, path, { cause: error });
}
