/** `Interleave`: puts images together from their phases, the opposite of subsampling. Made by the optimizer for gradients of strided convolutions. @module */
import { fourOf } from '../layout.js';
import { Operation, spec } from '../operation.js';
import type { Emitter } from '../emitter.js';
import type { Value } from '../graph.js';

/** Attributes: `strides` and the result's `shape`. Input 'r,c' holds the pixels at rows ≡ r, columns ≡ c; a phase that is absent is zero. */
export type InterleaveAttributes = {
  readonly strides: readonly [number, number];
  readonly shape: readonly number[];
};

export const Interleave = new Operation<InterleaveAttributes>('Interleave', {
  infer: (_inputs, { shape }) => spec(shape),
  lower: (node, e) => {
    const { strides, shape } = node.attrs;
    const phases = Object.values(node.inputs);
    const blocked = e.layoutOf(phases[0]!) === 'blocked';
    const layout = blocked ? 'blocked' : 'plain';
    const [n, h, w, c] = fourOf(shape);
    // In both layouts a pixel's (or a block's) channels are contiguous, so that phases meet in whole runs of `run` floats.
    const run = blocked ? e.block : c;
    const images = blocked ? n * Math.ceil(c / run) : n;
    const [, rows, columns] = fourOf(phases[0]!.shape);
    const lines = Array.from({ length: strides[0] }, (_, r) => {
      const cells = Array.from({ length: strides[1] }, (_, k) => node.inputs[`${r},${k}`]);
      return weave(cells, (value) => e.get(value, layout), [images * rows * columns, run], e);
    });
    const whole = weave(lines, (name) => name, [images * rows, columns * strides[1] * run], e)!;
    const full = [images, rows * strides[0], columns * strides[1], run];
    const exact = full[1] === h && full[2] === w;
    const cropped = exact ? whole : e.slice(e.reshape(whole, full), [0, 0], [h, w], [1, 2], [1, 1]);
    e.set(node.outputs[0]!, e.reshape(cropped, blocked ? [n, (images * run) / n, h, w] : shape), layout);
  },
});

/** Rows of the parts in turn: part 0 row 0, part 1 row 0, ..., part 0 row 1, ... Absent parts are zero. */
function weave<T extends Value | string>(
  parts: readonly (T | undefined)[],
  nameOf: (part: T) => string,
  [count, run]: readonly [number, number],
  e: Emitter,
): string | undefined {
  if (parts.every((part) => part === undefined)) return undefined;
  if (parts.length === 1) return nameOf(parts[0]!);
  if (parts.slice(1).every((part) => part === undefined)) {
    return e.op('Pad', [e.reshape(nameOf(parts[0]!), [count, run]), e.ints([0, 0, 0, run * (parts.length - 1)])]);
  }
  const zeros = () => e.op('Expand', [e.scalar(0), e.ints([count, 1, run])]);
  return e.op(
    'Concat',
    parts.map((part) => (part === undefined ? zeros() : e.reshape(nameOf(part), [count, 1, run]))),
    { axis: 1 },
  );
}
