/** Tests of rewriting rules: a graph before and after each, and one that it must leave alone. */
import { describe, expect, it } from 'vitest';
import { Graph, type Node, type Value } from '../../../src/compute/engine/compiled/graph.js';
import { rewrite, ruleTable } from '../../../src/compute/engine/compiled/rewrites/driver.js';
import type { Rule } from '../../../src/compute/engine/compiled/rewrites/rule.js';
import type { DType } from '../../../src/compute/tensors/types.js';

/** The smallest graph of its kind. */
export type Build = (g: GraphBuilder) => Value;

export interface RuleCase {
  readonly build: Build;
  /** As {@link textOf} writes it. */
  readonly before: string;
  readonly after: string;
  /** Nearly the same, and stays as it is. */
  readonly nearMiss: Build;
}

/** A graph with inputs and constants by their names. */
export class GraphBuilder extends Graph {
  readonly names = new Map<Value, string>();

  /** An input. */
  x(name: string, shape: readonly number[], dtype: DType = 'float32'): Value {
    const value = this.input(name, { shape, dtype });
    this.names.set(value, name);
    return value;
  }

  /** A constant of different numbers. */
  c(name: string, shape: readonly number[]): Value {
    const value = this.constant(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1),
      shape,
    );
    this.names.set(value, name);
    return value;
  }
}

const BLOCK_SIZE = 8;

/** One test a rule, and one that no rule lacks a case. @param cases by the name of the rule. */
export function testRules(rules: readonly Rule[], cases: Readonly<Record<string, RuleCase>>): void {
  it('every rule has a case', () => expect(Object.keys(cases).sort()).toEqual(rules.map(({ name }) => name).sort()));
  describe.each(rules.filter(({ name }) => name in cases))('the rule $name', (rule) => {
    const { build, before, after, nearMiss } = cases[rule.name]!;
    it(`fires: ${rule.law}`, () => {
      const graph = new GraphBuilder();
      graph.outputs.set('y', build(graph));
      const { shape, dtype } = graph.outputs.get('y')!;
      expect(textOf(graph)).toBe(before);
      expect(apply(rule, graph)).toBeGreaterThan(0);
      expect(textOf(graph)).toBe(after);
      expect(graph.outputs.get('y')).toMatchObject({ shape, dtype });
    });
    it('does not fire where its condition just fails', () => {
      const graph = new GraphBuilder();
      graph.outputs.set('y', nearMiss(graph));
      const text = textOf(graph);
      expect(apply(rule, graph)).toBe(0);
      expect(textOf(graph)).toBe(text);
    });
  });
}

/** @returns how often the rule fired. */
function apply(rule: Rule, graph: Graph): number {
  return rewrite(graph, ruleTable([rule]), { provider: 'cpu', blockSize: BLOCK_SIZE, threads: 1 }).rules.get(rule) ?? 0;
}

/** Attributes that do nothing, which texts leave out. */
const DEFAULTS = new Set(['strides=1,1', 'dilations=1,1', 'pads=0,0,0,0', 'groups=1', 'alpha=0', 'keepDims=false', 'constantValue=0']);

/** The graph's output as an expression: `Kernel(operand, name: operand; attribute=1,2)`. A constant that repeats a number is that number and its shape. */
function textOf(graph: GraphBuilder): string {
  const text = (value: Value): string => {
    if (value.producer) return textOfNode(value.producer);
    const shape = value.rank === 0 ? '' : `[${value.shape.join()}]`;
    return graph.names.get(value) ?? (value.uniform !== null ? `${value.uniform}${shape}` : `constant${shape}`);
  };
  const textOfNode = ({ kernel, inputs, attrs }: Node) => {
    const operands = Object.entries(inputs).map(([name, operand]) =>
      /^([abx]|\d+)$/.test(name) ? text(operand) : `${name}: ${text(operand)}`,
    );
    const settings = Object.entries(attrs)
      .map(
        ([name, setting]) =>
          `${name}=${typeof setting === 'object' && !Array.isArray(setting) ? JSON.stringify(setting) : String(setting)}`,
      )
      .filter((setting) => !DEFAULTS.has(setting) && !setting.endsWith('Mask=0'));
    return `${kernel}(${operands.join(', ')}${settings.length > 0 ? `; ${settings.join(' ')}` : ''})`;
  };
  return text([...graph.outputs.values()][0]!);
}
