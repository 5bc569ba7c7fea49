/** A dense layer over any axes, by an equation of Einstein's summation. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import type { Attributes } from '../../dataflow/attributes.js';
import { einsum } from '../../dataflow/einsum.js';
import { computes, type LayerTable, optional, type Shape, weight } from '../layer.js';
import { activationOf } from './activations.js';

const ELLIPSIS = '...';

/** Sizes of the kernel, of the bias and of the output; null for a size that the input leaves open. */
interface Sizes {
  readonly kernel: readonly number[];
  readonly bias?: readonly number[];
  readonly output: Shape;
}

/** @throws ComputeError INVALID_MODEL where the equation does not say them. */
function sizesOf(settings: Attributes, input: Shape): Sizes {
  const equation = settings.string('equation').replaceAll(' ', '');
  const [, from, inner, to] = /^([a-zA-Z.]+),([a-zA-Z]+)->([a-zA-Z.]+)$/.exec(equation) ?? [];
  if (!from || !inner || !to) throw new ComputeError('INVALID_MODEL', `the equation ${equation} is not of the form "ab,bc->ac"`);
  const ofInput = axesOf(from, input.length);
  const ofOutput = axesOf(to, ofInput.length - from.replace(ELLIPSIS, '').length + to.replace(ELLIPSIS, '').length);
  const known = new Map(ofInput.map((label, i) => [label, input[i]!]));
  // Its sizes are without the batch; an ellipsis in front leaves out more.
  const given = settings.values['output_shape'];
  const sizes = typeof given === 'number' ? [given] : settings.numbers('output_shape');
  const fromEnd = to.startsWith(ELLIPSIS) || !to.includes(ELLIPSIS);
  const sizeOf = (label: string): number | null => {
    const inputSize = known.get(label);
    if (inputSize !== undefined) return inputSize;
    const at = ofOutput.indexOf(label);
    return (fromEnd ? sizes.at(at - ofOutput.length) : sizes[at - 1]) ?? null;
  };
  const defined = (label: string) => {
    const size = sizeOf(label);
    if (size !== null && size > 0) return size;
    throw new ComputeError('INVALID_MODEL', `the equation ${equation} leaves the size of ${label} open`);
  };
  const biasAxes = settings.string('bias_axes', '');
  const first = Math.min(...Array.from(biasAxes, (label) => ofOutput.indexOf(label)));
  if (first < 0) throw new ComputeError('INVALID_MODEL', `bias_axes are ${biasAxes}, not all in ${to}`);
  return {
    kernel: Array.from(inner, defined),
    bias: biasAxes === '' ? undefined : ofOutput.slice(first).map((label) => (biasAxes.includes(label) ? defined(label) : 1)),
    output: ofOutput.map(sizeOf),
  };
}

/** A label for each axis; those of an ellipsis are numbers. */
function axesOf(term: string, rank: number): string[] {
  const [before = '', after] = term.split(ELLIPSIS);
  if (after === undefined) return Array.from(before);
  return [...before, ...Array.from({ length: rank - before.length - after.length }, (_, i) => String(i)), ...after];
}

export const einsumDense: LayerTable = {
  EinsumDense: {
    weights(settings, input) {
      const { kernel, bias } = sizesOf(settings, input);
      return [weight('kernel', kernel), bias && weight('bias', bias)];
    },
    outputShape: (settings, [input]) => sizesOf(settings, input!).output,
    ...computes((call) => {
      const y = einsum(call.attributes.string('equation'), [call.input(0).plain, call.input(1).plain]);
      const bias = optional(call, 2);
      return activationOf(call.attributes)(bias ? tf.add(y, bias) : y);
    }),
  },
};
