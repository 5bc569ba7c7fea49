/** The classes of the nearest examples. @module */
import { integer } from '../../parameters/index.js';
import { defineClassifier } from '../core/definition.js';
import type { OnnxGraph } from '../core/onnx-graph.js';

export const nearestNeighbours = defineClassifier({
  name: 'nearestNeighbours',
  title: 'k nearest neighbours',
  description: 'Scores are the shares of classes among the examples that are nearest in L2. All examples are kept in the model.',
  access: 'SCORE',
  reference: { title: 'Nearest neighbor pattern classification', authors: 'Cover, Hart', year: 1967, link: 'doi:10.1109/TIT.1967.1053964' },
  parameters: { k: integer({ default: 5, minimum: 1, maximum: 1000, description: 'Examples that vote; no more than there are.' }) },
  mostExamples: 60_000,
  fit({ pixels, labels, count, size, classes }, { k }): Promise<OnnxGraph> {
    const transposed = new Float32Array(count * size);
    for (let i = 0; i < count; i++) for (let p = 0; p < size; p++) transposed[p * count + i] = -2 * pixels[i * size + p]!;
    const squares = Float64Array.from({ length: count }, (_, i) => {
      let sum = 0;
      for (let p = 0; p < size; p++) sum += pixels[i * size + p]! ** 2;
      return sum;
    });
    const votes = new Float32Array(count * classes);
    for (const [i, label] of labels.entries()) votes[i * classes + label] = 1;
    // ‖x - v‖² without ‖x‖², which is the same for all v.
    const graph: OnnxGraph = {
      nodes: [
        { operator: 'Gemm', inputs: ['pixels', 'examples', 'squares'], outputs: ['distances'] },
        { operator: 'TopK', inputs: ['distances', 'k'], outputs: ['nearest', 'positions'], attributes: { largest: 0 } },
        { operator: 'Gather', inputs: ['votes', 'positions'], outputs: ['neighbours'], attributes: { axis: 0 } },
        { operator: 'ReduceMean', inputs: ['neighbours'], outputs: ['scores'], attributes: { axes: { ints: [1] }, keepdims: 0 } },
      ],
      weights: {
        examples: { shape: [size, count], data: transposed },
        squares: { shape: [count], data: squares },
        k: { shape: [1], data: [Math.min(k, count)], type: 'int64' },
        votes: { shape: [count, classes], data: votes },
      },
    };
    return Promise.resolve(graph);
  },
});
