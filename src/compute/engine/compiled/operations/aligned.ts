/** Elementwise kernels keep the layout of their operands: which layout that is, and operands brought into it. @module */
import { NCHWC } from '../onnx.js';
import type { Emitter } from '../emitter.js';
import type { Node, Value } from '../graph.js';
import type { Layout } from '../layout.js';
import { sameShape } from '../operation.js';

/**
 * Emits a node that computes each element of its output from the elements of its operands at the same place.
 * @param build the operators, given the operands' names.
 * @param zeroSafe false where the result may be infinite or NaN for zero operands, which must not get into the padding of a block.
 */
export function emitAligned(node: Node, e: Emitter, build: (names: string[]) => string, zeroSafe = true): void {
  const output = node.outputs[0]!;
  const operands = Object.values(node.inputs);
  const layout = commonLayout(output, operands, e, zeroSafe);
  const names = operands.map((operand) => operandIn(operand, output, layout, e));
  if (layout === 'plain' && isSlowWithScalars(output, operands)) {
    const flat = names.map((name, i) => (operands[i]!.size === 1 ? name : e.reshape(name, [output.size])));
    e.set(output, e.reshape(build(flat), output.shape));
  } else {
    e.set(output, build(names), layout);
  }
}

/** Beside a scalar, onnxruntime takes a value whose last axis has length 1 (grey images) element by element. */
function isSlowWithScalars(output: Value, operands: readonly Value[]): boolean {
  const isScalar = (operand: Value) => operand.rank === 0;
  return (
    output.rank > 1 &&
    output.shape[output.rank - 1] === 1 &&
    output.size > 1 &&
    operands.some(isScalar) &&
    operands.every((operand) => isScalar(operand) || sameShape(operand.shape, output.shape))
  );
}

function commonLayout(output: Value, operands: readonly Value[], e: Emitter, zeroSafe: boolean): Layout {
  if (output.rank !== 4) return 'plain';
  const full = operands.filter((operand) => !operand.isConstant && sameShape(operand.shape, output.shape));
  const layouts = new Set(full.map((operand) => e.layoutOf(operand)));
  const partial = operands.filter((operand) => operand.size !== 1 && !sameShape(operand.shape, output.shape));
  const channels = output.shape[3]!;
  const blocked =
    layouts.has('blocked') && (zeroSafe || channels % e.block === 0) && partial.every((operand) => isPerImageChannel(operand, output));
  if (blocked) return 'blocked';
  if (!layouts.has('nchw') && !layouts.has('blocked')) return 'plain';
  // Few channels are images or their gradients: what meets a plain value there usually leaves the graph plain.
  return layouts.has('plain') && channels < 8 ? 'plain' : 'nchw';
}

/** `[batch, 1, 1, channels]`: repeated over the pixels by onnxruntime's blocked upsampling, which is for float32 alone. */
function isPerImageChannel(operand: Value, output: Value): boolean {
  const [n, , , c] = output.shape;
  return operand.dtype === 'float32' && sameShape(operand.shape, [n!, 1, 1, c!]);
}

function operandIn(operand: Value, output: Value, layout: Layout, e: Emitter): string {
  if (layout === 'plain' || sameShape(operand.shape, output.shape)) return e.get(operand, layout);
  if (operand.size === 1) return operand.isConstant ? e.scalar(operand.data[0]!, operand.dtype) : e.reshape(e.get(operand), []);
  if (layout === 'blocked') return repeatOverPixels(e.get(operand, 'blocked'), output, e);
  if (operand.rank === 4) return e.get(operand, 'nchw');
  const [a, b, c, d] = [1, 1, 1, 1, ...operand.shape].slice(-4) as [number, number, number, number];
  const grown = e.reshape(e.get(operand), [a, b, c, d]);
  return d === 1 ? e.transpose(grown, [0, 3, 1, 2]) : b * c === 1 ? e.reshape(grown, [a, d, b, c]) : e.transpose(grown, [0, 3, 1, 2]);
}

/** From `[batch, channels, 1, 1]` in blocks to the output's height and width. */
export function repeatOverPixels(blocked: string, output: Value, e: Emitter): string {
  return e.op('Upsample', [blocked], { scales: [1, 1, output.shape[1]!, output.shape[2]!], mode: 'nearest' }, NCHWC);
}
