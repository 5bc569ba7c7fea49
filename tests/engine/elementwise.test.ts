import { describe, it } from 'vitest';
import { expectSame, floats, integers, tf, withGradient } from './helpers.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const positive = (x: HostTensor): HostTensor => ({ ...x, data: Float32Array.from(x.data, (v) => Math.abs(v) + 0.1) });

/** Kernels with the tolerance of their float32 forms; `positive` where negative numbers are out of the domain. */
const unary: Record<string, { fn: Unary; domain?: 'positive' | 'above1'; gradient?: false; tolerance?: number }> = {
  abs: { fn: tf.abs },
  acos: { fn: tf.acos, gradient: false },
  acosh: { fn: tf.acosh, domain: 'above1' },
  asin: { fn: tf.asin, gradient: false },
  asinh: { fn: tf.asinh },
  atan: { fn: tf.atan },
  atanh: { fn: (x) => tf.atanh(tf.mul(x, 0.9)) },
  ceil: { fn: tf.ceil, gradient: false },
  clip: { fn: (x) => tf.clipByValue(x, -0.3, 0.4) },
  cos: { fn: tf.cos },
  cosh: { fn: tf.cosh },
  elu: { fn: tf.elu },
  erf: { fn: tf.erf },
  exp: { fn: tf.exp },
  expm1: { fn: tf.expm1 },
  floor: { fn: tf.floor, gradient: false },
  isFinite: { fn: (x) => tf.isFinite(tf.div(1, tf.floor(x))), gradient: false },
  isInf: { fn: (x) => tf.isInf(tf.div(1, tf.floor(x))), gradient: false },
  isNaN: { fn: (x) => tf.isNaN(tf.div(tf.floor(x), tf.floor(x))), gradient: false },
  leakyRelu: { fn: (x) => tf.leakyRelu(x, 0.2) },
  log: { fn: tf.log, domain: 'positive' },
  log1p: { fn: (x) => tf.log1p(tf.mul(x, 0.9)) },
  logicalNot: { fn: (x) => tf.logicalNot(tf.greater(x, 0)), gradient: false },
  logSigmoid: { fn: tf.logSigmoid },
  neg: { fn: tf.neg },
  reciprocal: { fn: tf.reciprocal, domain: 'positive' },
  relu: { fn: tf.relu },
  relu6: { fn: (x) => tf.relu6(tf.mul(x, 9)) },
  round: { fn: (x) => tf.round(tf.mul(x, 3)), gradient: false },
  rsqrt: { fn: tf.rsqrt, domain: 'positive' },
  selu: { fn: tf.selu },
  sigmoid: { fn: tf.sigmoid },
  sign: { fn: (x) => tf.sign(tf.round(x)), gradient: false },
  sin: { fn: tf.sin },
  sinh: { fn: tf.sinh },
  softplus: { fn: tf.softplus },
  sqrt: { fn: tf.sqrt, domain: 'positive' },
  square: { fn: tf.square },
  step: { fn: (x) => tf.step(tf.round(x)), gradient: false },
  stepAlpha: { fn: (x) => tf.step(x, 0.25), gradient: false },
  tan: { fn: tf.tan },
  tanh: { fn: tf.tanh },
  swish: { fn: (x) => tf.mul(x, tf.sigmoid(x)) },
  hardSwish: { fn: (x) => tf.mul(x, tf.div(tf.relu6(tf.add(tf.mul(x, 5), 3)), 6)) },
  gelu: { fn: (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2)))) },
};

const binary: Record<string, { fn: Binary; gradient?: false; domain?: 'positive' }> = {
  add: { fn: tf.add },
  atan2: { fn: tf.atan2 },
  sub: { fn: tf.sub },
  mul: { fn: tf.mul },
  div: { fn: tf.div, domain: 'positive' },
  floorDiv: { fn: (a, b) => tf.floorDiv(a, b), gradient: false, domain: 'positive' },
  maximum: { fn: tf.maximum },
  minimum: { fn: tf.minimum },
  mod: { fn: tf.mod, gradient: false, domain: 'positive' },
  pow: { fn: tf.pow, domain: 'positive' },
  prelu: { fn: tf.prelu },
  squaredDifference: { fn: tf.squaredDifference },
  equal: { fn: tf.equal, gradient: false },
  notEqual: { fn: tf.notEqual, gradient: false },
  greater: { fn: tf.greater, gradient: false },
  greaterEqual: { fn: tf.greaterEqual, gradient: false },
  less: { fn: tf.less, gradient: false },
  lessEqual: { fn: tf.lessEqual, gradient: false },
  where: { fn: (a, b) => tf.where(tf.greaterEqual(a, b), a, tf.mul(b, 2)) },
};

/** Puts a value into the layout of a convolution's output: whole blocks, a partly filled block, or NCHW. */
const throughConvolution = (channels: number): Unary => {
  const filter = floats([1, 1, 3, channels], 9);
  return (x) => tf.conv2d(x as tf.Tensor4D, tf.tensor(filter.data as Float32Array, [1, 1, 3, channels]) as tf.Tensor4D, 1, 'same');
};

const intoDomain = (domain: 'positive' | 'above1' | undefined): Unary => {
  if (domain === 'positive') return (x) => tf.add(tf.abs(x), 0.2);
  if (domain === 'above1') return (x) => tf.add(tf.abs(x), 1.2);
  return (x) => x;
};

describe('the compiled engine computes as the reference does the unary kernel', () => {
  for (const [name, { fn, domain, gradient, tolerance }] of Object.entries(unary)) {
    const of = (x: tf.Tensor) => fn(intoDomain(domain)(x));
    const function_ = gradient === false ? ({ x }: Record<string, tf.Tensor>) => ({ y: of(x!) }) : withGradient(of);
    it(`${name}`, () => expectSame(function_, { x: floats([5, 7]) }, tolerance));
    for (const channels of [32, 20, 6]) {
      const chained = (x: tf.Tensor) => of(tf.tanh(throughConvolution(channels)(x)));
      const inLayout =
        gradient === false
          ? ({ x }: Record<string, tf.Tensor>) => ({ y: tf.cast(of(tf.tanh(throughConvolution(channels)(tf.mul(x!, 0.7)))), 'float32') })
          : withGradient(chained);
      // Kernels that jump are compared where rounding in the convolution cannot move a value over the edge.
      if (gradient !== false)
        it(`${name} after a convolution of ${channels} channels`, () => expectSame(inLayout, { x: floats([2, 3, 4, 3]) }, 1e-4));
    }
  }
});

describe('the compiled engine computes as the reference does the binary kernel', () => {
  const shapes: [number[], number[]][] = [
    [
      [4, 5],
      [4, 5],
    ],
    [[4, 5], [5]],
    [[4, 5], []],
    [[], [4, 5]],
    [[2, 3, 4, 6], [6]],
    [
      [2, 3, 4, 6],
      [2, 1, 1, 6],
    ],
    [
      [2, 1, 4, 1],
      [3, 1, 6],
    ],
  ];
  for (const [name, { fn, gradient, domain }] of Object.entries(binary)) {
    for (const [a, b] of shapes) {
      if (name === 'prelu' && b.length > a.length) continue;
      // tfjs itself has no gradient of these for an operand that is repeated.
      const repeats = ['maximum', 'minimum', 'prelu', 'squaredDifference'].includes(name) && (a.length === 0 || a.includes(1));
      const inputs = domain === 'positive' ? { x: positive(floats(a)), b: positive(floats(b, 2)) } : { x: floats(a), b: floats(b, 2) };
      const of = (x: tf.Tensor, { b }: Record<string, tf.Tensor>) => fn(x, b!);
      it(`${name} [${a}] [${b}]`, () =>
        expectSame(gradient === false || repeats ? (inputs) => ({ y: of(inputs.x!, inputs) }) : withGradient(of), inputs));
    }
    if (gradient === false) continue;
    for (const [channels, other] of [
      [32, [2, 3, 4, 32]],
      [32, [2, 1, 1, 32]],
      [32, [32]],
      [32, [1, 3, 4, 1]],
      [20, [2, 3, 4, 20]],
      [20, [20]],
      [6, [2, 3, 4, 6]],
      [6, [6]],
    ] as const) {
      const of = (x: tf.Tensor, { b }: Record<string, tf.Tensor>) =>
        fn(intoDomain(domain)(throughConvolution(channels)(x)), intoDomain(domain)(b!));
      it(`${name} after a convolution, with [${other}]`, () =>
        expectSame(withGradient(of), { x: floats([2, 3, 4, 3]), b: floats(other, 3) }, 1e-4));
    }
  }
});

describe('the compiled engine adds up as the reference does a sum that repeats one of its operands:', () => {
  const given = { large: floats([2, 4, 4, 16], 2), filter: floats([1, 4, 16, 16], 3), v: floats([16], 4) };
  it.each<[string, readonly number[], (x: tf.Tensor, inputs: Record<string, tf.Tensor>) => tf.Tensor]>([
    [
      'a convolution',
      [2, 4, 4, 16],
      (x, { large, filter }) => tf.add(large!, tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid')),
    ],
    ['a value scaled by channel', [2, 4, 1, 16], (x, { large, v }) => tf.add(large!, tf.mul(x, v!))],
    ['a value scaled and shifted by channel', [2, 4, 1, 16], (x, { large, v }) => tf.add(large!, tf.add(tf.mul(x, v!), v!))],
  ])('%s', (_, shape, sum) => expectSame(withGradient(sum), { x: floats(shape), ...given }));
});

describe('the compiled engine, as the reference,', () => {
  const inputs = {
    x: integers([3, 4], 7),
    b: integers([3, 4], 5, 'int32', 2),
    p: integers([3, 4], 2, 'bool'),
    q: integers([3, 4], 2, 'bool', 4),
  };
  it('computes in integers', () =>
    expectSame(({ x, b }) => {
      const divisor = tf.add(b!, tf.scalar(1, 'int32'));
      return {
        sum: tf.add(x!, b!),
        product: tf.mul(x!, b!),
        floor: tf.floorDiv(tf.neg(x!), divisor),
        mod: tf.mod(x!, divisor),
        max: tf.maximum(x!, b!),
        step: tf.step(x!),
      };
    }, inputs));
  it('computes with booleans', () =>
    expectSame(
      ({ p, q }) => ({ and: tf.logicalAnd(p!, q!), or: tf.logicalOr(p!, q!), xor: tf.logicalXor(p!, q!), not: tf.logicalNot(p!) }),
      inputs,
    ));
  it('converts between dtypes', () =>
    expectSame(
      ({ x, p }) => ({
        f: tf.cast(x!, 'float32'),
        b: tf.cast(x!, 'bool'),
        i: tf.cast(p!, 'int32'),
        t: tf.cast(tf.mul(tf.cast(x!, 'float32'), -0.7), 'int32'),
      }),
      inputs,
    ));
  it('converts constants of another dtype', () =>
    expectSame(({ x }) => {
      const positive = tf.cast(tf.greater(tf.tensor(inputs.x!.data as tf.TypedArray, x!.shape), 0), 'float32');
      return { positive, sum: tf.add(tf.cast(x!, 'float32'), positive) };
    }, inputs));
  it('adds lists', () => expectSame(({ x, b }) => ({ y: tf.addN([x!, b!, x!]) }), inputs));
});
