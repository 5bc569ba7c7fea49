/**
 * `If` and `Loop` whose conditions do not depend on the pixels, replaced by the nodes that run: exporters write them where a script asked for the shape of a value.
 * @module
 */
import { create } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from 'onnx-buf';
import type { Tensor } from '@tensorflow/tfjs-core';
import { trace } from '../../engine/index.js';
import type { HostTensor } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';
import { type GraphNode, sorted } from '../dataflow/graph.js';
import { evaluate } from '../dataflow/interpreter.js';
import { Value } from '../dataflow/value.js';
import { changed, identity, renamed } from './functions.js';
import { onnxOperators } from './operators/index.js';

const CONTROL_FLOW = ['If', 'Loop'];

/** Whether a graph branches or repeats anywhere. */
export function hasControlFlow({ node }: GraphProto): boolean {
  return node.some(({ opType, domain }) => isControlFlow(opType, domain));
}

const isControlFlow = (opType: string, domain: string) => CONTROL_FLOW.includes(opType) && (domain === '' || domain === 'ai.onnx');

/** What a graph is resolved with: tensors and attributes are read beforehand, as following shapes does not wait. */
export interface Reader {
  tensor(tensor: TensorProto): HostTensor;
  node(node: NodeProto): GraphNode;
}

export interface Resolution {
  /** Name of the graph's input. */
  readonly input: string;
  /** Of it, with the batch. */
  readonly shape: readonly number[];
  readonly maximumNodes: number;
  readonly maximumElements: number;
}

/**
 * The graph with the branches that are taken and the rounds of its loops written out.
 * @throws ComputeError UNSUPPORTED_OPERATION where a condition depends on the pixels, LIMIT_EXCEEDED where loops run too often.
 */
export function resolveControlFlow(graph: GraphProto, reader: Reader, resolution: Resolution): GraphProto {
  let resolved = graph;
  trace({ input: { shape: resolution.shape, dtype: 'float32' } }, ({ input }) => {
    resolved = new Resolver(reader, resolution, input!).resolve(graph);
    return {};
  });
  return resolved;
}

class Resolver {
  private readonly nodes: NodeProto[] = [];
  private readonly initializers: TensorProto[] = [];
  private readonly values = new Map<string, Value>();

  constructor(
    private readonly reader: Reader,
    private readonly resolution: Resolution,
    input: Tensor,
  ) {
    this.values.set(resolution.input, Value.plain(input));
  }

  resolve(graph: GraphProto): GraphProto {
    for (const tensor of graph.initializer) this.addInitializer(tensor);
    this.addAll(graph.node);
    return changed(graph, { node: this.nodes, initializer: this.initializers });
  }

  private addInitializer(tensor: TensorProto): void {
    this.initializers.push(tensor);
    this.values.set(tensor.name, Value.known(this.reader.tensor(tensor)));
  }

  private addAll(nodes: readonly NodeProto[]): void {
    const inOrder = sorted(
      nodes.map((node) => ({ name: node.name || node.output[0] || node.opType, inputs: needsOf(node), outputs: node.output, node })),
    );
    for (const { node } of inOrder) this.add(node);
  }

  private add(node: NodeProto): void {
    if (isControlFlow(node.opType, node.domain)) {
      if (node.opType === 'If') this.branch(node);
      else this.repeat(node);
      return;
    }
    this.nodes.push(node);
    if (this.nodes.length > this.resolution.maximumNodes) {
      throw new ComputeError(
        'LIMIT_EXCEEDED',
        `With its loops written out, the model has more than ${this.resolution.maximumNodes} nodes.`,
        ['graph'],
      );
    }
    // Whatever cannot be computed is reported when the model is imported; here it is only a condition that nobody knows.
    if (!Object.hasOwn(onnxOperators, node.opType) || node.input.some((name) => name !== '' && !this.values.has(name))) return;
    try {
      const { maximumElements } = this.resolution;
      const random = () => {
        throw new ComputeError('UNSUPPORTED_OPERATION', 'it is random');
      };
      evaluate({ operators: onnxOperators, maximumElements, random }, this.reader.node(node), this.values);
    } catch (error) {
      if (!(error instanceof ComputeError)) throw error;
    }
  }

  private branch(node: NodeProto): void {
    const name = node.name || node.output[0]!;
    const condition = this.known(node, 0);
    const branch = graphOf(node, condition ? 'then_branch' : 'else_branch');
    const rename = this.enter(branch, `${name}/`, new Map());
    for (const [i, to] of node.output.entries()) if (to !== '') this.add(identity(rename(branch.output[i]!.name), to));
  }

  /** The outputs are the carried values after the last round, and what the rounds output, stacked. */
  private repeat(node: NodeProto): void {
    const name = node.name || node.output[0]!;
    const body = graphOf(node, 'body');
    const most = node.input[0] ? this.known(node, 0) : Infinity;
    let goesOn = node.input[1] ? this.known(node, 1) !== 0 : true;
    let carried = node.input.slice(2);
    const count = carried.length;
    const scanned = body.output.slice(1 + count).map((): string[] => []);
    for (let round = 0; round < most && goesOn; round++) {
      const prefix = `${name}/${round}/`;
      const [iteration, condition] = [`${prefix}iteration`, `${prefix}condition`];
      this.addInitializer(scalar(iteration, DataType.INT64, round));
      this.addInitializer(scalar(condition, DataType.BOOL, 1));
      const inputs = [iteration, condition, ...carried];
      const rename = this.enter(body, prefix, new Map(body.input.map(({ name: inner }, i) => [inner, inputs[i]!])));
      const outputs = body.output.map(({ name: inner }) => rename(inner));
      goesOn = this.numberOf(outputs[0]!, node) !== 0;
      carried = outputs.slice(1, 1 + count);
      for (const [i, list] of scanned.entries()) list.push(outputs[1 + count + i]!);
      if (round >= this.resolution.maximumNodes)
        throw new ComputeError('LIMIT_EXCEEDED', `Node ${name} (Loop) runs too often.`, ['graph', name]);
    }
    for (const [i, to] of node.output.entries()) {
      if (to === '') continue;
      if (i < count) this.add(identity(carried[i]!, to));
      else this.stack(scanned[i - count]!, to, name);
    }
  }

  private stack(values: readonly string[], to: string, name: string): void {
    if (values.length === 0)
      throw new ComputeError('UNSUPPORTED_OPERATION', `Node ${name} (Loop) runs not once, and outputs nothing.`, ['graph', name]);
    const axes = `${to}/axes`;
    this.addInitializer(changed(scalar(axes, DataType.INT64, 0), { dims: [1n] }));
    const rows = values.map((value, i) => {
      const row = `${to}/${i}`;
      this.add(create(NodeProtoSchema, { name: row, opType: 'Unsqueeze', input: [value, axes], output: [row] }));
      return row;
    });
    const axis = create(AttributeProtoSchema, { name: 'axis', type: AttributeType.INT, i: 0n });
    this.add(create(NodeProtoSchema, { name: `${to}/stack`, opType: 'Concat', input: rows, output: [to], attribute: [axis] }));
  }

  /** Adds the nodes of an inner graph. @returns the names that its values have outside. */
  private enter(graph: GraphProto, prefix: string, inputs: ReadonlyMap<string, string>): (name: string) => string {
    const own = new Set([...graph.initializer.map(({ name }) => name), ...graph.node.flatMap(({ output }) => output)]);
    const rename = (name: string) => inputs.get(name) ?? (own.has(name) && name !== '' ? prefix + name : name);
    for (const tensor of graph.initializer) this.addInitializer(changed(tensor, { name: rename(tensor.name) }));
    this.addAll(graph.node.map((node) => renamed(node, rename, prefix)));
    return rename;
  }

  private known(node: NodeProto, index: number): number {
    return this.numberOf(node.input[index]!, node);
  }

  private numberOf(value: string, node: NodeProto): number {
    const known = this.values.get(value)?.known;
    if (known) return known.data[0]!;
    const name = node.name || node.output[0]!;
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      `Node ${name} (${node.opType}): its condition ${value} depends on the pixels of the image.`,
      ['graph', name],
    );
  }
}

function graphOf(node: NodeProto, attribute: string): GraphProto {
  const graph = node.attribute.find(({ name }) => name === attribute)?.g;
  if (graph) return graph;
  const name = node.name || node.output[0]!;
  throw new ComputeError('INVALID_MODEL', `Node ${name} (${node.opType}) has no ${attribute}.`, ['graph', name, attribute]);
}

/** With all that the inner graphs read. */
function needsOf(node: NodeProto): string[] {
  const inner = node.attribute.flatMap(({ g }) => (g ? [...g.node.flatMap(needsOf), ...g.output.map(({ name }) => name)] : []));
  return [...node.input, ...inner];
}

function scalar(name: string, dataType: DataType, value: number): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType,
    ...(dataType === DataType.INT64 ? { int64Data: [BigInt(value)] } : { int32Data: [value] }),
  });
}
