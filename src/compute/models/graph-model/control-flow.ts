/**
 * Branches and loops whose conditions do not depend on the pixels, replaced by what runs, and functions written out: converters write them for layers
 * that ask for the size of an image, and for recurrent ones.
 * @module
 */
import { trace } from '../../engine/index.js';
import { ComputeError } from '../../errors.js';
import type { HostTensor } from '../../tensors/index.js';
import { Attributes } from '../dataflow/attributes.js';
import { type GraphNode, sorted } from '../dataflow/graph.js';
import { evaluate } from '../dataflow/interpreter.js';
import { Value } from '../dataflow/value.js';
import { foldLoops, type GraphFunction } from './loops.js';
import { graphModelOperators } from './operators/index.js';

/** A branch of TensorFlow 1: the value goes to one of two outputs, and from one of its inputs a merge takes what there is. */
const [SWITCH, MERGE] = ['Switch', 'Merge'];
const CONDITIONS = ['If', 'StatelessIf'];
const CALLS = ['PartitionedCall', 'StatefulPartitionedCall'];
const LOOPS = ['While', 'StatelessWhile'];
const CONTROL_FLOW = ['LoopCond', SWITCH, MERGE, ...CONDITIONS, ...CALLS, ...LOOPS];

export interface Resolution {
  readonly functions: ReadonlyMap<string, GraphFunction>;
  readonly constants: ReadonlyMap<string, HostTensor>;
  /** Name of the graph's input. */
  readonly input: string;
  /** Of it, with the batch. */
  readonly shape: readonly number[];
  readonly maximumNodes: number;
  readonly maximumElements: number;
}

export function hasControlFlow(nodes: readonly GraphNode[]): boolean {
  return nodes.some(({ operator }) => CONTROL_FLOW.includes(operator));
}

/**
 * @throws ComputeError UNSUPPORTED_OPERATION where a condition depends on the pixels, INVALID_MODEL for a function that there is none of, LIMIT_EXCEEDED where
 * loops run too often.
 */
export function resolveControlFlow(nodes: readonly GraphNode[], resolution: Resolution): GraphNode[] {
  const folded = foldLoops(nodes);
  const functions = new Map([...resolution.functions, ...folded.functions]);
  let resolved: GraphNode[] = [];
  trace({ input: { shape: resolution.shape, dtype: 'float32' } }, ({ input }) => {
    const resolver = new Resolver({ ...resolution, functions });
    resolver.values.set(resolution.input, Value.plain(input!));
    resolver.addAll(folded.nodes);
    resolved = resolver.nodes;
    return {};
  });
  return resolved;
}

class Resolver {
  readonly nodes: GraphNode[] = [];
  readonly values = new Map<string, Value>();
  /** Values of branches that are not taken. */
  private readonly dead = new Set<string>();
  /** Names of the values in each list, to which rounds of a loop add; undefined for one that is not there yet. */
  private readonly lists = new Map<string, readonly (string | undefined)[]>();

  constructor(private readonly resolution: Resolution) {
    for (const [name, constant] of resolution.constants) this.values.set(name, Value.known(constant));
  }

  addAll(nodes: readonly GraphNode[]): void {
    for (const node of sorted(nodes)) this.add(node);
  }

  private add(node: GraphNode): void {
    const { operator, inputs, outputs } = node;
    if (operator === MERGE) this.merge(node);
    else if (inputs.some((name) => this.dead.has(name))) for (const name of outputs) this.dead.add(name);
    else if (operator === SWITCH) this.choose(node);
    else if (LOOPS.includes(operator)) this.repeat(node);
    else if (CONDITIONS.includes(operator))
      this.call(node, this.condition(node, inputs[0]!) ? 'then_branch' : 'else_branch', inputs.slice(1));
    else if (CALLS.includes(operator)) this.call(node, 'f', inputs);
    else if (operator.startsWith('TensorList')) this.list(node);
    else if (operator === 'Identity') this.pass(node, inputs[0]!, outputs[0]!);
    else this.keep(node);
  }

  private choose(node: GraphNode): void {
    const taken = this.condition(node, node.inputs[1]!) ? 1 : 0;
    for (const [i, name] of node.outputs.entries()) {
      if (i === taken) this.pass(node, node.inputs[0]!, name);
      else this.dead.add(name);
    }
  }

  private merge(node: GraphNode): void {
    const alive = node.inputs.filter((name) => !this.dead.has(name));
    if (alive.length === 1) this.pass(node, alive[0]!, node.outputs[0]!);
    else if (alive.length === 0) for (const name of node.outputs) this.dead.add(name);
    else
      throw new ComputeError('INVALID_MODEL', `Node ${node.name} (Merge) has ${alive.length} values to take from.`, ['graph', node.name]);
  }

  private repeat(node: GraphNode): void {
    let carried = node.inputs;
    for (let round = 0; ; round++) {
      const name = `${node.name}/${round}`;
      const [goesOn] = this.enter(node, 'cond', `${name}/cond`, carried);
      if (!this.condition(node, goesOn!)) break;
      carried = this.enter(node, 'body', name, carried);
      // Rounds may have no nodes that count.
      if (round >= this.resolution.maximumNodes) throw this.tooMany();
    }
    for (const [i, name] of node.outputs.entries()) if (name !== '') this.pass(node, carried[i]!, name);
  }

  private call(node: GraphNode, attribute: string, given: readonly string[]): void {
    const results = this.enter(node, attribute, node.name, given);
    for (const [i, name] of node.outputs.entries()) this.pass(node, results[i] ?? '', name);
  }

  /** Writes a function out. @param prefix of its nodes and values. @returns the names of its results. */
  private enter(node: GraphNode, attribute: string, prefix: string, given: readonly string[]): string[] {
    const called = this.resolution.functions.get(node.attributes.string(attribute));
    if (!called)
      throw new ComputeError('INVALID_MODEL', `Node ${node.name} calls a function that the file does not hold.`, ['graph', node.name]);
    const inputs = new Map(called.inputs.map((name, i) => [name, given[i] ?? '']));
    const own = new Set(called.nodes.flatMap(({ outputs }) => outputs));
    const rename = (name: string) => inputs.get(name) ?? (own.has(name) ? `${prefix}/${name}` : name);
    this.addAll(
      called.nodes.map((inner) => ({
        ...inner,
        name: `${prefix}/${inner.name}`,
        inputs: inner.inputs.map(rename),
        outputs: inner.outputs.map(rename),
      })),
    );
    return called.outputs.map(rename);
  }

  /** Lists are known by the values in them, and are gone when all is written out. */
  private list(node: GraphNode): void {
    const { operator, inputs, outputs, name } = node;
    const [output] = outputs as [string];
    const items = this.lists.get(inputs[0]!) ?? [];
    switch (operator) {
      case 'TensorListReserve':
        this.lists.set(
          output,
          Array.from({ length: this.length(this.number(node, inputs[1]!)) }, () => undefined),
        );
        break;
      case 'TensorListFromTensor': {
        const count = this.length(this.values.get(inputs[0]!)?.shape[0] ?? 0);
        const parts = Array.from({ length: count }, (_, i) => `${output}/${i}`);
        this.keep({ ...node, operator: 'Unpack', inputs: [inputs[0]!], outputs: parts, attributes: new Attributes(name, { axis: 0 }) });
        this.lists.set(output, parts);
        break;
      }
      case 'TensorListGetItem':
        this.pass(node, items[this.number(node, inputs[1]!)] ?? '', output);
        break;
      case 'TensorListSetItem':
        this.lists.set(output, replaced(items, this.number(node, inputs[1]!), inputs[2]!));
        break;
      case 'TensorListStack':
        this.keep({ ...node, operator: 'Pack', inputs: items.map((item) => item ?? ''), attributes: new Attributes(name, { axis: 0 }) });
        break;
      default:
        this.keep(node);
    }
  }

  /** Every value of a list is as much work as a node. */
  private length(count: number): number {
    if (count <= this.resolution.maximumNodes) return Math.max(0, count);
    throw this.tooMany();
  }

  private pass({ name }: GraphNode, from: string, to: string): void {
    const list = this.lists.get(from);
    if (list) this.lists.set(to, list);
    else this.keep({ name, operator: 'Identity', version: 1, inputs: [from], outputs: [to], attributes: new Attributes(name, {}) });
  }

  private keep(node: GraphNode): void {
    this.nodes.push(node);
    const { maximumNodes, maximumElements } = this.resolution;
    if (this.nodes.length > maximumNodes) throw this.tooMany();
    // Whatever cannot be computed is reported when the model is imported; here it is only a condition that nobody knows.
    if (!Object.hasOwn(graphModelOperators, node.operator) || node.inputs.some((name) => name !== '' && !this.values.has(name))) return;
    try {
      evaluate({ operators: graphModelOperators, maximumElements }, node, this.values);
    } catch (error) {
      if (!(error instanceof ComputeError)) throw error;
    }
  }

  private tooMany(): ComputeError {
    const { maximumNodes } = this.resolution;
    return new ComputeError('LIMIT_EXCEEDED', `With its functions and loops written out, the model has more than ${maximumNodes} nodes.`, [
      'graph',
    ]);
  }

  private condition(node: GraphNode, value: string): boolean {
    return this.number(node, value) !== 0;
  }

  private number(node: GraphNode, value: string): number {
    const known = this.values.get(value)?.known;
    if (known) return known.data[0]!;
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      `Node ${node.name} (${node.operator}) branches by ${value}, which depends on the pixels of the image. Build the model without that branch and export it again.`,
      ['graph', node.name],
    );
  }
}

function replaced<T>(list: readonly T[], at: number, item: T): T[] {
  return list.map((other, i) => (i === at ? item : other));
}
