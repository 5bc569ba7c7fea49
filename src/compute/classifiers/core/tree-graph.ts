/** Trees as one operator of `ai.onnx.ml`. @module */
import type { OnnxGraph } from './onnx-graph.js';
import { isLeaf, type Leaf, type Tree } from './tree.js';

export interface WeightedTree {
  readonly tree: Tree;
  /** What a leaf adds to the scores of classes. */
  valuesOf(leaf: Leaf): readonly (readonly [classIndex: number, value: number])[];
}

/** The sum of all trees, and of `base`. @param transform of the sum. */
export function treeGraph(
  trees: readonly WeightedTree[],
  classes: number,
  { base, transform = 'NONE' }: { base?: readonly number[]; transform?: 'NONE' | 'SOFTMAX' | 'LOGISTIC' } = {},
): OnnxGraph {
  const columns = {
    treeIds: [] as number[],
    nodeIds: [] as number[],
    modes: [] as string[],
    features: [] as number[],
    thresholds: [] as number[],
    onTrue: [] as number[],
    onFalse: [] as number[],
    leafTrees: [] as number[],
    leafNodes: [] as number[],
    leafClasses: [] as number[],
    leafValues: [] as number[],
  };
  for (const [id, { tree, valuesOf }] of trees.entries()) {
    let next = 0;
    const write = (node: Tree): number => {
      const own = next++;
      const row = columns.treeIds.length;
      columns.treeIds.push(id);
      columns.nodeIds.push(own);
      columns.modes.push(isLeaf(node) ? 'LEAF' : 'BRANCH_LEQ');
      columns.features.push(isLeaf(node) ? 0 : node.pixel);
      columns.thresholds.push(isLeaf(node) ? 0 : node.threshold);
      columns.onTrue.push(0);
      columns.onFalse.push(0);
      if (isLeaf(node)) {
        for (const [classIndex, value] of valuesOf(node)) {
          columns.leafTrees.push(id);
          columns.leafNodes.push(own);
          columns.leafClasses.push(classIndex);
          columns.leafValues.push(value);
        }
      } else {
        columns.onTrue[row] = write(node.low);
        columns.onFalse[row] = write(node.high);
      }
      return own;
    };
    write(tree);
  }
  return {
    nodes: [
      {
        operator: 'TreeEnsembleClassifier',
        domain: 'ai.onnx.ml',
        inputs: ['pixels'],
        outputs: ['label', 'scores'],
        attributes: {
          classlabels_int64s: { ints: Array.from({ length: classes }, (_, k) => k) },
          nodes_treeids: { ints: columns.treeIds },
          nodes_nodeids: { ints: columns.nodeIds },
          nodes_modes: columns.modes,
          nodes_featureids: { ints: columns.features },
          nodes_values: { floats: columns.thresholds },
          nodes_truenodeids: { ints: columns.onTrue },
          nodes_falsenodeids: { ints: columns.onFalse },
          class_treeids: { ints: columns.leafTrees },
          class_nodeids: { ints: columns.leafNodes },
          class_ids: { ints: columns.leafClasses },
          class_weights: { floats: columns.leafValues },
          post_transform: transform,
          ...(base ? { base_values: { floats: base } } : {}),
        },
      },
    ],
    weights: {},
  };
}

/** Shares of classes among a leaf's examples, times a weight. Every class has one, so that no two of them have a common score. */
export function sharesOf(labels: Int32Array, classes: number, weight = 1): WeightedTree['valuesOf'] {
  return ({ examples }) => {
    const counts = new Array<number>(classes).fill(0);
    for (const example of examples) counts[labels[example]!]!++;
    return counts.map((count, k) => [k, (weight * count) / examples.length] as const);
  };
}
