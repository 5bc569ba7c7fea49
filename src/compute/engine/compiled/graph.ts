/**
 * The graph that tracing records and passes rewrite: tfjs kernels over values of static shape, in TensorFlow's own terms (NHWC, HWIO).
 * @module
 */
import { allocate, type DType, type HostData, sizeOf } from '../../tensors/index.js';

/** Shape and dtype of a value. */
export interface Spec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Settings of a kernel, by tfjs's names or the compiler's own. Each {@link Kernel} says which it has. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Of kernels that have no settings. */
export type NoAttributes = Readonly<Record<never, unknown>>;

/** As tfjs gives them: a number, or a list, negative from the end. */
export type Axes = number | readonly number[];

export type Inputs = Record<string, Value>;

/** What a node computes, a graph input, or a constant. */
export class Value implements Spec {
  /** The node that computes it; undefined for inputs and constants. */
  producer?: Node;
  readonly consumers = new Set<Node>();
  private contents?: HostData;
  private same?: number | null;

  constructor(
    readonly id: number,
    readonly shape: readonly number[],
    readonly dtype: DType,
    contents?: HostData | number,
  ) {
    if (typeof contents === 'number') this.same = contents;
    else this.contents = contents;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get rank(): number {
    return this.shape.length;
  }

  get isConstant(): boolean {
    return this.contents !== undefined || typeof this.same === 'number';
  }

  /** A constant's values; a uniform constant is written out when it is first asked for. */
  get data(): HostData {
    this.contents ??= allocate(this.dtype, this.size).fill(this.same!);
    return this.contents;
  }

  /** The one number that a constant repeats, or null where its values differ or it is no constant. */
  get uniform(): number | null {
    if (this.same === undefined) {
      const data = this.contents;
      this.same = data !== undefined && data.length > 0 && data.every((v) => v === data[0]) ? data[0]! : null;
    }
    return this.same;
  }
}

/** What a graph must know of a kernel to call it. @typeParam A its attributes. */
export interface Kernel<A extends Attributes> {
  readonly name: string;
  /** Shapes and dtypes of the outputs. */
  readonly infer: (inputs: Inputs, attrs: A) => Spec | readonly Spec[];
}

/** One kernel call. `inputs` are named as tfjs names them; kernels that take a list use '0', '1' and so on. */
export interface Node<A extends Attributes = Attributes> {
  /** The kernel's name. */
  readonly kernel: string;
  /** Of whatever attributes: {@link isCall} tells which. */
  readonly calls: Kernel<never>;
  readonly inputs: Inputs;
  readonly attrs: A;
  readonly outputs: readonly Value[];
}

/** Whether a node calls this kernel, and so has its attributes. */
export function isCall<A extends Attributes>(node: Node | undefined, kernel: Kernel<A>): node is Node<A> {
  return node?.calls === kernel;
}

/** A mutable graph. Nodes that no output needs are simply not visited. */
export class Graph {
  readonly inputs = new Map<string, Value>();
  readonly outputs = new Map<string, Value>();
  private nextId = 0;

  input(name: string, spec: Spec): Value {
    const value = new Value(this.nextId++, [...spec.shape], spec.dtype);
    this.inputs.set(name, value);
    return value;
  }

  /** @param contents the values (not copied), or one number that fills the shape. */
  constant(contents: HostData | number, shape: readonly number[], dtype: DType = 'float32'): Value {
    return new Value(this.nextId++, [...shape], dtype, contents);
  }

  /** Adds a node. @returns its outputs, in the kernel's order. */
  node<A extends Attributes>(kernel: Kernel<A>, inputs: Inputs, attrs: NoInfer<A>): Value[] {
    const outputs = [kernel.infer(inputs, attrs)].flat().map((spec) => new Value(this.nextId++, [...spec.shape], spec.dtype));
    const node: Node<A> = { kernel: kernel.name, calls: kernel, inputs, attrs, outputs };
    for (const output of outputs) output.producer = node;
    for (const input of Object.values(inputs)) input.consumers.add(node);
    return outputs;
  }

  /** Adds a node with one output. Attributes are left out where the kernel requires none. */
  op(kernel: Kernel<NoAttributes>, inputs: Inputs): Value;
  op<A extends Attributes>(kernel: Kernel<A>, inputs: Inputs, attrs: NoInfer<A>): Value;
  op<A extends Attributes>(kernel: Kernel<A>, inputs: Inputs, attrs?: A): Value {
    // The first form is for kernels whose attributes may be empty.
    return this.node(kernel, inputs, attrs ?? ({} as A))[0]!;
  }

  /** Adds a node that calls what `node` calls, with other inputs or attributes. */
  again<A extends Attributes>(node: Node<A>, inputs: Inputs, attrs: A = node.attrs): Value {
    return this.node(node.calls as Kernel<A>, inputs, attrs)[0]!;
  }

  /** Makes every reader of `old` read `by`. @returns the nodes that changed. */
  replace(old: Value, by: Value): Node[] {
    const changed = [...old.consumers];
    for (const node of changed) {
      for (const [name, input] of Object.entries(node.inputs)) if (input === old) node.inputs[name] = by;
      by.consumers.add(node);
    }
    old.consumers.clear();
    for (const [name, output] of this.outputs) if (output === old) this.outputs.set(name, by);
    return changed;
  }

  /** Takes a node that nothing reads out of its inputs' consumers, and so on upwards. */
  detach(node: Node): void {
    if (!node.outputs.every((output) => this.isDead(output))) return;
    for (const input of new Set(Object.values(node.inputs))) {
      input.consumers.delete(node);
      if (input.producer) this.detach(input.producer);
    }
  }

  /** Number of readers: consuming nodes, and one for each graph output. */
  uses(value: Value): number {
    let count = value.consumers.size;
    for (const output of this.outputs.values()) if (output === value) count++;
    return count;
  }

  /** The nodes that outputs need, producers before consumers. */
  sorted(): Node[] {
    const order: Node[] = [];
    const seen = new Set<Node>();
    const stack = [...this.outputs.values()].flatMap((value) => (value.producer ? [value.producer] : [])).reverse();
    while (stack.length) {
      const node = stack[stack.length - 1]!;
      const missing = seen.has(node) ? [] : producersOf(node).filter((producer) => !seen.has(producer));
      if (missing.length) {
        stack.push(...missing);
        continue;
      }
      stack.pop();
      if (seen.has(node)) continue;
      seen.add(node);
      order.push(node);
    }
    return order;
  }

  /** Forgets consumers that no output needs, so that {@link uses} counts real readers only. */
  prune(): Node[] {
    const order = this.sorted();
    const live = new Set(order);
    const forgetDead = ({ consumers }: Value) => {
      for (const consumer of consumers) if (!live.has(consumer)) consumers.delete(consumer);
    };
    for (const node of order) {
      node.outputs.forEach(forgetDead);
      Object.values(node.inputs).forEach(forgetDead);
    }
    this.inputs.forEach(forgetDead);
    return order;
  }

  private isDead(value: Value): boolean {
    return this.uses(value) === 0;
  }
}

function producersOf(node: Node): Node[] {
  const producers: Node[] = [];
  for (const { producer } of Object.values(node.inputs)) if (producer) producers.push(producer);
  return producers;
}
