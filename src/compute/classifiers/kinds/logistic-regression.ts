/** Multinomial logistic regression. @module */
import { integer, real } from '../../parameters/index.js';
import { defineClassifier, type Examples } from '../core/definition.js';
import { minimise } from '../core/lbfgs.js';
import { linearGraph } from '../core/onnx-graph.js';

const TOLERANCE = 1e-4;

export const logisticRegression = defineClassifier({
  name: 'logisticRegression',
  title: 'Logistic regression',
  description: 'A softmax of linear scores, with weights of small length, fitted by L-BFGS.',
  access: 'GRADIENT',
  reference: {
    title: 'The regression analysis of binary sequences',
    authors: 'Cox',
    year: 1958,
    link: 'doi:10.1111/j.2517-6161.1958.tb00292.x',
  },
  parameters: {
    c: real({ default: 1, minimum: 1e-6, maximum: 1e6, description: 'C: weight of the loss, summed over examples, beside ½ ‖w‖².' }),
    iterations: integer({ default: 200, minimum: 1, maximum: 100_000, description: 'Most iterations.' }),
  },
  async fit(examples, { c, iterations }, { pause }) {
    const { size, classes } = examples;
    const start = new Float64Array((size + 1) * classes);
    const found = await minimise(start, lossOf(examples, c), { tolerance: TOLERANCE, iterations, pause });
    return linearGraph(found.subarray(0, size * classes), found.subarray(size * classes));
  },
});

/** `½ ‖w‖² + C Σ cross-entropy`, of weights `[size, classes]` and biases behind them. Of two classes, the first has the score 0. */
function lossOf({ pixels, labels, count, size, classes }: Examples, c: number) {
  const first = classes === 2 ? 1 : 0;
  const biases = size * classes;
  const scores = new Float64Array(classes);
  return (x: Float64Array, gradient: Float64Array): number => {
    let loss = 0;
    gradient.fill(0);
    for (let i = 0; i < count; i++) {
      const from = i * size;
      for (let k = 0; k < classes; k++) scores[k] = x[biases + k]!;
      for (let p = 0; p < size; p++) {
        const pixel = pixels[from + p]!;
        if (pixel !== 0) for (let k = first; k < classes; k++) scores[k]! += pixel * x[p * classes + k]!;
      }
      const highest = scores.reduce((a, b) => Math.max(a, b));
      let sum = 0;
      for (let k = 0; k < classes; k++) sum += Math.exp(scores[k]! - highest);
      loss += c * (highest + Math.log(sum) - scores[labels[i]!]!);
      for (let k = first; k < classes; k++) {
        scores[k] = c * (Math.exp(scores[k]! - highest) / sum - (labels[i] === k ? 1 : 0));
        gradient[biases + k]! += scores[k]!;
      }
      for (let p = 0; p < size; p++) {
        const pixel = pixels[from + p]!;
        if (pixel !== 0) for (let k = first; k < classes; k++) gradient[p * classes + k]! += pixel * scores[k]!;
      }
    }
    for (let w = 0; w < biases; w++) {
      loss += 0.5 * x[w]! ** 2;
      gradient[w]! += x[w]!;
    }
    return loss;
  };
}
