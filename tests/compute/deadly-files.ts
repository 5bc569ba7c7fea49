/** ONNX files that are valid, and more than native code can bear. */
import { DataType, encode, floats, ints } from './onnx-files.js';

/**
 * A decision tree as deep as it has branches: onnxruntime goes down it by recursion as it loads the file, and overflows its stack.
 * @returns a file of a few megabytes, with 28 × 28 grey images as its input.
 */
export function deepTree(branches = 200_000): Uint8Array {
  // Branch i leads to branch i + 1, or to leaf `branches + i`.
  const count = 2 * branches + 1;
  const isBranch = (i: number) => i < branches;
  const ids = Array.from({ length: count }, (_, i) => i);
  const attributes = {
    nodes_treeids: ids.map(() => 0),
    nodes_nodeids: ids,
    nodes_modes: ids.map((i) => (isBranch(i) ? 'BRANCH_LEQ' : 'LEAF')),
    nodes_featureids: ids.map(() => 0),
    nodes_values: { floats: ids.map((i) => i / count) },
    nodes_truenodeids: ids.map((i) => (isBranch(i) ? (i + 1 === branches ? count - 1 : i + 1) : 0)),
    nodes_falsenodeids: ids.map((i) => (isBranch(i) ? branches + i : 0)),
    class_treeids: ids.slice(branches).map(() => 0),
    class_nodeids: ids.slice(branches),
    class_ids: ids.slice(branches).map((i) => i % 10),
    class_weights: { floats: ids.slice(branches).map(() => 1) },
    classlabels_int64s: Array.from({ length: 10 }, (_, label) => label),
    post_transform: 'NONE',
  };
  const nodes = [{ op: 'TreeEnsembleClassifier', domain: 'ai.onnx.ml', inputs: ['image'], outputs: ['label', 'scores'], attributes }];
  return encode({ input: ['n', 784], nodes });
}

/** For every image, `gigabytes` of numbers are made, by blocks of one, and added to its scores as zeros. */
export function greedy(gigabytes: number): Uint8Array {
  const blocks = Array.from({ length: gigabytes }, (_, i) => i);
  const weights = {
    flat: ints([-1, 784]),
    zeros: floats([784, 10], new Array<number>(7840).fill(0)),
    first: ints([0]),
    block: ints([2 ** 28]),
    axes: ints([0]),
  };
  return encode({
    input: ['n', 28, 28, 1],
    weights,
    nodes: [
      { op: 'Reshape', inputs: ['image', 'flat'], outputs: ['pixels'] },
      { op: 'MatMul', inputs: ['pixels', 'zeros'], outputs: ['sums'] },
      // By way of the image's shape, so that nothing is made before there is an image.
      { op: 'Shape', inputs: ['image'], outputs: ['shape'] },
      { op: 'Gather', inputs: ['shape', 'first'], outputs: ['count'] },
      { op: 'Mul', inputs: ['count', 'block'], outputs: ['size'] },
      ...blocks.map((i) => ({ op: 'ConstantOfShape', inputs: ['size'], outputs: [`block${i}`] })),
      ...blocks.map((i) => ({ op: 'ReduceMax', inputs: [`block${i}`], outputs: [`most${i}`], attributes: { axes: [0], keepdims: 0 } })),
      { op: 'Sum', inputs: ['sums', ...blocks.map((i) => `most${i}`)], outputs: ['scores'] },
    ],
    outputs: { scores: DataType.FLOAT },
  });
}
