/** The gradient of maximum pooling of any window without the places of the maxima: one tap of the window after the other. @module */
import { fourOf } from '../layout.js';
import type { Emitter } from '../emitter.js';
import type { Node } from '../graph.js';
import type { Window } from './pooling-window.js';

/** Below every float32 that a network computes, and not infinite: padding that is never the maximum. */
const LOWEST = -3e38;

/** A tap's elements, one a window, are compared with the maxima; the first that is equal takes the window's gradient. */
export function lowerMaximaByTaps(node: Node, window: Window, e: Emitter): void {
  const { dy, input, output } = node.inputs;
  const [, h, w] = fourOf(input!.shape);
  const [top, left] = window.pads;
  const padded = paddedSize(window, h, w);
  const x = pad(e.get(input!, 'nchw'), [top, left, padded[0] - h - top, padded[1] - w - left], LOWEST, e);
  const maxima = e.get(output!, 'nchw');
  let rest = e.get(dy!, 'nchw');
  let sum: string | undefined;
  for (let tap = 0; tap < window.size[0] * window.size[1]; tap++) {
    const at = [Math.floor(tap / window.size[1]), tap % window.size[1]] as const;
    const isMaximum = e.cast(e.op('Equal', [elementsAt(x, at, window, e), maxima]), 'float32');
    const taken = e.op('Mul', [rest, isMaximum]);
    rest = e.op('Sub', [rest, taken]);
    const placed = placeAt(taken, at, padded, window, e);
    sum = sum === undefined ? placed : e.op('Add', [sum, placed]);
  }
  e.set(node.outputs[0]!, e.slice(sum!, [top, left], [top + h, left + w], [2, 3], [1, 1]), 'nchw');
}

/** Height and width that hold the image and all windows. */
function paddedSize({ size, strides, pads, outShape }: Window, h: number, w: number): readonly [number, number] {
  const reach = (axis: 0 | 1) => (outShape[axis + 1]! - 1) * strides[axis] + size[axis];
  return [Math.max(h + pads[0], reach(0)), Math.max(w + pads[1], reach(1))];
}

/** Pads height and width of an NCHW value. @param amounts top, left, bottom, right. */
function pad(name: string, [top, left, bottom, right]: readonly [number, number, number, number], value: number, e: Emitter): string {
  if (top + left + bottom + right === 0) return name;
  return e.op('Pad', [name, e.ints([0, 0, top, left, 0, 0, bottom, right]), e.scalar(value)]);
}

/** The element that each window has at a tap. */
function elementsAt(x: string, [i, j]: readonly [number, number], { strides, outShape }: Window, e: Emitter): string {
  const [, ho, wo] = fourOf(outShape);
  const ends = [i + (ho - 1) * strides[0] + 1, j + (wo - 1) * strides[1] + 1];
  return e.slice(x, [i, j], ends, [2, 3], strides);
}

/** The reverse of {@link elementsAt}: values at a tap of each window, zeros elsewhere. */
function placeAt(
  values: string,
  [i, j]: readonly [number, number],
  [height, width]: readonly [number, number],
  { strides, outShape }: Window,
  e: Emitter,
): string {
  const [n, ho, wo, c] = fourOf(outShape);
  const [sh, sw] = strides;
  const [tall, wide] = [(ho - 1) * sh + 1, (wo - 1) * sw + 1];
  let spread = values;
  if (sh * sw > 1) {
    const gaps = e.op('Pad', [e.reshape(values, [n * c, ho, 1, wo, 1]), e.ints([0, 0, 0, 0, 0, 0, 0, sh - 1, 0, sw - 1])]);
    spread = e.slice(e.reshape(gaps, [n, c, ho * sh, wo * sw]), [0, 0], [tall, wide], [2, 3], [1, 1]);
  }
  return pad(spread, [i, j, height - i - tall, width - j - wide], 0, e);
}
