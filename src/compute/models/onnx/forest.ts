/** Tree ensembles of `ai.onnx.ml` as arrays over all nodes of all trees. @module */
import { ComputeError } from '../../errors.js';
import type { Attributes } from '../dataflow/attributes.js';

export const COMPARISONS = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ'] as const;

export type Comparison = (typeof COMPARISONS)[number];

/** Leaves lead to themselves. */
export interface Forest {
  /** Position of the first node of each tree. */
  readonly roots: readonly number[];
  /** Most comparisons on the way to a leaf. */
  readonly depth: number;
  readonly isLeaf: readonly boolean[];
  readonly feature: readonly number[];
  readonly threshold: Float32Array;
  readonly comparison: readonly Comparison[];
  /** Position of the node that follows where the comparison holds, and where not. */
  readonly onTrue: readonly number[];
  readonly onFalse: readonly number[];
  /** Scores that are summed: one for two classes may be that of the second alone. */
  readonly targets: number;
  /** `[nodes, targets]`; zeros but for leaves. */
  readonly values: Float32Array;
  /** Whether no value is below 0, so that one score of two classes is a probability. */
  readonly arePositive: boolean;
  readonly base: readonly number[];
  readonly aggregate: 'SUM' | 'AVERAGE';
}

/** @param prefix of the attributes of leaves' values. @throws ComputeError INVALID_MODEL or UNSUPPORTED_OPERATION. */
export function readForest(attributes: Attributes, prefix: 'class' | 'target'): Forest {
  const treeIds = attributes.numbers('nodes_treeids');
  const nodeIds = attributes.numbers('nodes_nodeids');
  const modes = attributes.strings('nodes_modes');
  const key = (tree: number, node: number) => `${tree}/${node}`;
  const positions = new Map(treeIds.map((tree, i) => [key(tree, nodeIds[i]!), i]));
  const find = (tree: number, node: number) => {
    const position = positions.get(key(tree, node));
    if (position === undefined) throw new ComputeError('INVALID_MODEL', `node ${node} of tree ${tree} is missing`);
    return position;
  };
  const isLeaf = modes.map((mode) => mode === 'LEAF');
  const next = (name: string) => {
    const ids = attributes.numbers(name);
    return treeIds.map((tree, i) => (isLeaf[i] ? i : find(tree, ids[i]!)));
  };
  const [onTrue, onFalse] = [next('nodes_truenodeids'), next('nodes_falsenodeids')];
  const roots = treeIds.flatMap((tree, i) => (treeIds.indexOf(tree) === i ? [i] : []));
  const targets = targetsOf(attributes, prefix);
  const weights = attributes.numbers(`${prefix}_weights`);
  const base = attributes.numbers('base_values', []);
  return {
    roots,
    depth: Math.max(...roots.map((root) => depthOf(root, onTrue, onFalse, isLeaf))),
    isLeaf,
    feature: attributes.numbers('nodes_featureids'),
    threshold: Float32Array.from(attributes.numbers('nodes_values')),
    comparison: modes.map(comparisonOf),
    onTrue,
    onFalse,
    targets,
    values: leafValues(attributes, prefix, targets, treeIds.length, find),
    arePositive: weights.every((weight) => weight >= 0),
    base: Array.from({ length: targets }, (_, i) => (base.length > targets ? base[base.length - 1]! : (base[i] ?? 0))),
    aggregate: aggregateOf(attributes),
  };
}

function comparisonOf(mode: string): Comparison {
  if (mode === 'LEAF') return 'BRANCH_LEQ';
  const known = COMPARISONS.find((comparison) => comparison === mode);
  if (known) return known;
  throw new ComputeError('UNSUPPORTED_OPERATION', `nodes of mode ${mode} are not supported`);
}

function aggregateOf(attributes: Attributes): Forest['aggregate'] {
  const aggregate = attributes.string('aggregate_function', 'SUM');
  if (aggregate === 'SUM' || aggregate === 'AVERAGE') return aggregate;
  throw new ComputeError('UNSUPPORTED_OPERATION', `trees that are combined by their ${aggregate} are not supported`);
}

/** Two classes have one score where all leaves give it to one of them. */
function targetsOf(attributes: Attributes, prefix: 'class' | 'target'): number {
  if (prefix === 'target') return attributes.number('n_targets', 1);
  const labels = attributes.has('classlabels_int64s')
    ? attributes.numbers('classlabels_int64s')
    : attributes.strings('classlabels_strings');
  return labels.length === 2 && new Set(attributes.numbers('class_ids')).size === 1 ? 1 : labels.length;
}

function leafValues(
  attributes: Attributes,
  prefix: string,
  targets: number,
  nodes: number,
  find: (tree: number, node: number) => number,
): Float32Array {
  const values = new Float32Array(nodes * targets);
  const ids = attributes.numbers(`${prefix}_ids`);
  const [trees, nodeIds] = [attributes.numbers(`${prefix}_treeids`), attributes.numbers(`${prefix}_nodeids`)];
  for (const [i, weight] of attributes.numbers(`${prefix}_weights`).entries()) {
    const target = targets === 1 ? 0 : ids[i]!;
    if (target >= targets) throw new ComputeError('INVALID_MODEL', `a leaf gives its value to class ${target} of ${targets}`);
    values[find(trees[i]!, nodeIds[i]!) * targets + target]! += weight;
  }
  return values;
}

/** @throws ComputeError INVALID_MODEL where a tree has a circle. */
function depthOf(root: number, onTrue: readonly number[], onFalse: readonly number[], isLeaf: readonly boolean[]): number {
  let level = [root];
  for (let depth = 0; depth <= isLeaf.length; depth++) {
    level = level.filter((node) => !isLeaf[node]).flatMap((node) => [onTrue[node]!, onFalse[node]!]);
    if (level.length === 0) return depth;
    if (level.length > 2 * isLeaf.length) break;
  }
  throw new ComputeError('INVALID_MODEL', 'a tree leads back to a node above');
}
