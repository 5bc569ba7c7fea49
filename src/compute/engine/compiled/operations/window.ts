/** `Window`: 1 where 0 < y < limit, else 0: the derivative of a clipped activation, from its output `y`. Made by the optimizer for ReLU6. @module */
import { NCHWC } from '../onnx.js';
import { roundUp } from '../layout.js';
import { Operation, spec } from '../operation.js';
import { emitAligned } from './aligned.js';
import { STEEP } from './elementwise.js';
import type { Emitter } from '../emitter.js';
import type { Node } from '../graph.js';

export type WindowAttributes = { readonly limit: number };

function lower(node: Node<WindowAttributes>, e: Emitter): void {
  const y = node.inputs.x!;
  const { limit } = node.attrs;
  if (e.layoutOf(y) !== 'blocked') emitAligned(node, e, ([name]) => byTwoSteps(name!, limit, e));
  else e.set(node.outputs[0]!, byTent(e.get(y, 'blocked'), roundUp(y.shape[3]!, e.block), limit, e), 'blocked');
}

function byTwoSteps(y: string, limit: number, e: Emitter): string {
  const above = e.op('HardSigmoid', [y], { alpha: { float: STEEP }, beta: { float: 0 } });
  // 1e7 · limit is exact, and 1e7 times the gap between limit and the float below it is more than 1.
  const below = e.op('HardSigmoid', [y], { alpha: { float: -1e7 }, beta: { float: 1e7 * limit } });
  return e.op('Mul', [above, below]);
}

/**
 * The tent y - relu(2y - limit) is positive inside and exactly zero outside. Depthwise 1 × 1 convolutions multiply, add and apply an activation in
 * one pass, so that the mask takes two.
 */
function byTent(y: string, channels: number, limit: number, e: Emitter): string {
  const filled = (value: number, dims: number[]) => e.tensor({ type: 'float32', dims, data: new Float32Array(channels).fill(value) });
  const pass = (inputs: string[], activation: string, params: number[]) =>
    e.op('Conv', inputs, { kernel_shape: [1, 1], group: channels, activation, activation_params: { floats: params } }, NCHWC);
  const upper = pass([y, filled(2, [channels, 1, 1, 1]), filled(-limit, [channels])], 'Relu', []);
  return pass([y, filled(-1, [channels, 1, 1, 1]), '', upper], 'HardSigmoid', [-STEEP, 0]);
}

export const Window = new Operation<WindowAttributes>('Window', { infer: ({ x }) => spec(x!.shape), lower });
