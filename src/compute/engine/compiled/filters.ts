/** Convolution filters in the layouts that onnxruntime wants, at compile time for constants and by a transpose otherwise. @module */
import { fourOf, roundUp } from './layout.js';
import type { Emitter } from './emitter.js';
import type { Value } from './graph.js';

/** A filter [height, width, in, out] with its axes permuted: [3, 2, 0, 1] for `Conv` and `ConvTranspose`. */
export function plainFilter(filter: Value, perm: readonly number[], e: Emitter): string {
  if (!filter.isConstant) return e.transpose(e.get(filter), perm);
  const dims = perm.map((axis) => filter.shape[axis]!);
  return e.tensor({ type: 'float32', dims, data: permute(filter.data as Float32Array, filter.shape, perm) });
}

/**
 * A filter [height, width, in, out] in blocks: [out / b, in / b, height, width, b in, b out] where the input is in blocks too, else
 * (`direct`: an NCHW input, or depthwise) [out / b, in, height, width, b out]. Missing channels are zero.
 */
export function blockedFilter(filter: Value, direct: boolean, e: Emitter): string {
  const b = e.block;
  const [kh, kw, cin, cout] = fourOf(filter.shape);
  const outs = roundUp(cout, b);
  const ins = direct ? cin : roundUp(cin, b);
  const dims = [outs, ins, kh, kw];
  const split = direct ? [kh, kw, ins, outs / b, b] : [kh, kw, ins / b, b, outs / b, b];
  const perm = direct ? [3, 2, 0, 1, 4] : [4, 2, 0, 1, 3, 5];
  if (filter.isConstant) {
    const padded = padChannels(filter.data as Float32Array, kh * kw, cin, cout, ins, outs);
    return e.tensor({ type: 'float32', dims, data: permute(padded, split, perm) });
  }
  let name = e.get(filter);
  if (ins !== cin || outs !== cout) name = e.op('Pad', [name, e.ints([0, 0, 0, 0, 0, 0, ins - cin, outs - cout])]);
  return e.reshape(e.transpose(e.reshape(name, split), perm), dims);
}

function padChannels(data: Float32Array, taps: number, cin: number, cout: number, ins: number, outs: number): Float32Array {
  if (cin === ins && cout === outs) return data;
  const padded = new Float32Array(taps * ins * outs);
  for (let t = 0; t < taps; t++) {
    for (let i = 0; i < cin; i++) {
      const from = (t * cin + i) * cout;
      padded.set(data.subarray(from, from + cout), (t * ins + i) * outs);
    }
  }
  return padded;
}

/** Transposes an array of any rank. */
export function permute(data: Float32Array, shape: readonly number[], perm: readonly number[]): Float32Array {
  const strides = stridesOf(shape);
  return gather(
    data,
    perm.map((axis) => shape[axis]!),
    perm.map((axis) => strides[axis]!),
  );
}

/** Elements from one index to the next of each axis, row-major. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
}

/** Copies the elements at `base + Σ index · step`, for all indices below `dims`: transposes, slices and reversals are all of this form. */
export function gather(data: Float32Array, dims: readonly number[], steps: readonly number[], base = 0): Float32Array {
  const result = new Float32Array(dims.reduce((a, b) => a * b, 1));
  const index = dims.map(() => 0);
  const last = dims.length - 1;
  const inner = dims[last] ?? 1;
  const innerStep = steps[last] ?? 1;
  for (let at = 0; at < result.length;) {
    if (innerStep === 1) {
      result.set(data.subarray(base, base + inner), at);
      at += inner;
    } else {
      for (let i = 0, from = base; i < inner; i++, from += innerStep) result[at++] = data[from]!;
    }
    // Advance the outer indices like an odometer.
    for (let axis = last - 1; axis >= 0; axis--) {
      base += steps[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      base -= steps[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
