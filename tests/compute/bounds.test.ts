/** Bounds by intervals and by CROWN: against numbers computed by hand, and against what samples of the ball show. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BoundMethod, BOUND_METHODS, scoreBounds, Verifier } from '../../src/compute/bounds/index.js';
import { loadModel, type DifferentiableModel } from '../../src/compute/models/index.js';
import { predict } from '../../src/compute/models/index.js';
import { randomStream } from '../../src/compute/random.js';
import { testEngine } from '../test-engine.js';
import { failure, temporaryDirectory } from './fixtures.js';
import { floats, type GraphSpec, writeOnnx } from './onnx-files.js';

const root = await temporaryDirectory();
const engine = await testEngine();
let number = 0;
const load = async (graph: GraphSpec): Promise<DifferentiableModel> =>
  loadModel({ directory: await writeOnnx(join(root, String(++number)), graph) });

/** x1, x2 → ReLU(x1 + x2), ReLU(x1 − x2) → their sum, and their difference. */
const SMALL: GraphSpec = {
  input: ['N', 1, 1, 2],
  nodes: [
    { op: 'Flatten', inputs: ['image'], outputs: ['flat'] },
    { op: 'Gemm', inputs: ['flat', 'w1', 'b1'], outputs: ['hidden'] },
    { op: 'Relu', inputs: ['hidden'], outputs: ['active'] },
    { op: 'Gemm', inputs: ['active', 'w2', 'b2'], outputs: ['scores'] },
  ],
  weights: {
    w1: floats([2, 2], [1, 1, 1, -1]),
    b1: floats([2], [0, 0]),
    w2: floats([2, 2], [1, 1, 1, -1]),
    b2: floats([2], [0, 0]),
  },
};

describe('of a network of two ReLUs', () => {
  it('intervals are those of a calculation by hand', async () => {
    // Around (0.5, 0.5) ± 0.25: x1 + x2 in [0.5, 1.5], x1 − x2 in [−0.5, 0.5], so ReLUs in [0.5, 1.5] and [0, 0.5].
    const { lower, upper } = scoreBounds(await load(SMALL), Float32Array.of(0.5, 0.5), 0.25, 'IBP');
    expect([...lower]).toEqual([0.5, 0]);
    expect([...upper]).toEqual([2, 1.5]);
  });

  it('CROWN is that of a calculation by hand, and tighter', async () => {
    // The first ReLU is on. The second, of d in [−0.5, 0.5], lies below d/2 + 0.25 and above 0 (an area of 1/8 as of d: 0 where u = −l).
    // Sum: at most x1 + x2 + (x1 − x2)/2 + 0.25 = 1.5 x1 + 0.5 x2 + 0.25 ≤ 1.75; at least x1 + x2 ≥ 0.5.
    // Difference: at least x1 + x2 − (x1 − x2)/2 − 0.25 = 0.5 x1 + 1.5 x2 − 0.25 ≥ 0.25; at most x1 + x2 ≤ 1.5.
    for (const method of ['CROWN_IBP', 'CROWN'] as const) {
      const { lower, upper } = scoreBounds(await load(SMALL), Float32Array.of(0.5, 0.5), 0.25, method);
      expect([...lower]).toEqual([0.5, 0.25]);
      expect([...upper]).toEqual([1.75, 1.5]);
    }
  });
});

/** A convolution, pooling, a residual sum and two layers, with weights drawn at random. */
function convolutional(seed: number): GraphSpec {
  const stream = randomStream(seed, 'bounds', 0);
  const draw = (shape: readonly number[], scale: number) =>
    floats(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * stream.normal()),
    );
  return {
    input: ['N', 1, 6, 6],
    nodes: [
      { op: 'Conv', inputs: ['image', 'k1', 'c1'], outputs: ['first'], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
      { op: 'Relu', inputs: ['first'], outputs: ['active'] },
      { op: 'Conv', inputs: ['active', 'k2', 'c2'], outputs: ['second'], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
      { op: 'Add', inputs: ['second', 'active'], outputs: ['sum'] },
      { op: 'Relu', inputs: ['sum'], outputs: ['on'] },
      {
        op: seed % 2 === 0 ? 'MaxPool' : 'AveragePool',
        inputs: ['on'],
        outputs: ['pooled'],
        attributes: { kernel_shape: [2, 2], strides: [2, 2] },
      },
      { op: 'Flatten', inputs: ['pooled'], outputs: ['flat'] },
      { op: 'Gemm', inputs: ['flat', 'w1', 'b1'], outputs: ['hidden'] },
      { op: 'Relu', inputs: ['hidden'], outputs: ['h'] },
      { op: 'Gemm', inputs: ['h', 'w2', 'b2'], outputs: ['scores'] },
    ],
    weights: {
      k1: draw([3, 1, 3, 3], 0.4),
      c1: draw([3], 0.1),
      k2: draw([3, 3, 3, 3], 0.25),
      c2: draw([3], 0.1),
      w1: draw([27, 8], 0.3),
      b1: draw([8], 0.1),
      w2: draw([8, 4], 0.5),
      b2: draw([4], 0.1),
    },
  };
}

interface Reference {
  readonly kind: 'dense' | 'convolutional';
  readonly seed: number;
  readonly epsilon: number;
  readonly image: readonly number[];
  readonly weights: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[];
  readonly bounds: Readonly<Record<BoundMethod, Readonly<Record<'lower' | 'upper', readonly number[]>>>>;
}

const { records } = JSON.parse(await readFile('tests/reference/bounds/bounds.json', 'utf8')) as { records: Reference[] };

/** The networks of tests/reference/bounds/make.py. */
function referred({ kind, weights }: Reference): GraphSpec {
  const isDense = kind === 'dense';
  const layers = weights.length / 2;
  const nodes: GraphSpec['nodes'] = Array.from({ length: layers }, (_, layer) => {
    const isConvolution = !isDense && layer < 2;
    const from = layer === 0 ? (isDense ? 'flat' : 'image') : `a${layer}`;
    const last = layer === layers - 1;
    const [w, b, out] = [`w${layer}`, `b${layer}`, last ? 'scores' : `h${layer}`];
    const attributes = isConvolution ? { kernel_shape: [3, 3], pads: Array<number>(4).fill(layer === 0 ? 1 : 0) } : { transB: 1 };
    const node = { op: isConvolution ? 'Conv' : 'Gemm', inputs: [from, w, b], outputs: [out], attributes };
    if (last) return [node];
    const active = { op: 'Relu', inputs: [out], outputs: [!isDense && layer === 1 ? 'maps' : `a${layer + 1}`] };
    return [node, active];
  }).flat();
  const flatten = { op: 'Flatten', inputs: [isDense ? 'image' : 'maps'], outputs: [isDense ? 'flat' : 'a2'] };
  const at = isDense ? 0 : 4;
  const named = weights.map(
    ({ shape, data }, i) => [`${i % 2 === 0 ? 'w' : 'b'}${Math.floor(i / 2)}`, floats([...shape], [...data])] as const,
  );
  return {
    input: ['N', 1, ...(isDense ? [3, 3] : [6, 6])],
    nodes: [...nodes.slice(0, at), flatten, ...nodes.slice(at)],
    weights: Object.fromEntries(named),
  };
}

describe.each(records.map((record) => [record.kind, record.seed, record.epsilon, record] as const))(
  'of a %s network (%i) over a ball of %f',
  (_, __, epsilon, record) => {
    it.each(BOUND_METHODS)('are those of auto_LiRPA by %s', async (method) => {
      const { lower, upper } = scoreBounds(await load(referred(record)), Float32Array.from(record.image), epsilon, method);
      const expected = record.bounds[method];
      lower.forEach((value, k) => expect(value).toBeCloseTo(expected.lower[k]!, 4));
      upper.forEach((value, k) => expect(value).toBeCloseTo(expected.upper[k]!, 4));
    });
  },
);

const SAMPLES = 400;

async function sampled(model: DifferentiableModel, image: Float32Array, radius: number, seed: number): Promise<Float32Array[]> {
  const stream = randomStream(seed, 'ball', 0);
  const data = new Float32Array(SAMPLES * image.length);
  // Corners of the ball too, where extremes are.
  for (let i = 0; i < data.length; i++) {
    const change = Math.floor(i / image.length) % 2 === 0 ? 2 * stream.uniform() - 1 : stream.integer(2) * 2 - 1;
    data[i] = Math.min(1, Math.max(0, image[i % image.length]! + radius * change));
  }
  const { data: scores } = await predict(engine, model, { dtype: 'float32', shape: [SAMPLES, ...model.spec.inputShape], data });
  const classes = model.spec.classCount;
  return Array.from({ length: SAMPLES }, (_, i) => (scores as Float32Array).slice(i * classes, (i + 1) * classes));
}

describe.each([1, 2])('of a convolutional network with a residual sum (%i)', (seed) => {
  const image = Float32Array.from({ length: 36 }, (_, i) => 0.5 + 0.4 * Math.sin(i * seed));

  it.each(BOUND_METHODS)('no sample of the ball violates the bounds of %s', async (method) => {
    const model = await load(convolutional(seed));
    for (const radius of [0, 0.02, 0.1]) {
      const { lower, upper } = scoreBounds(model, image, radius, method);
      for (const scores of await sampled(model, image, radius, seed)) {
        scores.forEach((score, k) => {
          expect(score).toBeGreaterThanOrEqual(lower[k]! - 1e-4);
          expect(score).toBeLessThanOrEqual(upper[k]! + 1e-4);
        });
      }
      if (radius === 0) lower.forEach((low, k) => expect(upper[k]! - low).toBeLessThan(1e-4));
    }
  });

  it('CROWN with the bounds of CROWN is tighter than with those of intervals, and certifies more', async () => {
    const model = await load(convolutional(seed));
    const widths = Object.fromEntries(
      BOUND_METHODS.map((method) => {
        const { lower, upper } = scoreBounds(model, image, 0.05, method);
        return [method, upper.reduce((sum, high, k) => sum + high - lower[k]!, 0)];
      }),
    ) as Record<BoundMethod, number>;
    expect(widths.CROWN).toBeLessThanOrEqual(widths.CROWN_IBP + 1e-4);
    expect(widths.CROWN).toBeLessThan(widths.IBP);
    const radii = BOUND_METHODS.map((method) => new Verifier(model, method).certify(image).radius);
    expect(radii[2]!).toBeGreaterThanOrEqual(radii[0]!);
  });

  it('no sample within a certified radius has another class', async () => {
    const model = await load(convolutional(seed));
    const { prediction, radius } = new Verifier(model, 'CROWN').certify(image);
    expect(radius).toBeGreaterThan(0);
    for (const scores of await sampled(model, image, radius, seed)) expect(scores.indexOf(Math.max(...scores))).toBe(prediction);
  });
});

describe('what has no bounds', () => {
  it('is refused with the kernel', async () => {
    const model = await load({
      ...SMALL,
      nodes: [...SMALL.nodes.slice(0, 1), { op: 'Sin', inputs: ['flat'], outputs: ['hidden'] }, ...SMALL.nodes.slice(2)],
      weights: { w2: SMALL.weights!['w2']!, b2: SMALL.weights!['b2']! },
    });
    const refused = await failure(Promise.resolve().then(() => scoreBounds(model, Float32Array.of(0, 0), 0.1, 'IBP')));
    expect(refused).toMatchObject({ code: 'UNSUPPORTED_OPERATION', path: ['method'] });
    expect(refused.message).toMatch(/no bounds for Sin/);
  });
});
