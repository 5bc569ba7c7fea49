/** Random forests. @module */
import { randomStream } from '../../random.js';
import { binned } from '../core/bins.js';
import { defineClassifier } from '../core/definition.js';
import { giniCriterion, growTree } from '../core/tree.js';
import { sharesOf, treeGraph, type WeightedTree } from '../core/tree-graph.js';
import { LEAST_EXAMPLES, maximumDepth, TREES } from '../core/tree-parameters.js';

export const randomForest = defineClassifier({
  name: 'randomForest',
  title: 'Random forest',
  description:
    'Trees on examples drawn with replacement, whose splits choose among as many pixels as the square root of all. Scores are the mean shares of classes.',
  access: 'SCORE',
  reference: { title: 'Random Forests', authors: 'Breiman', year: 2001, link: 'doi:10.1023/A:1010933404324' },
  parameters: { trees: TREES, maximumDepth: maximumDepth(16), leastExamples: LEAST_EXAMPLES },
  async fit(examples, { trees, maximumDepth: depth, leastExamples }, { seed, pause }) {
    const { labels, classes, count, size } = examples;
    const data = binned(examples);
    const criterion = giniCriterion(labels, classes);
    const valuesOf = sharesOf(labels, classes, 1 / trees);
    const grown: WeightedTree[] = [];
    for (let t = 0; t < trees; t++) {
      await pause();
      const random = randomStream(seed, 'random-forest', t);
      const drawn = Int32Array.from({ length: count }, () => random.integer(count));
      const pixels = { count: Math.max(1, Math.floor(Math.sqrt(size))), random };
      grown.push({ tree: growTree(data, drawn, criterion, { maximumDepth: depth, leastExamples, pixels }), valuesOf });
    }
    return treeGraph(grown, classes);
  },
});
