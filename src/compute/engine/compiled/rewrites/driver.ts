/** The driver of rewriting rules: applies them until none fits, folding constants and merging equal nodes on the way. @module */
import { canFold, fold } from '../fold.js';
import type { Target } from '../emitter.js';
import type { Graph, Node, Value } from '../graph.js';
import type { Rule } from './rule.js';

/** Rules by the kernel at the root of their pattern, in the order in which they are tried. */
export type RuleTable = ReadonlyMap<string, readonly Rule[]>;

/** @param rules in the order in which they are tried. */
export function ruleTable(rules: readonly Rule[]): RuleTable {
  const table = new Map<string, Rule[]>();
  for (const rule of rules) for (const kernel of rule.pattern.kernels) table.set(kernel, [...(table.get(kernel) ?? []), rule]);
  return table;
}

/** What was done, and how often. */
export class Applied {
  /** Constants that were computed. */
  folded = 0;
  /** Nodes that another node made superfluous, which computes the same. */
  merged = 0;
  readonly rules = new Map<Rule, number>();

  count(rule: Rule): void {
    this.rules.set(rule, (this.rules.get(rule) ?? 0) + 1);
  }
}

/** Rounds of rewriting; rules make graphs smaller or more final, so few are needed, and the bound only guards against two rules that undo each other. */
const MAX_ROUNDS = 12;

/** The same guard within a round: how often, on average, each node is looked at. */
const MAX_VISITS = 50;

export function rewrite(graph: Graph, rules: RuleTable, target: Target): Applied {
  const applied = new Applied();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const merged = mergeEqual(graph, applied);
    const changed = applyRules(graph, rules, target, applied);
    if (!merged && !changed) break;
  }
  return applied;
}

function applyRules(graph: Graph, rules: RuleTable, target: Target, applied: Applied): boolean {
  let changed = false;
  const queue = graph.prune();
  const queued = new Set(queue);
  // Whatever was done so far, the graph computes the same.
  const most = MAX_VISITS * queue.length;
  for (let i = 0; i < Math.min(queue.length, most); i++) {
    const node = queue[i]!;
    queued.delete(node);
    if (node.outputs.every((output) => graph.uses(output) === 0)) continue;
    const replacement = replacementOf(node, graph, rules, target, applied);
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

/** What takes the place of a node's outputs: constants, or what the first rule that fits makes of it. */
function replacementOf(node: Node, graph: Graph, rules: RuleTable, target: Target, applied: Applied): readonly Value[] | undefined {
  if (canFold(node)) {
    applied.folded++;
    return fold(graph, node);
  }
  for (const rule of rules.get(node.kernel) ?? []) {
    const match = rule.pattern.matchNode(node, graph).find((found) => rule.condition?.(found, graph, target) ?? true);
    if (!match) continue;
    applied.count(rule);
    return [rule.replacement(match, graph, target)];
  }
  return undefined;
}

/** Common subexpressions: of nodes with the same kernel, attributes and inputs the first stays. */
function mergeEqual(graph: Graph, applied: Applied): boolean {
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
    applied.merged++;
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
