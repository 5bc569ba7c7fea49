import { describe, expect, it } from 'vitest';
import { expectSame, floats, integers, runCompiled, tf, withGradient } from './helpers.js';

const constant = (shape: number[], seed: number) => tf.tensor(floats(shape, seed).data as Float32Array, shape);

type Shape = {
  h: number;
  w: number;
  cin: number;
  cout: number;
  k: [number, number];
  stride: number | [number, number];
  pad: 'same' | 'valid' | number;
  dilation?: number;
};

const shapes: Shape[] = [
  { h: 7, w: 6, cin: 3, cout: 16, k: [3, 3], stride: 1, pad: 'same' },
  { h: 8, w: 8, cin: 3, cout: 32, k: [7, 7], stride: 2, pad: 'same' },
  { h: 9, w: 8, cin: 16, cout: 32, k: [3, 3], stride: 2, pad: 'same' },
  { h: 8, w: 8, cin: 16, cout: 32, k: [3, 3], stride: 2, pad: 'same' },
  { h: 8, w: 9, cin: 32, cout: 16, k: [3, 3], stride: 2, pad: 'valid' },
  { h: 8, w: 8, cin: 16, cout: 32, k: [1, 1], stride: 2, pad: 'same' },
  { h: 7, w: 7, cin: 16, cout: 16, k: [1, 1], stride: 2, pad: 'valid' },
  { h: 5, w: 7, cin: 16, cout: 16, k: [5, 5], stride: 1, pad: 'same' },
  { h: 6, w: 7, cin: 20, cout: 24, k: [3, 3], stride: 1, pad: 'same' },
  { h: 6, w: 7, cin: 20, cout: 24, k: [3, 3], stride: 2, pad: 1 },
  { h: 6, w: 6, cin: 18, cout: 10, k: [3, 3], stride: 1, pad: 'valid' },
  { h: 9, w: 9, cin: 5, cout: 7, k: [3, 2], stride: [1, 2], pad: 'same' },
  { h: 1, w: 1, cin: 16, cout: 16, k: [3, 3], stride: 1, pad: 'same' },
  { h: 10, w: 10, cin: 16, cout: 16, k: [1, 7], stride: 1, pad: 'same' },
  { h: 11, w: 10, cin: 16, cout: 16, k: [3, 3], stride: 3, pad: 'same' },
  { h: 9, w: 9, cin: 16, cout: 16, k: [3, 3], stride: 1, pad: 'same', dilation: 2 },
];

const label = ({ h, w, cin, cout, k, stride, pad, dilation }: Shape) =>
  `${h}×${w}×${cin} → ${cout}, ${k.join('×')}, stride ${stride}, ${pad}${dilation ? `, dilation ${dilation}` : ''}`;

describe('the compiled engine computes as the reference does conv2d', () => {
  for (const shape of shapes) {
    const { h, w, cin, cout, k, stride, pad, dilation = 1 } = shape;
    const x = floats([2, h, w, cin]);
    const conv = (x: tf.Tensor, filter: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad, 'NHWC', dilation);
    const filterShape: [number, number, number, number] = [...k, cin, cout];
    // tfjs has no gradient of a dilated convolution.
    const over = (fn: (x: tf.Tensor) => tf.Tensor) =>
      dilation > 1 ? ({ x }: Record<string, tf.Tensor>) => ({ y: fn(x!) }) : withGradient(fn);
    it(`${label(shape)}: constant filter`, () =>
      expectSame(
        over((x) => conv(x, constant(filterShape, 3))),
        { x },
        1e-5,
      ));
    it(`${label(shape)}: between blocks, with batch norm and ReLU`, () =>
      expectSame(
        over((x) => {
          const y = tf.add(tf.mul(conv(tf.relu(x), constant(filterShape, 3)), constant([cout], 4)), constant([cout], 6));
          return tf.mul(tf.relu(y), 2);
        }),
        { x },
        1e-5,
      ));
    if (dilation > 1) continue;
    it(`${label(shape)}: gradients of input and filter`, () =>
      expectSame(
        ({ x, f }) => {
          const [dx, df] = tf.grads((x: tf.Tensor, f: tf.Tensor) => tf.sum(tf.square(conv(x, f))))([x!, f!]);
          return { dx: dx!, df: df! };
        },
        { x, f: floats(filterShape, 2) },
        1e-5,
      ));
  }
  it('with channels first', () =>
    expectSame(({ x }) => ({ y: tf.conv2d(x as tf.Tensor4D, constant([3, 3, 4, 16], 2) as tf.Tensor4D, 2, 'same', 'NCHW') }), {
      x: floats([2, 4, 6, 6]),
    }));
  it('that is transposed', () =>
    expectSame(
      withGradient((x) => tf.conv2dTranspose(x as tf.Tensor4D, constant([3, 3, 16, 20], 2) as tf.Tensor4D, [2, 9, 8, 16], 2, 'same')),
      { x: floats([2, 5, 4, 20]) },
    ));
});

describe('the compiled engine computes as the reference does a depthwise convolution', () => {
  for (const { h, w, cin, k, stride, pad, multiplier = 1 } of [
    { h: 7, w: 6, cin: 16, k: 3, stride: 1, pad: 'same' as const },
    { h: 8, w: 7, cin: 32, k: 3, stride: 2, pad: 'same' as const },
    { h: 8, w: 7, cin: 20, k: 3, stride: 2, pad: 'valid' as const },
    { h: 8, w: 7, cin: 20, k: 5, stride: 1, pad: 'same' as const },
    { h: 6, w: 6, cin: 5, k: 3, stride: 1, pad: 'same' as const },
    { h: 6, w: 6, cin: 16, k: 3, stride: 2, pad: 'same' as const, multiplier: 2 },
  ]) {
    const shape = [k, k, cin, multiplier];
    const conv = (x: tf.Tensor, f: tf.Tensor) => tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, stride, pad);
    it(`${h}×${w}×${cin}·${multiplier}, ${k}, stride ${stride}, ${pad}`, () =>
      expectSame(
        withGradient((x) => conv(tf.relu(x), constant(shape, 3))),
        { x: floats([2, h, w, cin]) },
        1e-5,
      ));
    it(`${h}×${w}×${cin}·${multiplier}, ${k}, stride ${stride}, ${pad}: gradients of input and filter`, () =>
      expectSame(
        ({ x, f }) => {
          const [dx, df] = tf.grads((x: tf.Tensor, f: tf.Tensor) => tf.sum(tf.square(conv(x, f))))([x!, f!]);
          return { dx: dx!, df: df! };
        },
        { x: floats([2, h, w, cin]), f: floats(shape, 2) },
        1e-5,
      ));
  }
});

describe('the compiled engine fuses a ReLU with an upper limit between convolutions', () => {
  const forms: Record<string, (z: tf.Tensor) => tf.Tensor> = {
    'as a kernel': (z) => tf.relu6(z),
    'as the activation of tfjs-layers': (z) => tf.minimum(6, tf.relu(z)),
    'as the layer of tfjs-layers': (z) => tf.clipByValue(tf.relu(z), 0, 6),
    'with another limit': (z) => tf.minimum(tf.relu(z), 2.7),
  };
  for (const [name, clip] of Object.entries(forms)) {
    for (const channels of [16, 20]) {
      it(`${name}, ${channels} channels`, () => {
        const conv = (x: tf.Tensor, seed: number) =>
          tf.conv2d(x as tf.Tensor4D, constant([3, 3, x.shape[3]!, channels], seed) as tf.Tensor4D, 1, 'same');
        return expectSame(
          withGradient((x) => conv(clip(conv(x, 2)), 3)),
          { x: floats([2, 6, 5, 16]) },
          1e-5,
        );
      });
    }
  }
});

describe('the compiled engine computes as the reference does a fused', () => {
  for (const activation of ['relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'linear'] as const) {
    it(`conv2d with bias and ${activation}`, () =>
      expectSame(
        withGradient((x) =>
          tf.fused.conv2d({
            x: x as tf.Tensor4D,
            filter: constant([3, 3, 4, 16], 2) as tf.Tensor4D,
            strides: 1,
            pad: 'same',
            bias: constant([16], 3),
            activation,
            leakyreluAlpha: 0.1,
          }),
        ),
        { x: floats([2, 5, 5, 4]) },
        1e-5,
      ));
    it(`depthwise with bias and ${activation}`, () =>
      expectSame(
        withGradient((x) =>
          tf.fused.depthwiseConv2d({
            x: x as tf.Tensor4D,
            filter: constant([3, 3, 16, 1], 2) as tf.Tensor4D,
            strides: 1,
            pad: 'same',
            bias: constant([16], 3),
            activation,
            leakyreluAlpha: 0.1,
          }),
        ),
        { x: floats([2, 5, 5, 16]) },
        1e-5,
      ));
  }
});

describe('the compiled engine computes as the reference does a network with', () => {
  const conv = (x: tf.Tensor, cout: number, seed: number, stride = 1) =>
    tf.conv2d(x as tf.Tensor4D, constant([3, 3, x.shape[3]!, cout], seed) as tf.Tensor4D, stride, 'same');
  const norm = (x: tf.Tensor, seed: number) => tf.add(tf.mul(x, constant([x.shape[3]!], seed)), constant([x.shape[3]!], seed + 1));
  it('a residual block', () =>
    expectSame(
      withGradient((x) => {
        const stem = tf.relu(norm(conv(x, 16, 2), 3));
        const branch = norm(conv(tf.relu(norm(conv(stem, 32, 4, 2), 5)), 32, 6), 7);
        const skip = tf.conv2d(stem as tf.Tensor4D, constant([1, 1, 16, 32], 8) as tf.Tensor4D, 2, 'same');
        return tf.mean(tf.relu(tf.add(branch, skip)), [1, 2]);
      }),
      { x: floats([2, 8, 8, 3]) },
      1e-5,
    ));
  it('a pre-activation block', () =>
    expectSame(
      withGradient((x) => {
        const stem = conv(x, 16, 2);
        const branch = conv(tf.relu(norm(conv(tf.relu(norm(stem, 3)), 16, 4), 5)), 16, 6);
        return tf.mean(tf.relu(norm(tf.add(branch, stem), 7)), [1, 2]);
      }),
      { x: floats([2, 6, 6, 3]) },
      1e-5,
    ));
  it('padding beside the convolution', () =>
    expectSame(
      withGradient((x) => {
        const padded = tf.pad(tf.relu(conv(x, 16, 2)), [
          [0, 0],
          [0, 1],
          [0, 1],
          [0, 0],
        ]);
        return tf.conv2d(padded as tf.Tensor4D, constant([3, 3, 16, 16], 3) as tf.Tensor4D, 2, 'valid');
      }),
      { x: floats([2, 8, 8, 3]) },
      1e-5,
    ));
  it('squeeze and excitation', () =>
    expectSame(
      withGradient((x) => {
        const y = conv(x, 32, 2);
        const squeezed = tf.relu(tf.conv2d(tf.mean(y, [1, 2], true) as tf.Tensor4D, constant([1, 1, 32, 8], 3) as tf.Tensor4D, 1, 'same'));
        const gate = tf.sigmoid(tf.conv2d(squeezed as tf.Tensor4D, constant([1, 1, 8, 32], 4) as tf.Tensor4D, 1, 'same'));
        return tf.mul(y, gate);
      }),
      { x: floats([2, 5, 5, 3]) },
      1e-5,
    ));
  it('batch norm by tfjs, at inference', () =>
    expectSame(
      withGradient((x) =>
        tf.relu(
          tf.batchNorm(
            conv(x, 16, 2) as tf.Tensor4D,
            constant([16], 3) as tf.Tensor1D,
            tf.abs(constant([16], 4)) as tf.Tensor1D,
            constant([16], 5) as tf.Tensor1D,
            constant([16], 6) as tf.Tensor1D,
            0.01,
          ),
        ),
      ),
      { x: floats([2, 5, 5, 3]) },
      1e-4,
    ));
});

describe('the compiled engine computes as the reference does pooling by', () => {
  for (const { h, w, c, size, stride, pad } of [
    { h: 8, w: 6, c: 16, size: 2, stride: 2, pad: 'valid' as const },
    { h: 7, w: 7, c: 16, size: 2, stride: 2, pad: 'valid' as const },
    { h: 7, w: 7, c: 32, size: 2, stride: 2, pad: 'same' as const },
    { h: 8, w: 8, c: 16, size: 3, stride: 2, pad: 'same' as const },
    { h: 8, w: 9, c: 16, size: 3, stride: 1, pad: 'same' as const },
    { h: 6, w: 6, c: 3, size: 2, stride: 2, pad: 'same' as const },
    { h: 6, w: 6, c: 5, size: 3, stride: 3, pad: 'valid' as const },
    { h: 4, w: 4, c: 20, size: 4, stride: 1, pad: 'valid' as const },
  ]) {
    const name = `${h}×${w}×${c}, ${size}, stride ${stride}, ${pad}`;
    const max = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, size, stride, pad);
    it(`maximum ${name}`, () => expectSame(withGradient(max), { x: floats([2, h, w, c]) }));
    // Ties and negative maxima: the gradient goes to the first.
    it(`maximum ${name}, with ties`, () =>
      expectSame(
        withGradient((x) => max(tf.sub(x, 2))),
        { x: integers([2, h, w, c], 2, 'float32') },
      ));
    it(`maximum ${name}, after a convolution and ReLU`, () =>
      expectSame(
        withGradient((x) => max(tf.relu(tf.conv2d(x as tf.Tensor4D, constant([1, 1, c, c], 2) as tf.Tensor4D, 1, 'same')))),
        { x: floats([2, h, w, c]) },
      ));
    const average = (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, size, stride, pad);
    it(`average ${name}`, () => expectSame(({ x }) => ({ y: average(x!) }), { x: floats([2, h, w, c]) }));
    if (pad === 'valid')
      it(`average ${name}, gradient`, () =>
        expectSame(
          withGradient((x) => average(tf.conv2d(x as tf.Tensor4D, constant([1, 1, c, c], 2) as tf.Tensor4D, 1, 'same'))),
          { x: floats([2, h, w, c]) },
        ));
  }
  it('the average over padded borders, with the gradient of its values', async () => {
    const average = (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, 3, 1, 'same');
    const x = floats([1, 4, 4, 16]);
    const { gradient } = await runCompiled(({ x }) => ({ gradient: tf.grad((v) => tf.sum(average(v)))(x!) }), { x });
    // A corner is in four windows: its own of 4 pixels, two of 6 and one of 9.
    expect(gradient!.data[0]).toBeCloseTo(1 / 4 + 2 / 6 + 1 / 9, 5);
  });
});

describe('the compiled engine computes as the reference does', () => {
  for (const [size, alignCorners, halfPixel] of [
    [[7, 9], false, false],
    [[3, 2], true, false],
    [[8, 10], false, true],
  ] as const) {
    it(`bilinear resizing to ${size} ${alignCorners} ${halfPixel}`, () =>
      expectSame(
        halfPixel
          ? ({ x }) => ({ y: tf.image.resizeBilinear(x as tf.Tensor4D, [...size], alignCorners, halfPixel) })
          : withGradient((x) => tf.image.resizeBilinear(x as tf.Tensor4D, [...size], alignCorners)),
        { x: floats([2, 5, 5, 3]) },
      ));
    it(`nearest resizing to ${size} ${alignCorners} ${halfPixel}`, () =>
      expectSame(({ x }) => ({ y: tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [...size], alignCorners, halfPixel) }), {
        x: floats([2, 4, 5, 3]),
      }));
  }
  it('local response normalization', () =>
    expectSame(
      withGradient((x) => tf.localResponseNormalization(x as tf.Tensor4D, 2, 1, 0.5, 0.75)),
      { x: floats([2, 3, 3, 16]) },
      1e-4,
    ));
});
