/** A decision tree (CART). @module */
import { binned } from '../core/bins.js';
import { defineClassifier } from '../core/definition.js';
import { giniCriterion, growTree } from '../core/tree.js';
import { sharesOf, treeGraph } from '../core/tree-graph.js';
import { LEAST_EXAMPLES, maximumDepth } from '../core/tree-parameters.js';

export const decisionTree = defineClassifier({
  name: 'decisionTree',
  title: 'Decision tree',
  description:
    'A tree of comparisons of single pixels with thresholds, grown by the Gini index. Scores are the shares of classes in a leaf.',
  access: 'SCORE',
  reference: {
    title: 'Classification and Regression Trees',
    authors: 'Breiman, Friedman, Olshen, Stone',
    year: 1984,
    link: 'isbn:9780412048418',
  },
  parameters: { maximumDepth: maximumDepth(16), leastExamples: LEAST_EXAMPLES },
  async fit(examples, growth, { pause }) {
    const { labels, classes, count } = examples;
    await pause();
    const root = Int32Array.from({ length: count }, (_, i) => i);
    const tree = growTree(binned(examples), root, giniCriterion(labels, classes), growth);
    return treeGraph([{ tree, valuesOf: sharesOf(labels, classes) }], classes);
  },
});
