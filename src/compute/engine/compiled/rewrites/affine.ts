/** Rules that make `Affine`, x · s + t with one number a channel, of batch norm that no convolution takes in, and that join it with what is around it. @module */
import { normalizeAxes, sameShape } from '../operation.js';
import { Affine } from '../operations/affine.js';
import { Add, Multiply, Neg, Sub } from '../operations/elementwise.js';
import { Mean, type ReductionAttributes, Sum } from '../operations/reductions.js';
import { Reshape } from '../operations/shapes.js';
import type { Kernel, Value } from '../graph.js';
import { call, eitherWay, only, value } from './pattern.js';
import { type Rule, rule } from './rule.js';
import { asVector, isOpen, isPerChannel, outputOf } from './values.js';

/** Whether x is to be changed by one number a channel, not by one number for all. */
function changesChannels(x: Value, by: Value): boolean {
  return x.rank === 4 && !x.isConstant && by.size > 1 && isPerChannel(by, x);
}

const scale = rule({
  name: 'scale as affine',
  law: 'x · s = affine(x, s)',
  pattern: eitherWay(Multiply, value('x'), value('scale')),
  condition: ({ x, scale }) => changesChannels(x, scale),
  replacement: ({ x, scale }, graph) => graph.op(Affine, { x, scale: asVector(scale, graph) }, {}),
});

const shiftIntoAffine = rule({
  name: 'shift into affine',
  law: 'affine(x, s) + t = affine(x, s, t)',
  pattern: eitherWay(Add, only(call(Affine, {}, 'affine')), value('shift')),
  condition: ({ affine, shift }) =>
    isOpen(affine) && !affine.inputs.shift && !affine.inputs.sum && changesChannels(outputOf(affine), shift),
  replacement: ({ affine, shift }, graph) => graph.op(Affine, { ...affine.inputs, shift: asVector(shift, graph) }, {}),
});

const shift = rule({
  name: 'shift as affine',
  law: 'x + t = affine(x, 1, t)',
  pattern: eitherWay(Add, value('x'), value('shift')),
  condition: ({ x, shift }) => changesChannels(x, shift),
  replacement: ({ x, shift }, graph) => graph.op(Affine, { x, shift: asVector(shift, graph) }, {}),
});

const sumIntoAffine = rule({
  name: 'sum into affine',
  law: 'affine(x, s, t) + y = affine(x, s, t, y)',
  pattern: eitherWay(Add, only(call(Affine, {}, 'affine')), value('other')),
  condition: ({ affine, other }) =>
    isOpen(affine) && !affine.inputs.sum && !other.isConstant && sameShape(other.shape, outputOf(affine).shape),
  replacement: ({ affine, other }, graph) => graph.again(affine, { ...affine.inputs, sum: other }),
});

/** Other rules know sums alone. */
const subtractVector = rule({
  name: 'subtract vector',
  law: 'x - t = x + (-t)',
  pattern: call(Sub, { a: value('x'), b: value('vector') }),
  condition: ({ x, vector }) => changesChannels(x, vector),
  replacement: ({ x, vector }, graph) => graph.op(Add, { a: x, b: graph.op(Neg, { x: vector }) }),
});

/** Two passes over x are one. What is added to the inner one stays as it is only where the outer one scales nothing. */
const composeAffine = rule({
  name: 'compose affine',
  law: '(x · s + t) · u + v = x · (s · u) + (t · u + v)',
  pattern: call(Affine, { x: call(Affine, {}, 'inner') }, 'outer'),
  condition({ inner, outer }, graph) {
    const { scale, sum } = outer.inputs;
    return isOpen(inner) && !(inner.inputs.sum && (scale || sum || graph.uses(outputOf(inner)) > 1));
  },
  replacement({ inner, outer }, graph) {
    const { scale: s, shift: t } = inner.inputs;
    const { scale: u, shift: v } = outer.inputs;
    const times = (a: Value | undefined, b: Value | undefined) => (a && b ? graph.op(Multiply, { a, b }) : (a ?? b));
    const plus = (a: Value | undefined, b: Value | undefined) => (a && b ? graph.op(Add, { a, b }) : (a ?? b));
    const scale = times(s, u);
    const shift = plus(t && times(t, u), v);
    const composed = { ...(scale && { scale }), ...(shift && { shift }) };
    return graph.again(outer, { ...inner.inputs, ...outer.inputs, ...composed, x: inner.inputs.x! });
  },
});

/** The mean (or sum) over all pixels of batch norm's result, from that of its input. */
function reduceBeforeAffine(kernel: Kernel<ReductionAttributes>, law: string): Rule {
  return rule({
    name: `${kernel.name} before affine`,
    law,
    pattern: call(kernel, { x: call(Affine, { x: value('x') }, 'affine') }, 'node'),
    condition: ({ affine, node }) => isOpen(affine) && !affine.inputs.sum && normalizeAxes(node.attrs.axis, 4).join() === '0,1,2',
    replacement({ x, affine, node }, graph) {
      const { scale, shift } = affine.inputs;
      const mean = graph.op(Mean, { x }, { axis: [0, 1, 2], keepDims: false });
      const scaled = scale ? graph.op(Multiply, { a: mean, b: scale }) : mean;
      const shifted = shift ? graph.op(Add, { a: scaled, b: shift }) : scaled;
      const total = kernel === Sum ? graph.op(Multiply, { a: shifted, b: graph.constant(x.size / mean.size, []) }) : shifted;
      return graph.op(Reshape, { x: total }, { shape: outputOf(node).shape });
    },
  });
}

export const affine: readonly Rule[] = [
  shiftIntoAffine,
  shift,
  sumIntoAffine,
  composeAffine,
  reduceBeforeAffine(Mean, 'mean(x · s + t) = mean(x) · s + t, over all pixels'),
  reduceBeforeAffine(Sum, 'Σ (x · s + t) = n · (mean(x) · s + t), over all n pixels'),
  scale,
  subtractVector,
];
