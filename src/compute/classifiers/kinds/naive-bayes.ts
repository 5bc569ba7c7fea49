/** Naive Bayes: pixel values are independent, given the class. @module */
import { choice, real } from '../../parameters/index.js';
import { defineClassifier, type Examples } from '../core/definition.js';
import { linearGraph, type OnnxGraph } from '../core/onnx-graph.js';

export const naiveBayes = defineClassifier({
  name: 'naiveBayes',
  title: 'Naive Bayes',
  description: 'Scores are logarithms of joint probabilities of pixel values and class, as if pixels were independent.',
  access: 'GRADIENT',
  reference: {
    title: 'A comparison of event models for naive Bayes text classification',
    authors: 'McCallum, Nigam',
    year: 1998,
    link: 'https://www.aaai.org/Papers/Workshops/1998/WS-98-05/WS98-05-007.pdf',
  },
  parameters: {
    distribution: choice({
      enumName: 'NaiveBayesDistribution',
      values: {
        GAUSSIAN: 'Normal, with mean and variance of each pixel and class.',
        BERNOULLI: 'Of pixels above a threshold, with a probability for each pixel and class. Its gradient is zero: BPDA passes through.',
        MULTINOMIAL: 'Of pixel values as counts.',
      },
      default: 'GAUSSIAN',
      description: 'How pixel values are distributed.',
    }),
    smoothing: real({ default: 1, minimum: 1e-10, maximum: 1000, description: 'α: added to counts, of BERNOULLI and MULTINOMIAL.' }),
    varianceSmoothing: real({
      default: 1e-9,
      minimum: 0,
      maximum: 1000,
      description:
        'Share of the largest variance of all pixels that is added to every variance, of GAUSSIAN. 0.01 is more usual for images.',
    }),
    threshold: real({ default: 0.5, minimum: 0, maximum: 1, description: 'Above it a pixel counts as set, of BERNOULLI.' }),
  },
  fit(examples, { distribution, smoothing, varianceSmoothing, threshold }) {
    if (distribution === 'GAUSSIAN') return Promise.resolve(gaussian(examples, varianceSmoothing));
    return Promise.resolve(distribution === 'BERNOULLI' ? bernoulli(examples, smoothing, threshold) : multinomial(examples, smoothing));
  },
});

/** Sums over each class's examples of a function of pixel values, `[classes, size]`. */
function sumsOf(
  { pixels, labels, count, size, classes }: Examples,
  of: (value: number, label: number, pixel: number) => number,
): Float64Array {
  const sums = new Float64Array(classes * size);
  for (let i = 0; i < count; i++) {
    for (let p = 0; p < size; p++) sums[labels[i]! * size + p]! += of(pixels[i * size + p]!, labels[i]!, p);
  }
  return sums;
}

function countsOf({ labels, classes }: Examples): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
}

const priorsOf = (examples: Examples) => countsOf(examples).map((count) => Math.log(count / examples.count));

function gaussian(examples: Examples, varianceSmoothing: number): OnnxGraph {
  const { size, classes } = examples;
  const counts = countsOf(examples);
  const means = sumsOf(examples, (value) => value).map((sum, at) => sum / counts[Math.floor(at / size)]!);
  const floor = varianceSmoothing * largestVariance(examples);
  const variances = sumsOf(examples, (value, label, p) => (value - means[label * size + p]!) ** 2).map(
    (sum, at) => sum / counts[Math.floor(at / size)]! + floor,
  );
  const constants = priorsOf(examples).map((prior, k) => {
    let sum = 0;
    for (let p = 0; p < size; p++) sum += Math.log(2 * Math.PI * variances[k * size + p]!);
    return prior - sum / 2;
  });
  return {
    nodes: [
      { operator: 'Unsqueeze', inputs: ['pixels', 'axis'], outputs: ['rows'] },
      { operator: 'Sub', inputs: ['rows', 'means'], outputs: ['differences'] },
      { operator: 'Mul', inputs: ['differences', 'differences'], outputs: ['squares'] },
      { operator: 'Mul', inputs: ['squares', 'factors'], outputs: ['terms'] },
      { operator: 'ReduceSum', inputs: ['terms', 'last'], outputs: ['sums'], attributes: { keepdims: 0 } },
      { operator: 'Add', inputs: ['sums', 'constants'], outputs: ['scores'] },
    ],
    weights: {
      axis: { shape: [1], data: [1], type: 'int64' },
      last: { shape: [1], data: [2], type: 'int64' },
      means: { shape: [1, classes, size], data: means },
      factors: { shape: [1, classes, size], data: variances.map((value) => -1 / (2 * value)) },
      constants: { shape: [classes], data: constants },
    },
  };
}

function largestVariance({ pixels, count, size }: Examples): number {
  let largest = 0;
  for (let p = 0; p < size; p++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < count; i++) sum += pixels[i * size + p]!;
    for (let i = 0; i < count; i++) squares += (pixels[i * size + p]! - sum / count) ** 2;
    largest = Math.max(largest, squares / count);
  }
  return largest;
}

/** `Σ_p b_p log(θ_p / (1 - θ_p)) + Σ_p log(1 - θ_p) + log prior`. */
function bernoulli(examples: Examples, smoothing: number, threshold: number): OnnxGraph {
  const { size, classes } = examples;
  const counts = countsOf(examples);
  const set = sumsOf(examples, (value) => (value > Math.fround(threshold) ? 1 : 0));
  const matrix = new Float64Array(size * classes);
  const bias = priorsOf(examples);
  for (let k = 0; k < classes; k++) {
    for (let p = 0; p < size; p++) {
      const probability = (set[k * size + p]! + smoothing) / (counts[k]! + 2 * smoothing);
      matrix[p * classes + k] = Math.log(probability) - Math.log(1 - probability);
      bias[k]! += Math.log(1 - probability);
    }
  }
  const { nodes, weights } = linearGraph(matrix, bias, 'set');
  return {
    nodes: [
      { operator: 'Greater', inputs: ['pixels', 'threshold'], outputs: ['above'] },
      { operator: 'Cast', inputs: ['above'], outputs: ['set'], attributes: { to: 1 } },
      ...nodes,
    ],
    weights: { ...weights, threshold: { shape: [], data: [threshold] } },
  };
}

function multinomial(examples: Examples, smoothing: number): OnnxGraph {
  const { size, classes } = examples;
  const sums = sumsOf(examples, (value) => value).map((sum) => sum + smoothing);
  const matrix = new Float64Array(size * classes);
  for (let k = 0; k < classes; k++) {
    const total = sums.subarray(k * size, (k + 1) * size).reduce((sum, value) => sum + value, 0);
    for (let p = 0; p < size; p++) matrix[p * classes + k] = Math.log(sums[k * size + p]! / total);
  }
  return linearGraph(matrix, priorsOf(examples));
}
