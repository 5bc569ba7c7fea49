/**
 * The optimizer's table of contents: what is done to a graph between tracing and lowering, in this order. Factors are taken into filters before filters are
 * turned and split, and fusion comes last. Each pass applies its rules until none fits.
 * @module
 */
import { activations } from './activations.js';
import { affine } from './affine.js';
import { algebra } from './algebra.js';
import { convolutions } from './convolutions.js';
import { fusion } from './fusion.js';
import { inputGradients } from './input-gradients.js';
import { movement } from './movement.js';
import { pooling } from './pooling.js';
import { ruleTable, type RuleTable } from './driver.js';
import type { Rule } from './rule.js';

export interface Pass {
  readonly name: string;
  /** Rules of one kernel are tried in this order. */
  readonly rules: readonly Rule[];
  readonly table: RuleTable;
}

function pass(name: string, ...groups: readonly (readonly Rule[])[]): Pass {
  const rules = groups.flat();
  return { name, rules, table: ruleTable(rules) };
}

/** After composite kernels have been replaced by the simpler ones of which they are made (`expand`). */
export const passes: readonly Pass[] = [
  pass('simplify', algebra, movement, activations, convolutions, pooling),
  pass('input gradients as convolutions', algebra, movement, inputGradients),
  pass('fuse', algebra, movement, fusion, affine),
];
