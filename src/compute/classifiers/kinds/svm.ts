/** Support vector machines with a kernel. @module */
import { choice, integer, real, type ValuesOf } from '../../parameters/index.js';
import { defineClassifier, type Examples } from '../core/definition.js';
import { type Kernel, kernelGraph, kernelMatrix } from '../core/kernels.js';
import { asColumns, sidesOf } from '../core/one-against-rest.js';
import { type Machine, solveMachine } from '../core/sequential-minimal-optimisation.js';

const TOLERANCE = 1e-3;

const PARAMETERS = {
  c: real({ default: 1, minimum: 1e-6, maximum: 1e6, description: 'C: the most that an example may weigh.' }),
  kernel: choice({
    enumName: 'SvmKernel',
    values: {
      RBF: 'exp(-γ ‖x - v‖²).',
      LINEAR: 'x · v.',
      POLYNOMIAL: '(γ x · v + r)^d.',
      SIGMOID: 'tanh(γ x · v + r).',
    },
    default: 'RBF',
    description: 'What the similarity of two images is.',
  }),
  gamma: real({ minimum: 1e-9, maximum: 1e6, description: 'γ; by default 1 over the number of pixel values times their variance.' }),
  coefficient: real({ default: 0, minimum: -1000, maximum: 1000, description: 'r of the polynomial and the sigmoid kernel.' }),
  degree: integer({ default: 3, minimum: 1, maximum: 16, description: 'd of the polynomial kernel.' }),
};

export const svm = defineClassifier({
  name: 'svm',
  title: 'Support vector machine',
  description: 'A machine with a kernel for each class against the others, fitted by sequential minimal optimisation.',
  access: 'GRADIENT',
  reference: { title: 'Support-Vector Networks', authors: 'Cortes, Vapnik', year: 1995, link: 'doi:10.1007/BF00994018' },
  parameters: PARAMETERS,
  // A matrix of 400 MB.
  mostExamples: 10_000,
  async fit(examples, parameters, { pause }) {
    const { pixels, count, size } = examples;
    const kernel = kernelFrom(parameters, examples);
    const kernels = kernelMatrix(kernel, pixels, count, size);
    const machines: Machine[] = [];
    for (const sides of sidesOf(examples)) {
      await pause();
      machines.push(solveMachine(kernels, sides, parameters.c, TOLERANCE, Math.max(10_000_000, 100 * count)));
    }
    const used = Array.from({ length: count }, (_, i) => i).filter((i) => machines.some(({ coefficients }) => coefficients[i] !== 0));
    const vectors = new Float32Array(used.length * size);
    for (const [v, i] of used.entries()) vectors.set(pixels.subarray(i * size, (i + 1) * size), v * size);
    const columns = asColumns(
      machines.map(({ coefficients }) => used.map((i) => coefficients[i]!)),
      used.length,
    );
    const biases = asColumns(
      machines.map(({ bias }) => [bias]),
      1,
    );
    const { nodes, weights } = kernelGraph(kernel, vectors, used.length, size);
    return {
      nodes: [...nodes, { operator: 'Gemm', inputs: ['kernels', 'coefficients', 'bias'], outputs: ['scores'] }],
      weights: {
        ...weights,
        coefficients: { shape: [used.length, biases.length], data: columns },
        bias: { shape: [biases.length], data: biases },
      },
    };
  },
});

function kernelFrom({ kernel, gamma, coefficient, degree }: ValuesOf<typeof PARAMETERS>, examples: Examples): Kernel {
  if (kernel === 'LINEAR') return { type: 'LINEAR' };
  const scale = gamma ?? 1 / (examples.size * (variance(examples.pixels) || 1));
  if (kernel === 'RBF') return { type: 'RBF', gamma: scale };
  return { type: kernel, gamma: scale, coefficient, degree };
}

function variance(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
