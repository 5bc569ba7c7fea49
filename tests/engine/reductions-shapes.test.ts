import { describe, it } from 'vitest';
import { expectSame, floats, integers, tf, withGradient } from './helpers.js';

/** A 4-D value in the layout of a convolution's output. */
function convolved(x: tf.Tensor, channels: number): tf.Tensor4D {
  return tf.conv2d(
    x as tf.Tensor4D,
    tf.tensor(floats([1, 1, 3, channels], 9).data as Float32Array, [1, 1, 3, channels]) as tf.Tensor4D,
    1,
    'same',
  );
}

describe('the compiled engine computes as the reference does', () => {
  const kernels = { sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min, prod: tf.prod };
  const axes = [undefined, [0], [1, 2], [3], [0, 1, 2], [-1], [1], [2, 3]];
  for (const [name, reduce] of Object.entries(kernels)) {
    for (const axis of axes) {
      for (const keepDims of [false, true]) {
        const of = (x: tf.Tensor) => reduce(x, axis, keepDims);
        it(`${name} over ${axis ?? 'all'}${keepDims ? ' keeping dimensions' : ''}`, () =>
          expectSame(name === 'prod' ? ({ x }) => ({ y: of(x!) }) : withGradient(of), { x: floats([2, 3, 4, 5]) }));
        if (name === 'prod') continue;
        for (const channels of [32, 20, 6]) {
          const after = (x: tf.Tensor) => of(convolved(x, channels));
          it(`${name} over ${axis ?? 'all'}${keepDims ? ' keeping dimensions' : ''} of ${channels} channels`, () =>
            expectSame(withGradient(after), { x: floats([2, 3, 4, 3]) }, 1e-4));
        }
      }
    }
  }
  it('reductions of booleans and integers', () =>
    expectSame(
      ({ p, i }) => ({
        all: tf.all(p!, 1),
        any: tf.any(p!, 1),
        count: tf.sum(p!),
        sum: tf.sum(i!, 0),
        max: tf.max(i!),
        mean: tf.mean(i!, 1),
      }),
      {
        p: integers([4, 3], 2, 'bool'),
        i: integers([4, 3], 9),
      },
    ));
  it('the first of equal extremes', () =>
    expectSame(({ x }) => ({ max: tf.argMax(x!, 1), min: tf.argMin(x!, 0), last: tf.argMax(x!, -1) }), {
      x: integers([6, 9], 3, 'float32'),
    }));
  it('moments', () => expectSame(({ x }) => ({ ...tf.moments(x!, [0, 1, 2]) }), { x: floats([3, 4, 5, 6]) }));
  it('cumulative sums', () => expectSame(({ x }) => ({ a: tf.cumsum(x!, 1), b: tf.cumsum(x!, 0, true, true) }), { x: floats([3, 4]) }));
  for (const length of [1, 4, 7]) {
    it(`cumulative products of ${length}`, () =>
      expectSame(
        ({ x }) => ({
          a: tf.cumprod(x!, 1),
          b: tf.cumprod(x!, 1, true),
          c: tf.cumprod(x!, 1, false, true),
          d: tf.cumprod(x!, 1, true, true),
          e: tf.cumprod(x!, 0),
        }),
        { x: floats([3, length]) },
      ));
  }
  it('histograms', () =>
    expectSame(
      ({ x, rows, weights }) => ({
        counts: tf.bincount(x as tf.Tensor1D, tf.tensor1d([], 'int32'), 5),
        weighted: tf.bincount(x as tf.Tensor1D, tf.reshape(weights!, [12]) as tf.Tensor1D, 9),
        dense: tf.denseBincount(rows as tf.Tensor2D, tf.tensor2d([], [0, 0], 'float32'), 5),
        denseWeighted: tf.denseBincount(rows as tf.Tensor2D, weights as tf.Tensor2D, 9),
        binary: tf.denseBincount(rows as tf.Tensor2D, tf.tensor2d([], [0, 0], 'float32'), 9, true),
        row: tf.denseBincount(x as tf.Tensor1D, tf.tensor1d([], 'float32'), 9, true),
      }),
      { x: integers([12], 9), rows: integers([3, 4], 9), weights: floats([3, 4]) },
    ));
  it('gathering from each batch its own', () =>
    expectSame(
      ({ x, one, two }) => ({
        a: tf.gather(x!, one!, 1, 1),
        b: tf.gather(x!, one!, 2, 1),
        c: tf.gather(x!, two!, 2, 2),
      }),
      { x: floats([2, 3, 4, 5]), one: integers([2, 6], 3), two: integers([2, 3, 2], 4) },
    ));
  it('logSumExp', () =>
    expectSame(
      withGradient((x) => tf.logSumExp(x, 1)),
      { x: floats([3, 4]) },
    ));
});

describe('the compiled engine computes as the reference does', () => {
  const inputs = { x: floats([4, 10]), y: integers([4], 10) };
  it('softmax', () =>
    expectSame(
      withGradient((x) => tf.softmax(x)),
      inputs,
    ));
  it('logSoftmax', () =>
    expectSame(
      withGradient((x) => tf.logSoftmax(x)),
      inputs,
    ));
  it('softmax cross-entropy', () =>
    expectSame(
      withGradient((x, { y }) => tf.losses.softmaxCrossEntropy(tf.oneHot(y as tf.Tensor1D, 10), x)),
      inputs,
    ));
  it('one-hot with other values', () =>
    expectSame(({ y }) => ({ a: tf.oneHot(y as tf.Tensor1D, 10), b: tf.oneHot(y as tf.Tensor1D, 10, 0.9, 0.01, 'float32') }), inputs));
});

describe('the compiled engine moves elements as the reference does by', () => {
  const cases: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    reshape: (x) => tf.reshape(x, [4, -1]),
    expandDims: (x) => tf.expandDims(x, 1),
    transpose: (x) => tf.transpose(x, [3, 0, 2, 1]),
    transposeBack: (x) => tf.transpose(tf.transpose(x, [0, 3, 1, 2]), [0, 2, 3, 1]),
    slice: (x) => tf.slice(x, [0, 1, 0, 2], [2, 2, -1, 3]),
    sliceChannels: (x) => tf.slice(x, [0, 0, 0, 1], [-1, -1, -1, 2]),
    stridedSlice: (x) => tf.stridedSlice(x, [0, 3, 0, 0], [2, 0, 4, 6], [1, -1, 2, 3]),
    concat: (x) => tf.concat([x, tf.mul(x, 2)], 3),
    concatRows: (x) => tf.concat([x, tf.mul(x, 2)], 1),
    stack: (x) => tf.stack([x, tf.neg(x)], 2),
    unstack: (x) => tf.add(tf.unstack(x, 1)[0]!, tf.unstack(x, 1)[2]!),
    split: (x) => tf.mul(tf.split(x, 2, 2)[0]!, tf.split(x, [1, 3], 2)[0]!),
    tile: (x) => tf.tile(x, [1, 2, 1, 3]),
    broadcastTo: (x) => tf.broadcastTo(tf.mean(x, [1, 2], true), [2, 5, 6, x.shape[3]!]),
    pad: (x) =>
      tf.pad(x, [
        [0, 0],
        [1, 2],
        [0, 3],
        [0, 0],
      ]),
    padChannels: (x) =>
      tf.pad(x, [
        [0, 0],
        [0, 0],
        [0, 0],
        [1, 2],
      ]),
    mirrorPadReflect: (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [2, 1],
          [1, 2],
          [0, 0],
        ],
        'reflect',
      ),
    mirrorPadSymmetric: (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [3, 1],
          [1, 2],
          [0, 0],
        ],
        'symmetric',
      ),
    reverse: (x) => tf.reverse(x, [1, 3]),
    gather: (x) => tf.gather(x, tf.tensor1d([3, 0, 0, 1], 'int32'), 2),
    spaceToBatch: (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [1, 0],
          [0, 0],
        ],
      ),
    batchToSpace: (x) =>
      tf.batchToSpaceND(
        tf.spaceToBatchND(
          x,
          [2, 2],
          [
            [1, 0],
            [0, 0],
          ],
        ),
        [2, 2],
        [
          [0, 1],
          [1, 0],
        ],
      ),
  };
  // Their gradients in tfjs read values, or are not defined.
  const withoutGradient = new Set(['stridedSlice', 'mirrorPadReflect', 'mirrorPadSymmetric', 'batchToSpace', 'spaceToBatch']);
  for (const [name, fn] of Object.entries(cases)) {
    const function_ = (of: (x: tf.Tensor) => tf.Tensor) =>
      withoutGradient.has(name) ? ({ x }: Record<string, tf.Tensor>) => ({ y: of(x!) }) : withGradient(of);
    it(name, () => expectSame(function_(fn), { x: floats([2, 3, 4, 6]) }));
    for (const channels of [32, 20, 6]) {
      it(`${name} of ${channels} channels of a convolution`, () =>
        expectSame(
          function_((x) => fn(convolved(x, channels))),
          { x: floats([2, 3, 4, 3]) },
          1e-4,
        ));
    }
  }
  it('taking blocks of channels out of blocks and putting them together', () =>
    expectSame(
      withGradient((x) => {
        const y = convolved(x, 64);
        return tf.concat([tf.slice(y, [0, 0, 0, 32], [-1, -1, -1, 16]), convolved(x, 32), tf.slice(y, [0, 0, 0, 0], [-1, -1, -1, 32])], 3);
      }),
      { x: floats([2, 3, 4, 3]) },
      1e-4,
    ));
  it('depthToSpace', () => expectSame(({ x }) => ({ y: tf.depthToSpace(x as tf.Tensor4D, 2, 'NHWC') }), { x: floats([2, 3, 4, 8]) }));
  it('gathering and scattering by index', () =>
    expectSame(
      ({ x, i }) => ({
        g: tf.gatherND(x!, i!),
        s: tf.scatterND(i!, tf.ones([3, 4]), [5, 4]),
        u: tf.unsortedSegmentSum(x!, tf.tensor1d([1, 0, 1, 2, 1], 'int32'), 3),
      }),
      { x: floats([5, 4]), i: { dtype: 'int32', shape: [3, 1], data: Int32Array.of(4, 0, 4) } },
    ));
  it('topk', () => expectSame(({ x }) => ({ ...tf.topk(x!, 3) }), { x: floats([4, 9]) }));
  it('making constants', () =>
    expectSame(
      ({ x }) => ({
        y: tf.add(x!, tf.add(tf.fill([3], 2), tf.add(tf.range(0, 3), tf.linspace(0, 1, 3)))),
        z: tf.zerosLike(x!),
        o: tf.onesLike(x!),
      }),
      { x: floats([2, 3]) },
    ));
});

describe('the compiled engine computes as the reference does', () => {
  for (const [a, b, transposeA, transposeB] of [
    [[3, 4], [4, 5], false, false],
    [[4, 3], [4, 5], true, false],
    [[3, 4], [5, 4], false, true],
    [[2, 3, 4], [2, 4, 5], false, false],
    [[2, 4, 3], [2, 5, 4], true, true],
    [[2, 6, 3, 4], [2, 6, 4, 5], false, false],
  ] as const) {
    it(`matMul [${a}] [${b}] ${transposeA} ${transposeB}`, () =>
      expectSame(
        withGradient((x, { b }) => tf.matMul(x, b!, transposeA, transposeB)),
        { x: floats(a), b: floats(b, 2) },
      ));
  }
  for (const activation of ['relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const) {
    it(`fused matMul, bias and ${activation}`, () =>
      expectSame(
        withGradient((x, { b, c }) =>
          tf.fused.matMul({
            a: x as tf.Tensor2D,
            b: b as tf.Tensor2D,
            bias: c!,
            activation,
            leakyreluAlpha: 0.1,
            transposeA: false,
            transposeB: false,
          }),
        ),
        { x: floats([3, 4]), b: floats([4, 5], 2), c: floats([5], 3) },
      ));
  }
});
