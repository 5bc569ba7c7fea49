/** `Affine`: x · scale + shift with one number a channel, plus `sum`, then an activation: batch norm that no convolution takes in. Made by the optimizer. @module */
import { NCHWC } from '../onnx.js';
import { Operation, spec } from '../operation.js';
import { emitActivation, onnxActivation, paddedVector, type Activation } from './convolutions.js';
import type { Emitter } from '../emitter.js';
import type { Node } from '../graph.js';

export type AffineAttributes = {
  /** Applied last, in the same pass. */
  readonly activation?: Activation;
};

function lower(node: Node<AffineAttributes>, e: Emitter): void {
  const x = node.inputs.x!;
  if (e.layoutOf(x) === 'blocked') lowerBlocked(node, e);
  else lowerByBroadcast(node, e);
}

/** In blocks, channels are on no axis of their own: a depthwise 1 × 1 convolution does it in one pass. */
function lowerBlocked(node: Node<AffineAttributes>, e: Emitter): void {
  const { x, scale, shift, sum } = node.inputs;
  const channels = x!.shape[3]!;
  const padded = Math.ceil(channels / e.block) * e.block;
  const weights = scale
    ? filterOf(node, e)
    : e.tensor({ type: 'float32', dims: [padded, 1, 1, 1], data: new Float32Array(padded).fill(1) });
  const inputs = [e.get(x!, 'blocked'), weights, shift ? paddedVector(shift, e) : '', sum ? e.get(sum, 'blocked') : ''];
  while (inputs[inputs.length - 1] === '') inputs.pop();
  const attrs = { kernel_shape: [1, 1], group: padded, ...onnxActivation(node.attrs.activation) };
  e.set(node.outputs[0]!, e.op('Conv', inputs, attrs, NCHWC), 'blocked');
}

function filterOf(node: Node, e: Emitter): string {
  return e.reshape(paddedVector(node.inputs.scale!, e), [-1, 1, 1, 1]);
}

function lowerByBroadcast(node: Node<AffineAttributes>, e: Emitter): void {
  const { x, scale, shift, sum } = node.inputs;
  const layout = e.layoutOf(x!);
  const shaped = (name: string) => (layout === 'nchw' ? e.reshape(name, [1, x!.shape[3]!, 1, 1]) : name);
  let name = e.get(x!, layout);
  if (scale) name = e.op('Mul', [name, shaped(e.get(scale))]);
  if (shift) name = e.op('Add', [name, shaped(e.get(shift))]);
  if (sum) name = e.op('Add', [name, e.get(sum, layout)]);
  const { activation } = node.attrs;
  e.set(node.outputs[0]!, activation ? emitActivation(name, activation, e) : name, layout);
}

/** Inputs: `x`, and of `scale` [channels], `shift` [channels] and `sum` (as `x`) those that there are. */
export const Affine = new Operation<AffineAttributes>('Affine', { infer: ({ x }) => spec(x!.shape), lower });
