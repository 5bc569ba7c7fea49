/** Graphs as exporters write them, each around what is easily read wrongly or refused without need: scores are those of onnxruntime, gradients those of finite differences. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ComputeService } from '../../src/compute/host/service.js';
import { loadModel } from '../../src/compute/models/load.js';
import { noiseImages } from '../../src/compute/models/trial-images.js';
import { ENGINE_UNDER_TEST, testEngine } from '../test-engine.js';
import { failure, refusal, temporaryDirectory } from './fixtures.js';
import { DataType, floats, type GraphSpec, ints, type NodeSpec, raw, writeOnnx } from './onnx-files.js';
import { slopes } from './slopes.js';

const root = await temporaryDirectory();
const engine = await testEngine({ microBatch: 4 });
const compute = new ComputeService({ engine: { engine: ENGINE_UNDER_TEST, threads: 1, microBatch: 4 } });
afterAll(() => Promise.all([engine.dispose(), compute.close()]));

const sines = (shape: readonly number[], scale = 1) =>
  floats(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => scale * Math.sin(7 * i + 1)),
  );
const scalar = (value: number) => floats([], [value]);
const bools = (shape: readonly number[], values: readonly number[]) => raw(DataType.BOOL, shape, Uint8Array.from(values));
const lowerTriangle = (size: number) => Array.from({ length: size ** 2 }, (_, i) => (i % size <= Math.floor(i / size) ? 0 : -Infinity));

interface Part {
  /** From `y`, `[n, 4, 6, 6]` in (0, 1), to `z`. */
  readonly nodes: readonly NodeSpec[];
  /** Elements of `z` for an image. */
  readonly size: number;
  readonly weights?: GraphSpec['weights'];
  readonly opset?: number;
}

/** A small convolutional network around a part. */
function around({ nodes, size, weights, opset = 17 }: Part): GraphSpec {
  return {
    input: ['n', 1, 8, 8],
    opset,
    nodes: [
      { op: 'Conv', inputs: ['image', 'filter'], outputs: ['c'] },
      { op: 'Sigmoid', inputs: ['c'], outputs: ['y'] },
      ...nodes,
      { op: 'Reshape', inputs: ['z', 'rows'], outputs: ['flat'] },
      { op: 'MatMul', inputs: ['flat', 'matrix'], outputs: ['scores'] },
    ],
    weights: { filter: sines([4, 1, 3, 3]), matrix: sines([size, 3]), rows: ints([-1, size]), ...weights },
  };
}

const one = (op: string, size: number, rest: Omit<NodeSpec, 'op' | 'inputs' | 'outputs'> & { inputs?: readonly string[] } = {}): Part => ({
  nodes: [{ op, inputs: ['y'], outputs: ['z'], ...rest }],
  size,
});

const resized = (sizes: readonly number[], attributes: NodeSpec['attributes']): Part => ({
  ...one('Resize', 4 * sizes[0]! * sizes[1]!, { inputs: ['y', '', '', 'sizes'], attributes: { axes: [2, 3], ...attributes } }),
  weights: { sizes: ints(sizes) },
  opset: 18,
});

const PARTS: Readonly<Record<string, Part>> = {
  'a mask of -Infinity that is added': {
    nodes: [
      { op: 'Add', inputs: ['y', 'mask'], outputs: ['masked'] },
      { op: 'Softmax', inputs: ['masked'], outputs: ['z'] },
    ],
    size: 144,
    weights: { mask: floats([6, 6], lowerTriangle(6)) },
  },
  'a mask of -Infinity that is cut out of a larger one': {
    nodes: [
      { op: 'Slice', inputs: ['mask', 'from', 'to'], outputs: ['part'] },
      { op: 'Add', inputs: ['y', 'part'], outputs: ['masked'] },
      { op: 'Softmax', inputs: ['masked'], outputs: ['z'] },
    ],
    size: 144,
    weights: { mask: floats([9, 9], lowerTriangle(9)), from: ints([0, 0]), to: ints([6, 6]) },
  },
  'rows that are masked throughout, whose softmax is no number and is left out': {
    nodes: [
      { op: 'Where', inputs: ['mask', 'y', 'never'], outputs: ['masked'] },
      { op: 'Softmax', inputs: ['masked'], outputs: ['shares'] },
      { op: 'IsNaN', inputs: ['shares'], outputs: ['isNone'] },
      { op: 'Where', inputs: ['isNone', 'zero', 'shares'], outputs: ['z'] },
    ],
    size: 144,
    weights: { mask: bools([6, 1], [0, 1, 1, 0, 1, 1]), never: scalar(-Infinity), zero: scalar(0) },
  },
  'channels that are chosen by the size of weights': {
    nodes: [
      { op: 'Abs', inputs: ['importance'], outputs: ['magnitude'] },
      { op: 'TopK', inputs: ['magnitude', 'two'], outputs: ['values', 'chosen'] },
      { op: 'Gather', inputs: ['y', 'chosen'], outputs: ['z'], attributes: { axis: 1 } },
    ],
    size: 72,
    weights: { importance: floats([4], [0.5, -3, 1, 2]), two: ints([2]) },
  },
  'channels that are kept by a condition': {
    nodes: [{ op: 'Compress', inputs: ['y', 'kept'], outputs: ['z'], attributes: { axis: 1 } }],
    size: 108,
    weights: { kept: bools([4], [1, 0, 1, 1]) },
  },
  'values at the positions of maxima': {
    nodes: [
      { op: 'ArgMax', inputs: ['y'], outputs: ['at'], attributes: { axis: 1 } },
      { op: 'GatherElements', inputs: ['y', 'at'], outputs: ['most'], attributes: { axis: 1 } },
      { op: 'Mul', inputs: ['y', 'most'], outputs: ['z'] },
    ],
    size: 144,
  },
  'bounds that are computed of weights': {
    nodes: [
      { op: 'ReduceMin', inputs: ['bounds'], outputs: ['low'], attributes: { keepdims: 0 } },
      { op: 'Clip', inputs: ['y', 'low', 'high'], outputs: ['z'] },
    ],
    size: 144,
    weights: { bounds: floats([3], [0.4, 0.6, 0.5]), high: scalar(0.7) },
  },
  'several updates at one position, multiplied': {
    nodes: [
      { op: 'Slice', inputs: ['y', 'from', 'to', 'last'], outputs: ['updates'] },
      { op: 'Shape', inputs: ['updates'], outputs: ['shape'] },
      { op: 'Expand', inputs: ['positions', 'shape'], outputs: ['at'] },
      { op: 'ScatterElements', inputs: ['y', 'at', 'updates'], outputs: ['z'], attributes: { axis: -1, reduction: 'mul' } },
    ],
    size: 144,
    weights: {
      from: ints([0]),
      to: ints([3]),
      last: ints([3]),
      positions: raw(DataType.INT64, [1, 1, 1, 3], BigInt64Array.from([2n, 2n, -1n])),
    },
    opset: 18,
  },
  'a norm of whole channels, some of which are zero': {
    nodes: [
      { op: 'Sub', inputs: ['y', 'threshold'], outputs: ['moved'] },
      { op: 'Relu', inputs: ['moved'], outputs: ['rare'] },
      { op: 'GlobalLpPool', inputs: ['rare'], outputs: ['norms'] },
      { op: 'Mul', inputs: ['y', 'norms'], outputs: ['z'] },
    ],
    size: 144,
    weights: { threshold: floats([4, 1, 1], [2, 0.3, 0.4, 0.2]) },
  },
  'a slice backwards from before the beginning': {
    nodes: [{ op: 'Slice', inputs: ['y', 'from', 'to', 'axis', 'step'], outputs: ['z'] }],
    size: 24,
    weights: { from: ints([-100]), to: ints([-200]), axis: ints([2]), step: ints([-1]) },
  },
  'padding that goes on at the other end': {
    ...one('Pad', 288, { inputs: ['y', 'pads'], attributes: { mode: 'wrap' } }),
    weights: { pads: ints([0, 0, 2, 1, 0, 0, 1, 1]) },
    opset: 19,
  },
  'dilated maxima, rounded up': one('MaxPool', 24, {
    attributes: { kernel_shape: [2, 3], dilations: [2, 2], strides: [2, 2], pads: [1, 0, 0, 1], ceil_mode: 1 },
  }),
  'dilated means': {
    ...one('AveragePool', 64, { attributes: { kernel_shape: [2, 2], dilations: [3, 3], strides: [1, 1], pads: [0, 1, 1, 0] } }),
    opset: 19,
  },
  ...Object.fromEntries(
    ['floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'].flatMap((nearest) =>
      ['half_pixel', 'asymmetric', 'align_corners', 'half_pixel_symmetric'].map((coordinates) => [
        `the nearest pixel, ${nearest} of ${coordinates}`,
        { ...resized([11, 21], { mode: 'nearest', nearest_mode: nearest, coordinate_transformation_mode: coordinates }), opset: 19 },
      ]),
    ),
  ),
  'the nearest pixel, of operator set 10': {
    ...one('Resize', 4 * 3 * 9, { inputs: ['y', 'scales'], attributes: { mode: 'nearest' } }),
    weights: { scales: floats([4], [1, 1, 0.6, 1.6]) },
    opset: 10,
  },
  ...Object.fromEntries(
    (['not_larger', 'not_smaller'] as const).map((policy) => {
      const side = policy === 'not_larger' ? 9 : 14;
      const sizes = resized([side, side], { mode: 'linear', keep_aspect_ratio_policy: policy });
      return [`an image that keeps its shape, ${policy}`, { ...sizes, weights: { sizes: ints([14, 9]) } }];
    }),
  ),
  'attention as one operator': {
    ...one('Attention', 144, { inputs: ['y', 'y', 'y'], attributes: { is_causal: 1 } }),
    opset: 23,
  },
  'attention of the optimiser': {
    nodes: [
      { op: 'Reshape', inputs: ['y', 'tokens'], outputs: ['x'] },
      { op: 'Attention', domain: 'com.microsoft', inputs: ['x', 'w', 'b'], outputs: ['a'], attributes: { num_heads: 3 } },
      { op: 'MultiHeadAttention', domain: 'com.microsoft', inputs: ['a', 'x', 'x', 'b'], outputs: ['z'], attributes: { num_heads: 2 } },
    ],
    size: 144,
    weights: { tokens: ints([-1, 12, 12]), w: sines([12, 36], 0.3), b: sines([36], 0.2) },
  },
};

describe.each(Object.entries(PARTS))('%s', (name, part) => {
  const directory = join(root, name.replaceAll(/\W/g, '-'));

  it('has the scores of onnxruntime and the gradient of finite differences', async () => {
    await writeOnnx(directory, around(part));
    const { forwardDifference } = await compute.inspectModel({ directory });
    expect(forwardDifference).toBeLessThanOrEqual(1e-5);
    const model = await loadModel({ directory });
    const { measured, gradient } = await slopes(engine, model, noiseImages(model.spec.inputShape, 3));
    expect(measured / gradient).toBeCloseTo(1, 2);
  });
});

it('a weight that is infinite is refused by name, where it is no mask', async () => {
  const part = { ...one('Mul', 144, { inputs: ['y', 'gain'] }), weights: { gain: floats([6, 6], lowerTriangle(6)) } };
  const directory = await writeOnnx(join(root, 'infinite'), around(part));
  expect(await failure(compute.inspectModel({ directory }))).toMatchObject(refusal('INVALID_MODEL', /Weight gain holds -Infinity/));
});

it('a number of images that is written into a Reshape of a file whose batch is open is refused by its name', async () => {
  const part: Part = { nodes: [{ op: 'Reshape', inputs: ['y', 'shape'], outputs: ['z'] }], weights: { shape: ints([8, 144]) }, size: 144 };
  const directory = await writeOnnx(join(root, 'written'), around(part));
  expect(await failure(compute.inspectModel({ directory }))).toMatchObject(
    refusal('INVALID_MODEL', /Reshape.* makes \[8, 144\] of .*a batch size is written into the file\. Export it with a dynamic batch axis/),
  );
});
