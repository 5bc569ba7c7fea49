/** A decision tree on the pixels of a data set, and the file that scikit-learn's converter would make of it: a model without any gradient. */
import type { Dataset } from '../../src/compute/data/types.js';
import { DataType, encode } from './onnx-files.js';

interface Leaf {
  /** Share of each class. */
  readonly shares: readonly number[];
}

interface Branch {
  readonly pixel: number;
  /** Where the pixel is at most a half, and where it is above. */
  readonly dark: Tree;
  readonly bright: Tree;
}

export type Tree = Leaf | Branch;

const CLASSES = 10;

/** Grown greedily on examples of the data set, by Gini impurity. */
export async function growTree(dataset: Dataset, examples: number, depth: number): Promise<Tree> {
  const { images, labels } = await dataset.read(0, examples);
  const size = images.length / labels.length;
  const isBright = (example: number, pixel: number) => images[example * size + pixel]! > 127;
  const countsOf = (members: readonly number[]) => {
    const counts = new Array<number>(CLASSES).fill(0);
    for (const member of members) counts[labels[member]!]!++;
    return counts;
  };
  const grow = (members: readonly number[], left: number): Tree => {
    const total = countsOf(members);
    const leaf = { shares: total.map((count) => count / members.length) };
    if (left === 0) return leaf;
    let [best, pixel] = [purity(total), -1];
    for (let candidate = 0; candidate < size; candidate++) {
      const bright = countsOf(members.filter((member) => isBright(member, candidate)));
      const value = purity(bright) + purity(total.map((count, label) => count - bright[label]!));
      if (value > best + 1e-9) [best, pixel] = [value, candidate];
    }
    if (pixel < 0) return leaf;
    const half = (wanted: boolean) =>
      grow(
        members.filter((member) => isBright(member, pixel) === wanted),
        left - 1,
      );
    return { pixel, dark: half(false), bright: half(true) };
  };
  return grow([...labels.keys()], depth);
}

/** Examples less their Gini impurity. */
function purity(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total === 0 ? 0 : counts.reduce((sum, count) => sum + count * count, 0) / total;
}

/** @param image pixels in [0, 1]. */
export function sharesOf(tree: Tree, image: Float32Array): readonly number[] {
  return 'shares' in tree ? tree.shares : sharesOf(image[tree.pixel]! > 0.5 ? tree.bright : tree.dark, image);
}

/** Inputs are flat images; outputs are the label and, packed into dictionaries, the probabilities. @param batch written into the file. */
export function treeFile(
  tree: Tree,
  batch: number | 'n' = 'n',
  outputs: readonly ('label' | 'probabilities')[] = ['label', 'probabilities'],
): Uint8Array {
  const nodes: { mode: string; pixel: number; next: [number, number] }[] = [];
  const leaves: { node: number; shares: readonly number[] }[] = [];
  const add = (part: Tree): number => {
    const id = nodes.length;
    const node = { mode: 'LEAF', pixel: 0, next: [0, 0] as [number, number] };
    nodes.push(node);
    if ('shares' in part) leaves.push({ node: id, shares: part.shares });
    else Object.assign(node, { mode: 'BRANCH_LEQ', pixel: part.pixel, next: [add(part.dark), add(part.bright)] });
    return id;
  };
  add(tree);
  const votes = leaves.flatMap(({ node, shares }) => shares.map((share, label) => ({ node, share, label })));
  const attributes = {
    nodes_treeids: nodes.map(() => 0),
    nodes_nodeids: nodes.map((_, id) => id),
    nodes_modes: nodes.map(({ mode }) => mode),
    nodes_featureids: nodes.map(({ pixel }) => pixel),
    nodes_values: { floats: nodes.map(() => 0.5) },
    nodes_truenodeids: nodes.map(({ next }) => next[0]),
    nodes_falsenodeids: nodes.map(({ next }) => next[1]),
    class_treeids: votes.map(() => 0),
    class_nodeids: votes.map(({ node }) => node),
    class_ids: votes.map(({ label }) => label),
    class_weights: { floats: votes.map(({ share }) => share) },
    classlabels_int64s: Array.from({ length: CLASSES }, (_, label) => label),
    post_transform: 'NONE',
  };
  const types = { label: DataType.INT64, probabilities: DataType.FLOAT };
  return encode({
    input: [batch, 784],
    outputs: Object.fromEntries(outputs.map((name) => [name, types[name]])),
    nodes: [
      { op: 'TreeEnsembleClassifier', domain: 'ai.onnx.ml', inputs: ['image'], outputs: ['label', 'scores'], attributes },
      {
        op: 'ZipMap',
        domain: 'ai.onnx.ml',
        inputs: ['scores'],
        outputs: ['probabilities'],
        attributes: { classlabels_int64s: attributes.classlabels_int64s },
      },
    ],
  });
}
