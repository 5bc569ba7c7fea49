/** The optimizer: from the recorded kernels to the graph that is lowered. @module */
import type { Target } from '../emitter.js';
import type { Graph, Value } from '../graph.js';
import { operationOf } from '../registry.js';
import { type Applied, rewrite } from './driver.js';
import { passes } from './passes.js';

/** Told after each pass. @param applied undefined for expansion, which applies no rules. */
export type OnPass = (name: string, applied?: Applied) => void;

/** Rewrites the graph in place. */
export function optimize(graph: Graph, target: Target, onPass?: OnPass): void {
  expand(graph);
  onPass?.('expand');
  for (const { name, table } of passes) {
    const applied = rewrite(graph, table, target);
    onPass?.(name, applied);
  }
}

/** Replaces composite kernels by simpler ones, which may be composite again. */
function expand(graph: Graph): void {
  for (let again = true; again;) {
    again = false;
    for (const node of graph.sorted()) {
      const replacement = operationOf(node.kernel).expand?.(node, graph);
      if (!replacement) continue;
      again = true;
      const values: readonly Value[] = [replacement].flat();
      node.outputs.forEach((output, i) => graph.replace(output, values[i]!));
    }
  }
}
