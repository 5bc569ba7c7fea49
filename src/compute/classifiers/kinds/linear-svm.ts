/** Linear support vector machines, without a kernel. @module */
import { integer, real } from '../../parameters/index.js';
import { randomStream } from '../../random.js';
import { defineClassifier } from '../core/definition.js';
import { solveLinearMachine } from '../core/dual-coordinate-descent.js';
import { asColumns, sidesOf } from '../core/one-against-rest.js';
import { linearGraph } from '../core/onnx-graph.js';

const TOLERANCE = 1e-4;

export const linearSvm = defineClassifier({
  name: 'linearSvm',
  title: 'Linear support vector machine',
  description: 'A machine with the squared hinge loss for each class against the others, fitted by dual coordinate descent.',
  access: 'GRADIENT',
  reference: {
    title: 'A Dual Coordinate Descent Method for Large-scale Linear SVM',
    authors: 'Hsieh, Chang, Lin, Keerthi, Sundararajan',
    year: 2008,
    link: 'doi:10.1145/1390156.1390208',
  },
  parameters: {
    c: real({ default: 1, minimum: 1e-6, maximum: 1e6, description: 'C: weight of the loss, summed over examples, beside ½ ‖w‖².' }),
    passes: integer({ default: 1000, minimum: 1, maximum: 1_000_000, description: 'Most passes over the examples, for each machine.' }),
  },
  async fit(examples, { c, passes }, { seed, pause }) {
    const machines: Float64Array[] = [];
    for (const [k, sides] of sidesOf(examples).entries()) {
      await pause();
      const random = randomStream(seed, 'linear-svm.order', k);
      machines.push(solveLinearMachine(examples.pixels, sides, { cost: c, tolerance: TOLERANCE, passes, random }));
    }
    const matrix = asColumns(machines, examples.size + 1);
    const weights = matrix.subarray(0, examples.size * examples.classes);
    return linearGraph(weights, matrix.subarray(weights.length));
  },
});
