/** Rules for pooling that only picks pixels: windows of one pixel, as shortcuts of residual networks have them. @module */
import { Interleave } from '../operations/interleave.js';
import { MaxPoolGrad } from '../operations/pooling.js';
import { windowOf } from '../operations/pooling-window.js';
import { call, value } from './pattern.js';
import { type Rule, rule } from './rule.js';

/** Picking every s-th pixel has a gradient with zeros between. */
const gradientOfPicking = rule({
  name: 'gradient of picking',
  law: "maxpool'(dy, x) = interleave(dy, 0, …), for windows of 1 × 1",
  pattern: call(MaxPoolGrad, { dy: value('dy'), input: value('x') }, 'node'),
  condition({ x, node }) {
    const { size, pads } = windowOf(x.shape, node.attrs);
    return size.every((n) => n === 1) && pads.every((n) => n === 0);
  },
  replacement: ({ dy, x, node }, graph) =>
    graph.op(Interleave, { '0,0': dy }, { strides: windowOf(x.shape, node.attrs).strides, shape: x.shape }),
});

export const pooling: readonly Rule[] = [gradientOfPicking];
