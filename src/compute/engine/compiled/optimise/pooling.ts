/** Rules for pooling that only picks pixels: windows of one pixel, as shortcuts of residual networks have them. @module */
import { windowOf } from '../lowerings/pooling-window.js';
import type { Rule, RuleTable } from './rewrite.js';

/** The gradient of picking every s-th pixel puts zeros between. */
const gradientOfPicking: Rule = (node, graph) => {
  const { dy, input } = node.inputs;
  const { size, strides, pads } = windowOf(input!.shape, node.attrs);
  if ([...size, ...pads].join() !== '1,1,0,0,0,0') return undefined;
  return graph.op('Interleave', { '0,0': dy! }, { strides, shape: input!.shape });
};

export const pooling: RuleTable = { MaxPoolGrad: [gradientOfPicking] };
