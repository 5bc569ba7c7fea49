/**
 * Perceptual PGD (Laidlaw, Singla & Feizi 2021): steps up the margin within a ball of a perceptual distance, each the best for the linear form of the features, by conjugate
 * gradients, and each followed by a projection. The authors' code ends the conjugate gradients of a batch together; here each example's end by themselves.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { asJudged, type Budget } from '../../distances/index.js';
import { ComputeError } from '../../errors.js';
import { differentiable } from '../../models/index.js';
import { integer, modelList, real, type ValuesOf } from '../../parameters/index.js';
import { floats, type HostTensor } from '../../tensors/index.js';
import { ensembleModel } from '../composite/ensemble-model.js';
import { type AttackOutput, type AttackTask, defineAttack } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { dot, imageSize, row } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { constant } from '../core/projected-gradient.js';
import { changedAtRandom } from '../core/random-images.js';
import { runOnce } from '../core/towards.js';
import { goalMargin } from '../minimum-norm/goal.js';
import { classes } from '../minimum-norm/steps.js';
import { perceptualFeatures } from './perceptual-network.js';

const NO_BUDGET: Budget = { norm: 'L2', epsilon: Infinity };

/** Constants of the authors' code: standard deviation of the start, residual and gradient that are nothing, and projections. */
const START = 0.01;
const [SMALLEST_RESIDUAL, SMALLEST_GRADIENT] = [0.1, 1e-4];
const [OVERSHOOT, NEWTON_STEPS, HALVINGS] = [0.1, 10, 10];

const PARAMETERS = {
  bound: real({
    default: 0.5,
    minimum: 1e-6,
    maximum: 1000,
    description: "Radius of the ball, in the root of LPIPS without learned weights. The default is the authors', for their AlexNet.",
  }),
  steps: integer({
    default: 40,
    minimum: 1,
    maximum: 10_000,
    description: "Number of steps, each of 2 · bound / steps. The default is that of the authors' evaluations; their code has 5.",
  }),
  conjugateSteps: integer({
    default: 5,
    minimum: 1,
    maximum: 1000,
    description: "Conjugate gradient iterations of a step. The default is the authors'.",
  }),
  difference: real({
    default: 1e-3,
    minimum: 1e-9,
    maximum: 1,
    description: "h: step of the finite differences along a direction. The default is the authors'.",
  }),
  confidence: real({
    default: 1,
    minimum: 0,
    maximum: 1000,
    description: "κ: margin of the logits beyond which an image is left as it is. The default is the authors'.",
  }),
  sourceModelIds: modelList({
    maximum: 1,
    description:
      'Id of the model whose layers measure the distance, such as AlexNet. Absent: the evaluated model itself, the self-bounded attack of the paper.',
  }),
  ...TARGET_PARAMETERS,
};

type Values = ValuesOf<typeof PARAMETERS>;

export const ppgd = defineAttack({
  kind: 'PPGD',
  name: 'ppgd',
  title: 'Perceptual PGD',
  description:
    'Changes images as far as a perceptual distance allows: that of what layers of a network output (LPIPS), of the model itself or of another one. It has no budget in a norm; distances are measured as they are.',
  access: 'GRADIENT',
  norms: ['L2'],
  distance: 'PERCEPTUAL',
  targeted: true,
  readsLayers: true,
  reference: {
    title: 'Perceptual Adversarial Robustness: Defense Against Unseen Threat Models',
    authors: 'Laidlaw, Singla, Feizi',
    year: 2021,
    link: 'arXiv:2006.12655',
  },
  parameters: PARAMETERS,
  budget: () => NO_BUDGET,
  async run(task, values) {
    const features = perceptualFeatures(differentiable(networkOf(task, values)));
    const whole = await compileAttack(task, features, values);
    const output = await runOnce(task, NO_BUDGET, (left) => new PerceptualSteps(left, whole, values).run());
    const judged = asJudged(task.images, output.images, { ...NO_BUDGET, judging: task.judging, levels: task.levels });
    return { ...output, distances: (await whole.distance(judged, task.images)).distance };
  },
});

function networkOf({ model, sources }: AttackTask, { sourceModelIds }: Values) {
  if (!sourceModelIds) return model;
  const [source] = sources ?? [];
  if (source) return source;
  throw new ComputeError('INVALID_ATTACK', 'A perceptual network can be named in evaluations alone.', ['sourceModelIds']);
}

type Compiled = Awaited<ReturnType<typeof compileAttack>>;

async function compileAttack(task: AttackTask, features: ReturnType<typeof perceptualFeatures>, { difference, confidence }: Values) {
  const model = differentiable(task.model);
  const { classCount } = model.spec;
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const one = { dtype: 'float32', shape: [1, 1, 1] } as const;
  const alone = task.on(features);
  const scored = { ...task, ...task.on(ensembleModel([model, { ...features, spec: model.spec }], [1, 1], 'SIDE_BY_SIDE')) };
  const { direction } = aim(task);
  const margin = await scored.compile(
    `margin.${direction}`,
    { x: image, aim: { dtype: 'int32', shape: [] }, kappa: one },
    (outputs, { x, aim: goalClass, kappa }) => {
      const of = goalMargin(scored, goalClass as tf.Tensor1D);
      const capped = (at: tf.Tensor) => {
        const scores = tf.slice(outputs(at as tf.Tensor4D), [0, 0], [-1, classCount]);
        return tf.sum(tf.minimum(of(scores), kappa!));
      };
      return { gradient: tf.grad(capped)(x!) };
    },
  );
  const along = await alone.compile('along', { x: image, v: image, h: one }, (phi, { x, v, h }) => {
    const still = phi(x as tf.Tensor4D);
    const change = tf.div(tf.sub(phi(tf.add(x!, tf.mul(h!, v!))), still), tf.reshape(h!, [-1, 1]));
    const product = tf.grad((at) => tf.sum(tf.mul(phi(at as tf.Tensor4D), change)))(x!);
    return { product, length: tf.sqrt(tf.sum(tf.square(change), 1)) };
  });
  const distance = await alone.compile('distance', { x: image, original: image }, (phi, { x, original }) => {
    const from = phi(original as tf.Tensor4D);
    const of = (at: tf.Tensor) => tf.sqrt(tf.add(tf.sum(tf.square(tf.sub(phi(at as tf.Tensor4D), from)), 1), 1e-20));
    return { distance: of(x!), gradient: tf.grad((at) => tf.sum(of(at)))(x!) };
  });
  const { signal } = task;
  const rows = (x: HostTensor) => x.shape[0]!;
  return {
    async margin(x: HostTensor, labels: Int32Array) {
      const { gradient } = await margin.run({ x, aim: classes(labels), kappa: constant(rows(x), confidence) }, { signal });
      return floats(gradient!);
    },
    async along(x: HostTensor, v: HostTensor) {
      const { product, length } = await along.run({ x, v, h: constant(rows(x), difference) }, { signal });
      return { product: floats(product!), length: floats(length!) };
    },
    async distance(x: HostTensor, original: HostTensor) {
      const { distance: lengths, gradient } = await distance.run({ x, original }, { signal });
      return { distance: floats(lengths!), gradient: floats(gradient!) };
    },
  };
}

/** The attack on one batch. Passes are counted for the examples that need them. */
class PerceptualSteps {
  private readonly n: number;
  private readonly size: number;
  private readonly queries: Int32Array;
  private readonly gradients: Int32Array;

  constructor(
    private readonly task: AttackTask,
    private readonly on: Compiled,
    private readonly values: Values,
  ) {
    this.n = task.labels.length;
    this.size = imageSize(task.images);
    this.queries = new Int32Array(this.n);
    this.gradients = new Int32Array(this.n);
  }

  async run(): Promise<AttackOutput> {
    const { steps } = this.values;
    let x = changedAtRandom(this.task, 'ppgd.start', (stream, size) => Float32Array.from({ length: size }, () => START * stream.normal()));
    for (let step = 0; step < steps; step++) x = await this.projected(await this.stepped(x));
    return { images: await this.withinAsJudged(x), queries: this.queries, gradients: this.gradients };
  }

  /** `x + λ s`, s solving `JᵀJ s = ∇ margin` by conjugate gradients, J the Jacobian of the features, and λ making the step as long as it is to be. */
  private async stepped(x: HostTensor): Promise<HostTensor> {
    const { bound, steps, conjugateSteps } = this.values;
    const { n, size } = this;
    const gradient = await this.on.margin(x, aim(this.task).labels);
    const all = Int32Array.from({ length: n }, (_, i) => i);
    this.spend(all, 1, 1);
    const residual = gradient.slice();
    const direction = { ...x, data: gradient.slice() };
    const sum = { ...x, data: new Float32Array(gradient.length) };
    let live = all;
    for (let iteration = 0; iteration < conjugateSteps && live.length > 0; iteration++) {
      const { product } = await this.on.along(x, direction);
      this.spend(live, 3, 1);
      live = live.filter((i) => {
        const [r, p] = [row(residual, size, i), row(direction.data, size, i)];
        const [s, a] = [row(sum.data, size, i), row(product, size, i)];
        const squares = dot(r, r);
        const bend = dot(p, a);
        if (!(bend > 0) || (iteration > 0 && squares < SMALLEST_RESIDUAL)) return false;
        const alpha = squares / bend;
        for (let at = 0; at < size; at++) {
          s[at] = s[at]! + alpha * p[at]!;
          r[at] = r[at]! - alpha * a[at]!;
        }
        const beta = dot(r, r) / squares;
        for (let at = 0; at < size; at++) p[at] = r[at]! + beta * p[at]!;
        return true;
      });
    }
    const { length } = await this.on.along(x, sum);
    this.spend(all, 3, 1);
    const data = floats(x).slice();
    for (let i = 0; i < n; i++) {
      const g = row(gradient, size, i);
      if (Math.sqrt(dot(g, g)) < SMALLEST_GRADIENT || !(length[i]! > 0)) continue;
      const [to, s] = [row(data, size, i), row(sum.data, size, i)];
      const factor = (2 * bound) / steps / length[i]!;
      for (let at = 0; at < size; at++) to[at] = Math.min(1, Math.max(0, to[at]! + factor * s[at]!));
    }
    return { ...x, data };
  }

  /** Newton's steps back into the ball, and halvings of the way to the original for what they do not bring back. */
  private async projected(x: HostTensor): Promise<HostTensor> {
    const { bound } = this.values;
    const { size } = this;
    const found = { ...x, data: floats(x).slice() };
    let outside = Int32Array.from({ length: this.n }, (_, i) => i);
    for (let iteration = 0; iteration < NEWTON_STEPS && outside.length > 0; iteration++) {
      const { distance, gradient } = await this.on.distance(found, this.task.images);
      this.spend(outside, 1, 1);
      outside = outside.filter((i) => distance[i]! > bound);
      for (const i of outside) {
        const [to, g] = [row(found.data, size, i), row(gradient, size, i)];
        const back = ((distance[i]! - bound + OVERSHOOT) * (1 + OVERSHOOT)) / Math.max(dot(g, g), 1e-30);
        for (let at = 0; at < size; at++) to[at] = Math.min(1, Math.max(0, to[at]! - back * g[at]!));
      }
    }
    return outside.length === 0 ? found : this.halved(found, x, outside, (points) => points);
  }

  /** What is stored is in the ball, too. */
  private async withinAsJudged(x: HostTensor): Promise<HostTensor> {
    const { images, judging, levels } = this.task;
    const judged = (points: HostTensor) => asJudged(images, points, { ...NO_BUDGET, judging, levels });
    const stored = judged(x);
    const { distance } = await this.on.distance(stored, images);
    const all = Int32Array.from({ length: this.n }, (_, i) => i);
    this.spend(all, 1, 0);
    const outside = all.filter((i) => distance[i]! > this.values.bound);
    return outside.length === 0 ? stored : this.halved(stored, x, outside, judged);
  }

  /** The farthest of the halvings between the originals and `ends` that are in the ball, in place of these rows of `images`. */
  private async halved(images: HostTensor, ends: HostTensor, rows: Int32Array, judged: (points: HostTensor) => HostTensor) {
    const { size } = this;
    const original = floats(this.task.images);
    const [low, high] = [new Float32Array(this.n), new Float32Array(this.n).fill(1)];
    const result = floats(images).slice();
    for (const i of rows) result.set(row(original, size, i), i * size);
    for (let halving = 0; halving < HALVINGS; halving++) {
      const points = floats(images).slice();
      for (const i of rows) {
        const share = (low[i]! + high[i]!) / 2;
        for (let at = i * size; at < (i + 1) * size; at++) points[at] = (1 - share) * original[at]! + share * floats(ends)[at]!;
      }
      const seen = judged({ ...images, data: points });
      const { distance } = await this.on.distance(seen, this.task.images);
      this.spend(rows, 1, 0);
      for (const i of rows) {
        const isIn = distance[i]! <= this.values.bound;
        (isIn ? low : high)[i] = (low[i]! + high[i]!) / 2;
        if (isIn) result.set(row(floats(seen), size, i), i * size);
      }
    }
    return { ...images, data: result };
  }

  private spend(rows: Int32Array, queries: number, gradients: number): void {
    for (const i of rows) {
      this.queries[i]! += queries;
      this.gradients[i]! += gradients;
    }
  }
}
