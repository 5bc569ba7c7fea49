/** The driver of rewriting rules: applies them until none fits, folding constants and merging equal nodes on the way. @module */
import { canFold, fold } from '../fold.js';
import type { Target } from '../emitter.js';
import type { Graph, Node, Value } from '../graph.js';

/** Returns what replaces the node's outputs, or undefined where the rule does not apply. */
export type Rule = (node: Node, graph: Graph, target: Target) => Value | readonly Value[] | undefined;

/** Rules by the kernel they look at, tried in order. */
export type RuleTable = Readonly<Record<string, readonly Rule[]>>;

/** Several tables as one; rules of the same kernel keep their order. */
export function mergeRules(...tables: readonly RuleTable[]): RuleTable {
  const merged: Record<string, Rule[]> = {};
  for (const table of tables) for (const [kernel, rules] of Object.entries(table)) merged[kernel] = [...(merged[kernel] ?? []), ...rules];
  return merged;
}

/** Rounds of rewriting; rules make graphs smaller or more final, so few are needed, and the bound only guards against two rules that undo each other. */
const MAX_ROUNDS = 12;

export function rewrite(graph: Graph, rules: RuleTable, target: Target): void {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const merged = mergeEqual(graph);
    const changed = applyRules(graph, rules, target);
    if (!merged && !changed) return;
  }
}

function applyRules(graph: Graph, rules: RuleTable, target: Target): boolean {
  let changed = false;
  const queue = graph.prune();
  const queued = new Set(queue);
  for (let i = 0; i < queue.length; i++) {
    const node = queue[i]!;
    queued.delete(node);
    if (node.outputs.every((output) => graph.uses(output) === 0)) continue;
    const replacement = canFold(node) ? fold(graph, node) : applyFirst(rules[node.kernel] ?? [], node, graph, target);
    if (!replacement) continue;
    changed = true;
    node.outputs.forEach((output, k) => {
      const by = replacement[k]!;
      for (const reader of [...(by.producer ? [by.producer] : []), ...graph.replace(output, by)]) {
        if (queued.has(reader)) continue;
        queued.add(reader);
        queue.push(reader);
      }
    });
    graph.detach(node);
  }
  return changed;
}

function applyFirst(rules: readonly Rule[], node: Node, graph: Graph, target: Target): readonly Value[] | undefined {
  for (const rule of rules) {
    const replacement = rule(node, graph, target);
    if (replacement) return [replacement].flat() as Value[];
  }
  return undefined;
}

/** Common subexpressions: of nodes with the same kernel, attributes and inputs the first stays. */
function mergeEqual(graph: Graph): boolean {
  const seen = new Map<string, Node>();
  const scalars = new Map<string, Value>();
  let changed = false;
  for (const node of graph.prune()) {
    for (const [name, input] of Object.entries(node.inputs)) {
      if (!input.isConstant || input.rank !== 0) continue;
      const key = `${input.dtype} ${input.data[0]}`;
      const first = scalars.get(key) ?? input;
      scalars.set(key, first);
      node.inputs[name] = first;
      first.consumers.add(node);
    }
    const key = keyOf(node);
    const first = seen.get(key);
    if (!first) {
      seen.set(key, node);
      continue;
    }
    changed = true;
    node.outputs.forEach((output, i) => graph.replace(output, first.outputs[i]!));
    graph.detach(node);
  }
  return changed;
}

function keyOf(node: Node): string {
  const inputs = Object.entries(node.inputs).map(([name, value]) => `${name}=${value.id}`);
  return `${node.kernel}(${inputs.join()})${JSON.stringify(node.attrs, exactNumbers)}`;
}

/** JSON writes infinities and NaN as null, and -0 as 0. */
function exactNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)) ? `#${Object.is(value, -0) ? '-0' : value}` : value;
}
