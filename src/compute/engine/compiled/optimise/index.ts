/** The optimizer: from the recorded kernels to the graph that is lowered. @module */
import { loweringOf } from '../registry.js';
import { activations } from './activations.js';
import { algebra } from './algebra.js';
import { convolutions } from './convolutions.js';
import { fusion } from './fusion.js';
import { inputGradients } from './input-gradients.js';
import { pooling } from './pooling.js';
import { mergeRules, rewrite } from './rewrite.js';
import type { Target } from '../emitter.js';
import type { Graph, Value } from '../graph.js';

const simplify = mergeRules(algebra, activations, convolutions, pooling);
const reform = mergeRules(algebra, inputGradients);
const join = mergeRules(algebra, fusion);

/** Rewrites the graph in place. Order matters: factors are taken into filters before filters are turned and split, and fusion comes last. */
export function optimize(graph: Graph, target: Target): void {
  expand(graph);
  rewrite(graph, simplify, target);
  rewrite(graph, reform, target);
  rewrite(graph, join, target);
}

/** Replaces composite kernels by simpler ones, which may be composite again. */
function expand(graph: Graph): void {
  for (let again = true; again;) {
    again = false;
    for (const node of graph.sorted()) {
      const replacement = loweringOf(node.kernel).expand?.(node, graph);
      if (!replacement) continue;
      again = true;
      const values = [replacement].flat() as Value[];
      node.outputs.forEach((output, i) => graph.replace(output, values[i]!));
    }
  }
}
