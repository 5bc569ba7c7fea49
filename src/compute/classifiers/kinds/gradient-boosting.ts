/** Gradient boosted trees. @module */
import { randomStream } from '../../random.js';
import { real } from '../../parameters/index.js';
import { binned } from '../core/bins.js';
import { defineClassifier } from '../core/definition.js';
import { growTree, isLeaf, type Leaf, type Tree, varianceCriterion } from '../core/tree.js';
import { treeGraph, type WeightedTree } from '../core/tree-graph.js';
import { LEAST_EXAMPLES, maximumDepth, TREES } from '../core/tree-parameters.js';

export const gradientBoosting = defineClassifier({
  name: 'gradientBoosting',
  title: 'Gradient boosting',
  description: 'Small trees, each fitted to what those before it leave of the gradient of the cross-entropy. Scores are probabilities.',
  access: 'SCORE',
  reference: {
    title: 'Greedy function approximation: A gradient boosting machine',
    authors: 'Friedman',
    year: 2001,
    link: 'doi:10.1214/aos/1013203451',
  },
  parameters: {
    trees: TREES,
    maximumDepth: maximumDepth(3),
    leastExamples: LEAST_EXAMPLES,
    learningRate: real({ default: 0.1, minimum: 1e-6, maximum: 1, description: 'What a tree is multiplied by.' }),
    pixelShare: real({
      default: 1,
      minimum: 1e-6,
      maximum: 1,
      description: 'Share of the pixels, drawn at random, that a split chooses among.',
    }),
  },
  async fit(examples, { trees, maximumDepth: depth, leastExamples, learningRate, pixelShare }, { seed, pause }) {
    const { labels, classes, count, size } = examples;
    const data = binned(examples);
    const root = Int32Array.from({ length: count }, (_, i) => i);
    // Of two classes, the first has the score 0: a tree in each round.
    const isBinary = classes === 2;
    const boosted = Array.from({ length: classes }, (_, k) => k).slice(isBinary ? 1 : 0);
    const base = startOf(labels, classes);
    const scores = boosted.map((k) => new Float64Array(count).fill(base[k]!));
    const grown: WeightedTree[] = [];
    for (let round = 0; round < trees; round++) {
      const residuals = residualsOf(scores, boosted, labels);
      for (const [at, k] of boosted.entries()) {
        await pause();
        const residual = residuals[at]!;
        const random = randomStream(seed, 'gradient-boosting', round * classes + k);
        const pixels = pixelShare < 1 ? { count: Math.max(1, Math.round(pixelShare * size)), random } : undefined;
        const tree = growTree(data, root, varianceCriterion(residual), { maximumDepth: depth, leastExamples, pixels });
        const values = new Map<Leaf, number>();
        for (const leaf of leavesOf(tree)) {
          const value = learningRate * newtonStep(leaf, residual, labels, k, classes);
          values.set(leaf, value);
          for (const example of leaf.examples) scores[at]![example]! += value;
        }
        grown.push({ tree, valuesOf: (leaf) => [[isBinary ? 0 : k, values.get(leaf)!]] });
      }
    }
    // One score of two classes is that of the second, whichever class its leaves name.
    return treeGraph(grown, classes, isBinary ? { base: base.slice(1), transform: 'LOGISTIC' } : { base, transform: 'SOFTMAX' });
  },
});

/** Logarithms of the shares of classes; of two, the log odds. */
function startOf(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  if (classes === 2) return [0, Math.log(counts[1]! / counts[0]!)];
  return counts.map((count) => Math.log(count / labels.length));
}

/** What the probabilities lack of the labels. */
function residualsOf(scores: readonly Float64Array[], boosted: readonly number[], labels: Int32Array): Float64Array[] {
  const residuals = scores.map((values) => new Float64Array(values.length));
  const isBinary = scores.length === 1;
  for (const [i, label] of labels.entries()) {
    const highest = scores.reduce((most, values) => Math.max(most, values[i]!), isBinary ? 0 : -Infinity);
    const sum = scores.reduce((total, values) => total + Math.exp(values[i]! - highest), isBinary ? Math.exp(-highest) : 0);
    for (const [at, k] of boosted.entries()) residuals[at]![i] = (label === k ? 1 : 0) - Math.exp(scores[at]![i]! - highest) / sum;
  }
  return residuals;
}

/** One step of Newton's method for all examples of a leaf. */
function newtonStep({ examples }: Leaf, residual: Float64Array, labels: Int32Array, k: number, classes: number): number {
  let [slope, curvature] = [0, 0];
  for (const example of examples) {
    const probability = (labels[example] === k ? 1 : 0) - residual[example]!;
    slope += residual[example]!;
    curvature += probability * (1 - probability);
  }
  const factor = classes === 2 ? 1 : (classes - 1) / classes;
  return curvature < 1e-150 ? 0 : (factor * slope) / curvature;
}

function leavesOf(tree: Tree): Leaf[] {
  return isLeaf(tree) ? [tree] : [...leavesOf(tree.low), ...leavesOf(tree.high)];
}
