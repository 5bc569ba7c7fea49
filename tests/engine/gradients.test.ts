/** The gradients of kernels against those that tfjs-layers brings along, to the bit. */
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { gradients } from '../../src/compute/engine/gradients/index.js';
import { computeOn } from '../../src/compute/engine/tensorflow.js';
import { floats } from './helpers.js';

const theirs = new Map<string, tf.GradConfig>();

await tf.setBackend('cpu');

beforeAll(() => {
  // Loaded again, as another test file may have loaded it before, so that it registers its gradients now.
  const require = createRequire(import.meta.url);
  const path = require.resolve('@tensorflow/tfjs-layers');
  delete require.cache[path];
  require(path);
  for (const name of Object.keys(gradients)) theirs.set(name, tf.getGradient(name));
  for (const [kernelName, gradient] of Object.entries(gradients)) tf.registerGradient({ kernelName, ...gradient });
});

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;
interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly op: Op;
}

const of = (op: Op, ...shapes: number[][]): Case => ({ op, shapes });
const unary = (op: (x: tf.Tensor) => tf.Tensor) => of((x) => op(x!), [3, 4]);
/** The second input is repeated along two axes. */
const binary = (op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) => of((a, b) => op(a!, b!), [2, 3, 4], [3, 1]);
const same = (op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) => of((a, b) => op(a!, b!), [3, 4], [3, 4]);
/** Values between 0 and 1, of which every function here has a slope. */
const inside = (x: tf.Tensor) => tf.add(tf.mul(tf.sigmoid(x), 0.8), 0.1);
const rows = tf.tensor1d([2, 0, 2], 'int32');
const [IMAGE, FILTER] = [
  [2, 5, 6, 3],
  [3, 2, 3, 4],
];
const image = (op: (x: tf.Tensor4D) => tf.Tensor) => of((x) => op(x as tf.Tensor4D), IMAGE!);
const volume = (op: (x: tf.Tensor5D) => tf.Tensor) => of((x) => op(x as tf.Tensor5D), [1, 4, 4, 4, 2]);
const matrices = (transposeA: boolean, transposeB: boolean) =>
  of((a, b) => tf.matMul(a!, b!, transposeA, transposeB), transposeA ? [2, 4, 3] : [2, 3, 4], transposeB ? [2, 5, 4] : [2, 4, 5]);

const CASES: Readonly<Record<string, readonly Case[]>> = {
  [tf.Abs]: [unary(tf.abs)],
  [tf.Acos]: [unary((x) => tf.acos(inside(x)))],
  [tf.Acosh]: [unary((x) => tf.acosh(tf.add(inside(x), 1)))],
  [tf.Add]: [binary(tf.add), same(tf.add)],
  [tf.AddN]: [same((a, b) => tf.addN([a, b, a]))],
  [tf.ArgMax]: [unary((x) => tf.add(tf.argMax(x, 1), tf.sum(x, 1)))],
  [tf.ArgMin]: [unary((x) => tf.add(tf.argMin(x, 1), tf.sum(x, 1)))],
  [tf.Asin]: [unary((x) => tf.asin(inside(x)))],
  [tf.Asinh]: [unary(tf.asinh)],
  [tf.Atan]: [unary(tf.atan)],
  [tf.Atan2]: [binary(tf.atan2)],
  [tf.Atanh]: [unary((x) => tf.atanh(inside(x)))],
  [tf.AvgPool]: [image((x) => tf.avgPool(x, [3, 2], [2, 1], 'same'))],
  [tf.AvgPool3D]: [volume((x) => tf.avgPool3d(x, 2, 2, 'valid'))],
  [tf.BatchMatMul]: [matrices(false, false), matrices(false, true), matrices(true, false), matrices(true, true)],
  [tf.BatchToSpaceND]: [
    of(
      (x) =>
        tf.batchToSpaceND(
          x!,
          [2, 2],
          [
            [0, 1],
            [0, 0],
          ],
        ),
      [4, 2, 2, 3],
    ),
  ],
  [tf.BroadcastTo]: [of((x) => tf.broadcastTo(x!, [3, 2, 4]), [3, 1, 4])],
  [tf.Cast]: [unary((x) => tf.mul(tf.cast(x, 'float32'), x))],
  [tf.Ceil]: [unary((x) => tf.mul(tf.ceil(x), x))],
  [tf.ClipByValue]: [unary((x) => tf.clipByValue(x, -0.5, 0.5))],
  [tf.Concat]: [of((a, b) => tf.concat([a!, b!], -1), [2, 3], [2, 5])],
  [tf.Conv2D]: [of((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, [2, 1], 'same'), IMAGE!, FILTER!)],
  [tf.Conv2DBackpropInput]: [
    of((x, w) => tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, 10, 12, 2], 2, 'same'), IMAGE!, [3, 3, 2, 3]),
  ],
  [tf.Conv3D]: [of((x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, 'same'), [1, 4, 4, 4, 2], [2, 3, 2, 2, 3])],
  [tf.Cos]: [unary(tf.cos)],
  [tf.Cosh]: [unary(tf.cosh)],
  [tf.Cumsum]: [unary((x) => tf.cumsum(x, 1, true, false))],
  [tf.DepthwiseConv2dNative]: [of((x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'valid'), IMAGE!, [3, 2, 3, 2])],
  [tf.Dilation2D]: [of((x, w) => tf.dilation2d(x as tf.Tensor4D, w as tf.Tensor3D, 1, 'same'), IMAGE!, [2, 2, 3])],
  [tf.Elu]: [unary(tf.elu)],
  [tf.Erf]: [unary(tf.erf)],
  [tf.Exp]: [unary(tf.exp)],
  [tf.ExpandDims]: [unary((x) => tf.expandDims(x, 1))],
  [tf.Expm1]: [unary(tf.expm1)],
  [tf.Floor]: [unary((x) => tf.mul(tf.floor(x), x))],
  [tf.FloorDiv]: [binary(tf.floorDiv)],
  [tf.FusedBatchNorm]: [
    of(
      (x, mean, variance, offset, scale) =>
        tf.batchNorm(x as tf.Tensor4D, mean as tf.Tensor1D, inside(variance!) as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D),
      IMAGE!,
      [3],
      [3],
      [3],
      [3],
    ),
  ],
  [tf.GatherV2]: [of((x) => tf.gather(x!, rows, 1), [2, 3, 4])],
  [tf.Identity]: [unary((x) => tf.clone(x))],
  [tf.LRN]: [image((x) => tf.localResponseNormalization(x, 2, 1, 0.5, 0.75))],
  [tf.LeakyRelu]: [unary((x) => tf.leakyRelu(x, 0.3))],
  [tf.Log]: [unary((x) => tf.log(inside(x)))],
  [tf.Log1p]: [unary((x) => tf.log1p(inside(x)))],
  [tf.LogSoftmax]: [unary((x) => tf.logSoftmax(x))],
  [tf.Max]: [of((x) => tf.max(x!, [0, 2]), [2, 3, 4])],
  [tf.MaxPool]: [image((x) => tf.maxPool(x, 3, 2, 'same'))],
  [tf.MaxPool3D]: [volume((x) => tf.maxPool3d(x, 2, 2, 'valid'))],
  [tf.Maximum]: [same(tf.maximum)],
  [tf.Mean]: [of((x) => tf.mean(x!, [0, 2]), [2, 3, 4])],
  [tf.Min]: [of((x) => tf.min(x!, 1), [2, 3, 4])],
  [tf.Minimum]: [same(tf.minimum)],
  [tf.MirrorPad]: [
    unary((x) =>
      tf.mirrorPad(
        x,
        [
          [1, 1],
          [0, 2],
        ],
        'reflect',
      ),
    ),
  ],
  [tf.Mod]: [binary((a, b) => tf.mod(a, tf.add(tf.abs(b), 1)))],
  [tf.Multiply]: [binary(tf.mul), same(tf.mul)],
  [tf.Neg]: [unary(tf.neg)],
  [tf.OnesLike]: [unary((x) => tf.mul(tf.onesLike(x), x))],
  [tf.Pack]: [of((a, b) => tf.stack([a!, b!], 1), [2, 3], [2, 3])],
  [tf.PadV2]: [
    unary((x) =>
      tf.pad(x, [
        [1, 2],
        [0, 3],
      ]),
    ),
  ],
  [tf.Pow]: [binary((a, b) => tf.pow(inside(a), b)), unary((x) => tf.pow(x, 3))],
  [tf.Prelu]: [of((x, alpha) => tf.prelu(x!, alpha!), [2, 3, 4], [3, 1])],
  [tf.RealDiv]: [binary(tf.div), same(tf.div)],
  [tf.Reciprocal]: [unary(tf.reciprocal)],
  [tf.Relu]: [unary(tf.relu)],
  [tf.Relu6]: [unary((x) => tf.relu6(tf.mul(x, 8)))],
  [tf.Reshape]: [unary((x) => tf.reshape(x, [2, 6]))],
  [tf.ResizeBilinear]: [of((x) => tf.image.resizeBilinear(x as tf.Tensor4D, [7, 7], true), [1, 4, 4, 2])],
  [tf.ResizeNearestNeighbor]: [of((x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [8, 8]), [1, 4, 4, 2])],
  [tf.Reverse]: [unary((x) => tf.reverse(x, 1))],
  [tf.Round]: [unary((x) => tf.mul(tf.round(x), x))],
  [tf.Rsqrt]: [unary((x) => tf.rsqrt(inside(x)))],
  [tf.Select]: [same((a, b) => tf.where(tf.tensor([true, false, true, false]), a, b))],
  [tf.Selu]: [unary(tf.selu)],
  [tf.Sigmoid]: [unary(tf.sigmoid)],
  [tf.Sign]: [unary((x) => tf.mul(tf.sign(x), x))],
  [tf.Sin]: [unary(tf.sin)],
  [tf.Sinh]: [unary(tf.sinh)],
  [tf.Slice]: [of((x) => tf.slice(x!, [0, 1, 1], [-1, 2, 1]), [2, 3, 4])],
  [tf.Softmax]: [unary((x) => tf.softmax(x))],
  [tf.Softplus]: [unary(tf.softplus)],
  [tf.SpaceToBatchND]: [
    of(
      (x) =>
        tf.spaceToBatchND(
          x!,
          [2, 2],
          [
            [0, 1],
            [0, 0],
          ],
        ),
      [1, 3, 4, 3],
    ),
  ],
  [tf.SplitV]: [of((x) => tf.mul(...(tf.split(x!, 2, 1) as [tf.Tensor, tf.Tensor])), [2, 6])],
  [tf.Sqrt]: [unary((x) => tf.sqrt(inside(x)))],
  [tf.Square]: [unary(tf.square)],
  [tf.SquaredDifference]: [same(tf.squaredDifference)],
  [tf.Step]: [unary((x) => tf.mul(tf.step(x), x))],
  [tf.Sub]: [binary(tf.sub), same(tf.sub)],
  [tf.Sum]: [of((x) => tf.sum(x!, [0, 2]), [2, 3, 4])],
  [tf.Tan]: [unary(tf.tan)],
  [tf.Tanh]: [unary(tf.tanh)],
  [tf.Tile]: [of((x) => tf.tile(x!, [2, 1, 3]), [2, 3, 4]), of((x) => tf.tile(x!, [1, 3, 2, 1]), [1, 2, 2, 2])],
  [tf.Transpose]: [of((x) => tf.transpose(x!, [2, 0, 1]), [2, 3, 4])],
  [tf.Unpack]: [of((x) => tf.mul(...(tf.unstack(x!, 1) as [tf.Tensor, tf.Tensor])), [3, 2, 4])],
  [tf.UnsortedSegmentSum]: [of((x) => tf.unsortedSegmentSum(x!, rows, 3), [3, 4])],
  [tf.ZerosLike]: [unary((x) => tf.add(tf.zerosLike(x), x))],
};

/** Slopes of zero, of complex numbers, and those that fail in tfjs-layers. */
const ELSEWHERE = [
  ...[tf.All, tf.Any, tf.ComplexAbs, tf.Equal, tf.Greater, tf.GreaterEqual, tf.IsFinite, tf.IsInf, tf.IsNan, tf.Less, tf.LessEqual],
  ...[tf.LogicalAnd, tf.LogicalNot, tf.LogicalOr, tf.NotEqual, tf.OneHot, tf.Prod],
];

type Pair = [tf.Tensor, tf.Tensor];

/** The first and the last column, the first as a 1 where there is one column alone. */
const ends = (x: tf.Tensor): Pair => (x.shape[1] === 1 ? [x, tf.onesLike(x)] : (tf.split(x, 2, 1) as Pair));

function slopes({ op, shapes }: Case, source: (name: string) => Omit<tf.GradConfig, 'kernelName'>): number[][] {
  for (const name of Object.keys(gradients)) tf.registerGradient({ ...source(name), kernelName: name });
  return computeOn('cpu', () => {
    const inputs = shapes.map((shape, i) => tf.tensor(floats(shape, i + 1).data as Float32Array, [...shape]));
    const loss = (...given: tf.Tensor[]) => {
      const y = op(...given);
      return tf.sum(tf.mul(y, tf.tensor(floats(y.shape, 9).data as Float32Array, y.shape)));
    };
    // Without the signs of zeros.
    return tf
      .grads(loss)(inputs)
      .map((slope) => Array.from(slope.dataSync(), (value) => value + 0));
  });
}

describe('finite differences agree with the gradient of', () => {
  it.each(Object.entries(CASES).flatMap(([name, cases]) => cases.map((each) => [name, each] as const)))('%s', (_, each) => {
    expect(slopes(each, (name) => gradients[name]!)).toEqual(slopes(each, (name) => theirs.get(name)!));
  });

  it('a product, and of sums along an axis that is not the last, where those of tfjs-layers fail', () => {
    const ours = (each: Case) => slopes(each, (name) => gradients[name]!);
    expect(ours(of((x) => tf.mul(tf.prod(x!, 1), 1), [2, 3])).flat()).toEqual(
      ours(of((x) => tf.mul(...(tf.split(x!, [1, 2], 1).map((part) => tf.reshape(tf.mul(...ends(part)), [2])) as Pair)), [2, 3]))
        .flat()
        .map((slope) => expect.closeTo(slope, 5) as number),
    );
    const last = of((x) => tf.transpose(tf.cumsum(tf.transpose(x!, [0, 2, 1]), 2), [0, 2, 1]), [2, 3, 4]);
    expect(ours(of((x) => tf.cumsum(x!, 1), [2, 3, 4]))).toEqual(ours(last));
  });

  it('a split into one piece, where those of tfjs-layers fail', () => {
    const ours = (op: (x: tf.Tensor) => tf.Tensor, shape: number[]) =>
      slopes(
        of((x) => op(x!), shape),
        (name) => gradients[name]!,
      );
    expect(ours((x) => tf.square(tf.split(x, 1, 1)[0]!), [2, 6])).toEqual(ours((x) => tf.square(x), [2, 6]));
    expect(ours((x) => tf.square(tf.unstack(x, 1)[0]!), [3, 1, 4])).toEqual(ours((x) => tf.square(tf.reshape(x, [3, 4])), [3, 1, 4]));
  });

  it('a difference and what it is taken from, added: the slope of the sum is that of both', () => {
    const [ours] = slopes(
      of((x) => tf.add(tf.sub(x!, tf.mean(x!, 0, true)), x!), [3, 4]),
      (name) => gradients[name]!,
    );
    const [expected] = slopes(
      of((x) => tf.sub(tf.mul(x!, 2), tf.mean(x!, 0, true)), [3, 4]),
      (name) => gradients[name]!,
    );
    expect(ours).toEqual(expected!.map((slope) => expect.closeTo(slope, 5) as number));
  });

  it('every kernel that has one', () => {
    expect([...theirs].filter(([, config]) => !config)).toEqual([]);
    const names = Object.entries(tf).flatMap(([key, value]) => (key === value && tf.getGradient(key) ? [key] : []));
    expect(Object.keys(gradients).sort()).toEqual(names.sort());
    expect(names.filter((name) => !(name in CASES) && !ELSEWHERE.includes(name))).toEqual([]);
  });
});
