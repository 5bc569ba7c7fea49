/** Builds the ONNX model of a graph: lowerings ask it for the inputs of a node in the layout they want and tell it what they made. @module */
import { type DType, sizeOf } from '../../tensors/index.js';
import { inputName, outputName } from './boundary-names.js';
import type { Graph, Value } from './graph.js';
import { fourOf, type Layout, physicalShape, rearrange } from './layout.js';
import { NCHWC, ONNX_TYPE, type OnnxAttribute, type OnnxModel, type OnnxNode, type OnnxTensor } from './onnx.js';

/** What the model is made for. */
export interface Target {
  readonly provider: string;
  /** Channels in a block of the NCHWc layout on this processor, or 0 where there is no such layout. */
  readonly blockSize: number;
  /** Threads that one operator may use. */
  readonly threads: number;
}

export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export class Emitter {
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers = new Map<string, OnnxTensor>();
  private readonly forms = new Map<Value, Partial<Record<Layout, string>>>();
  private readonly natives = new Map<Value, Layout>();
  private readonly shared = new Map<string, string>();
  private readonly emitted = new Map<string, string[]>();
  private count = 0;

  constructor(readonly target: Target) {}

  get block(): number {
    return this.target.blockSize;
  }

  /** Layout in which a value was made; constants can be had in any, and count as plain. */
  layoutOf(value: Value): Layout {
    return this.natives.get(value) ?? 'plain';
  }

  /** Whether a value of this shape may be kept in blocks: channels fill most of their blocks and can be reordered four at a time. */
  isBlockable(shape: readonly number[]): boolean {
    const channels = shape[3];
    return this.block > 0 && shape.length === 4 && channels !== undefined && channels % 4 === 0 && channels >= this.block * 0.75;
  }

  /** Name of a value in a layout, converted where it is not there yet. */
  get(value: Value, layout: Layout = 'plain'): string {
    const forms = this.forms.get(value) ?? {};
    const known = forms[layout];
    if (known !== undefined) return known;
    const name = value.isConstant ? this.constantIn(value, layout) : this.convert(value, this.layoutOf(value), layout);
    this.forms.set(value, { ...forms, [layout]: name });
    return name;
  }

  /** Says that `name` holds `value` in `layout`. */
  set(value: Value, name: string, layout: Layout = 'plain'): void {
    this.forms.set(value, { ...this.forms.get(value), [layout]: name });
    if (!this.natives.has(value)) this.natives.set(value, layout);
  }

  /** Adds an operator with one output. @returns its name. */
  op(op: string, inputs: string[], attrs: OnnxAttributes = {}, domain = ''): string {
    return this.ops(op, inputs, attrs, 1, domain)[0]!;
  }

  /** Adds an operator with several outputs, unless the same has been added before. */
  ops(op: string, inputs: string[], attrs: OnnxAttributes, outputCount: number, domain = ''): string[] {
    const key = JSON.stringify([op, domain, inputs, attrs, outputCount]);
    const known = this.emitted.get(key);
    if (known) return known;
    const outputs = Array.from({ length: outputCount }, () => this.fresh());
    this.nodes.push({ op, domain, inputs, outputs, attrs });
    this.emitted.set(key, outputs);
    return outputs;
  }

  reshape(name: string, dims: readonly number[]): string {
    return this.op('Reshape', [name, this.ints(dims)]);
  }

  transpose(name: string, perm: readonly number[]): string {
    return this.op('Transpose', [name], { perm });
  }

  cast(name: string, type: keyof typeof ONNX_TYPE): string {
    return this.op('Cast', [name], { to: ONNX_TYPE[type] });
  }

  slice(name: string, starts: readonly number[], ends: readonly number[], axes: readonly number[], steps: readonly number[]): string {
    return this.op('Slice', [name, this.ints(starts), this.ints(ends), this.ints(axes), this.ints(steps)]);
  }

  /** An int64 vector, as shapes and axes are given. */
  ints(values: readonly number[]): string {
    return this.share(`i${values.join()}`, () => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) }));
  }

  scalar(value: number, dtype: DType = 'float32'): string {
    return this.share(`${dtype}${Object.is(value, -0) ? '-0' : value}`, () => {
      const data = dtype === 'float32' ? Float32Array.of(value) : dtype === 'int32' ? Int32Array.of(value) : Uint8Array.of(value);
      return { type: dtype, dims: [], data };
    });
  }

  tensor(tensor: OnnxTensor): string {
    const name = this.fresh();
    this.initializers.set(name, tensor);
    return name;
  }

  /** Declares the graph's inputs before its nodes are lowered. */
  begin(graph: Graph): void {
    for (const [name, value] of graph.inputs) this.set(value, inputName(name));
  }

  /** The finished model, without operators that no output needs. */
  finish(graph: Graph): OnnxModel {
    for (const [name, value] of graph.outputs) this.output(this.get(value), outputName(name));
    const needed = new Set([...graph.outputs.keys()].map(outputName));
    const nodes: OnnxNode[] = [];
    for (const node of this.nodes.reverse()) {
      if (!node.outputs.some((output) => needed.has(output))) continue;
      nodes.push(node);
      for (const input of node.inputs) needed.add(input);
    }
    return {
      nodes: nodes.reverse(),
      initializers: new Map([...this.initializers].filter(([name]) => needed.has(name))),
      inputs: [...graph.inputs].map(([name, value]) => ({ name: inputName(name), type: value.dtype, dims: value.shape })),
      outputs: [...graph.outputs].map(([name, value]) => ({ name: outputName(name), type: value.dtype, dims: value.shape })),
    };
  }

  /** Gives an operator's result the name of an output; what has a name already, or is no operator's result, is copied. */
  private output(name: string, as: string): void {
    const rename = (names: string[]) => names.forEach((n, i) => n === name && (names[i] = as));
    if (/^v\d+$/.test(name) && !this.initializers.has(name)) for (const node of this.nodes) [node.inputs, node.outputs].forEach(rename);
    else this.nodes.push({ op: 'Identity', domain: '', inputs: [name], outputs: [as], attrs: {} });
    for (const forms of this.forms.values())
      for (const layout of Object.keys(forms) as Layout[]) if (forms[layout] === name) forms[layout] = as;
  }

  private fresh(): string {
    return `v${this.count++}`;
  }

  private share(key: string, make: () => OnnxTensor): string {
    let name = this.shared.get(key);
    if (name === undefined) this.shared.set(key, (name = this.tensor(make())));
    return name;
  }

  private constantIn(value: Value, layout: Layout): string {
    if (value.rank === 0) return this.scalar(value.data[0]!, value.dtype);
    return this.tensor({
      type: value.dtype,
      dims: physicalShape(value.shape, layout, this.block),
      data: rearrange(value, layout, this.block),
    });
  }

  private convert(value: Value, from: Layout, to: Layout): string {
    const name = this.get(value, from);
    const [n, h, w, c] = fourOf(value.shape);
    // With one pixel, or one channel, layouts may differ in their declared shapes only.
    const sameMemory =
      from === 'blocked' || to === 'blocked' ? this.blocksMatch(value, from === 'plain' || to === 'plain') : c === 1 || h * w === 1;
    if (sameMemory) return from === 'plain' || to === 'plain' ? this.reshape(name, physicalShape(value.shape, to, this.block)) : name;
    if (from === 'plain' && to === 'nchw') return this.transpose(name, [0, 3, 1, 2]);
    if (from === 'nchw' && to === 'plain') return this.transpose(name, [0, 2, 3, 1]);
    if (sizeOf([n, h, w, c]) === 0) return name;
    return this.reorder(name, value, from, to);
  }

  /** Whether blocks lie in memory as the other layout has them: with one pixel, and with one block as channels come last. */
  private blocksMatch({ shape }: Value, channelsLast: boolean): boolean {
    const [, h, w, c] = fourOf(shape);
    return (h * w === 1 && c % this.block === 0) || (channelsLast && c === this.block);
  }

  /** To or from blocks; onnxruntime reorders float32 only. */
  private reorder(name: string, value: Value, from: Layout, to: Layout): string {
    const floats = value.dtype === 'float32' ? name : this.cast(name, 'float32');
    const channelsLast = Number(from === 'plain' || to === 'plain');
    const moved =
      to === 'blocked'
        ? this.op('ReorderInput', [floats], { channels_last: channelsLast }, NCHWC)
        : this.op('ReorderOutput', [floats], { channels: value.shape[3]!, channels_last: channelsLast }, NCHWC);
    return value.dtype === 'float32' ? moved : this.cast(moved, value.dtype);
  }
}
