/**
 * ZOO, zeroth-order optimisation (Chen et al. 2017): Carlini & Wagner's attack in L2 on scores alone, by Adam on the differences of a few random pixel values a step.
 * Without the original's search in smaller images and its importance sampling, which it has for large images.
 * @module
 */
import { boolean, integer, real, type ValuesOf } from '../../parameters/index.js';
import { type RandomStream, shuffledIndices } from '../../random.js';
import { BlackBox, classOf, queryLimit } from '../core/black-box.js';
import { l2Budget } from '../core/budgets.js';
import { type AttackTask, defineAttack } from '../core/definition.js';
import { clipped, row } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { type SearchResult, smallestChange } from '../core/minimum-norm.js';
import { margin, objectiveOf } from '../core/objectives.js';
import { L2_CAP, LOGIT_MARGIN } from '../core/parameters.js';
import { Shortest } from '../core/shortest.js';
import { L2 } from '../norms/l2.js';

const PARAMETERS = {
  queries: queryLimit(250_000),
  steps: integer({
    default: 1000,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Most steps for each c. The authors take 3,000 for MNIST, 1,000 for CIFAR-10.',
  }),
  coordinates: integer({
    default: 128,
    minimum: 1,
    maximum: 10_000,
    description: "Pixel values whose differences a step asks about, two queries each. The default is the authors'.",
  }),
  searchSteps: integer({
    default: 9,
    minimum: 1,
    maximum: 100,
    description: "Values of c that are tried for each example, as far as the queries go. The default is the authors'.",
  }),
  initialConstant: real({
    default: 0.01,
    minimum: 1e-10,
    maximum: 1e10,
    description: "c: weight of fooling the model against the length of the change, the first that is tried. The default is the authors'.",
  }),
  confidence: LOGIT_MARGIN,
  learningRate: real({ default: 0.01, minimum: 1e-6, maximum: 10, description: "Adam's learning rate. The default is the authors'." }),
  delta: real({
    default: 1e-4,
    minimum: 1e-6,
    maximum: 1,
    description: "h: how far the two points of a difference are from the image. The default is the authors'.",
  }),
  abortEarly: boolean({
    default: true,
    description: 'An example whose loss does not fall in a tenth of the steps takes no more with this c.',
  }),
  ...TARGET_PARAMETERS,
};

type Values = ValuesOf<typeof PARAMETERS>;

export const zoo = defineAttack({
  kind: 'ZOO',
  name: 'zoo',
  title: 'ZOO',
  description:
    'Carlini & Wagner in L2 without gradients: Adam on differences of scores, of a few random pixel values a step. Uses scores only.',
  access: 'SCORE',
  norms: ['L2'],
  targeted: true,
  reference: {
    title: 'ZOO: Zeroth Order Optimization Based Black-box Attacks to Deep Neural Networks without Training Substitute Models',
    authors: 'Chen, Zhang, Sharma, Yi, Hsieh',
    year: 2017,
    link: 'arXiv:1708.03999',
  },
  parameters: { epsilon: L2_CAP, ...PARAMETERS },
  budget: l2Budget,
  run: (task, { epsilon, ...values }) => smallestChange(task, l2Budget({ epsilon }), 1, (left) => search(left, values)),
});

/** Part by which the loss must fall in a tenth of the steps. */
const LEAST_PROGRESS = 1e-4;

/** One example, with one c. */
class CoordinateAdam {
  private readonly mean: Float32Array;
  private readonly square: Float32Array;
  private readonly times: Int32Array;
  readonly change: Float32Array;
  checked = Infinity;
  loss = Infinity;
  isFooled = false;
  isOver = false;

  constructor(size: number) {
    [this.mean, this.square, this.change] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
    this.times = new Int32Array(size).fill(1);
  }

  step(p: number, slope: number, rate: number): void {
    const time = this.times[p]!++;
    this.mean[p] = 0.9 * this.mean[p]! + 0.1 * slope;
    this.square[p] = 0.999 * this.square[p]! + 0.001 * slope * slope;
    const correction = Math.sqrt(1 - 0.999 ** time) / (1 - 0.9 ** time);
    this.change[p]! -= (rate * correction * this.mean[p]!) / (Math.sqrt(this.square[p]!) + 1e-8);
  }

  /** Once the model is fooled, what is left to lower is the length. */
  forget(): void {
    this.mean.fill(0);
    this.square.fill(0);
    this.times.fill(1);
  }
}

async function search(task: AttackTask, values: Values): Promise<SearchResult> {
  const { queries, steps, coordinates, searchSteps, initialConstant, abortEarly } = values;
  const box = new BlackBox(task, l2Budget({}), queries);
  const shortest = new Shortest(task, box, (change) => L2.length(change));
  const n = task.labels.length;
  const streams = Array.from(task.labels, (_, i) => task.random.stream(i, 'zoo.coordinates'));
  const count = Math.min(coordinates, box.size);
  const [low, high, c] = [new Float64Array(n), new Float64Array(n).fill(Infinity), new Float64Array(n).fill(initialConstant)];
  const tenth = Math.ceil(steps / 10);
  for (let attempt = 0; attempt < searchSteps; attempt++) {
    const states = Array.from(task.labels, () => new CoordinateAdam(box.size));
    for (let step = 1; step <= steps; step++) {
      const examples = box.asking(2 * count + 1).filter((i) => !states[i]!.isOver);
      if (examples.length === 0) break;
      await moveCoordinates(task, box, examples, states, streams, c, { ...values, coordinates: count });
      await evaluate(task, box, examples, states, c, values, shortest);
      if (!abortEarly || step % tenth !== 0) continue;
      for (const i of examples) {
        states[i]!.isOver = states[i]!.loss > (1 - LEAST_PROGRESS) * states[i]!.checked;
        states[i]!.checked = states[i]!.loss;
      }
    }
    for (const i of task.labels.keys()) {
      if (states[i]!.isFooled) high[i] = Math.min(high[i]!, c[i]!);
      else low[i] = Math.max(low[i]!, c[i]!);
      c[i] = high[i]! < Infinity ? (low[i]! + high[i]!) / 2 : 10 * c[i]!;
    }
  }
  return shortest.found();
}

/** `‖δ‖² + c · max(margin + κ, 0)`. */
function lossOf(task: AttackTask, { confidence }: Values, c: Float64Array) {
  const objective = objectiveOf(task, margin);
  return (example: number, squares: number, scores: Float32Array) =>
    squares + c[example]! * Math.max(0, objective(example, scores) + confidence);
}

function squaresOf(change: Float32Array): number {
  let sum = 0;
  for (const value of change) sum += value * value;
  return sum;
}

/** A step of Adam on random values of every example's change. */
async function moveCoordinates(
  task: AttackTask,
  box: BlackBox,
  examples: Int32Array,
  states: readonly CoordinateAdam[],
  streams: readonly RandomStream[],
  c: Float64Array,
  values: Values,
): Promise<void> {
  const { coordinates, delta, learningRate } = values;
  const loss = lossOf(task, values, c);
  const chosen = Array.from(examples, (i) => shuffledIndices(streams[i]!, box.size).slice(0, coordinates));
  const squares = Array.from(examples, (i) => squaresOf(states[i]!.change));
  const rows = 2 * coordinates;
  let ahead = 0;
  const slopes = new Float64Array(examples.length * coordinates);
  await box.scores(
    Int32Array.from({ length: examples.length * rows }, (_, at) => examples[Math.floor(at / rows)]!),
    (at, image) => {
      const place = Math.floor(at / rows);
      const i = examples[place]!;
      write(box.original(i), states[i]!.change, image);
      image[chosen[place]![(at % rows) >> 1]!]! += at % 2 === 0 ? delta : -delta;
    },
    (at, _image, scores) => {
      const place = Math.floor(at / rows);
      const i = examples[place]!;
      const k = (at % rows) >> 1;
      const value = states[i]!.change[chosen[place]![k]!]!;
      const moved = value + (at % 2 === 0 ? delta : -delta);
      const seen = loss(i, squares[place]! - value * value + moved * moved, scores);
      if (at % 2 === 0) ahead = seen;
      else slopes[place * coordinates + k] = (ahead - seen) / (2 * delta);
    },
  );
  for (const [place, i] of examples.entries()) {
    const original = box.original(i);
    for (const [k, p] of chosen[place]!.entries()) {
      states[i]!.step(p, slopes[place * coordinates + k]!, learningRate);
      states[i]!.change[p] = clipped(original[p]! + states[i]!.change[p]!) - original[p]!;
    }
  }
}

/** Looks at every example's image as success is decided on it. */
async function evaluate(
  task: AttackTask,
  box: BlackBox,
  examples: Int32Array,
  states: readonly CoordinateAdam[],
  c: Float64Array,
  values: Values,
  shortest: Shortest,
): Promise<void> {
  const loss = lossOf(task, values, c);
  const objective = objectiveOf(task, margin);
  const suspects: number[] = [];
  const images = new Float32Array(task.images.data.length);
  await box.scores(
    examples,
    (at, image) => {
      write(box.original(examples[at]!), states[examples[at]!]!.change, image);
      box.round(image);
    },
    (at, image, scores) => {
      const i = examples[at]!;
      const state = states[i]!;
      state.loss = loss(i, squaresOf(state.change), scores);
      if (!box.isReached(i, classOf(scores)) || objective(i, scores) + values.confidence > 0) return;
      if (!state.isFooled) state.forget();
      state.isFooled = true;
      if (task.predictions === undefined || task.predictions === 1) shortest.take(i, image);
      else if (box.left(i) > 0) {
        images.set(image, i * box.size);
        suspects.push(i);
      }
    },
  );
  // Where one prediction does not decide.
  await box.decisions(
    Int32Array.from(suspects),
    (at, image) => image.set(row(images, box.size, suspects[at]!)),
    (at, image, predicted) => {
      if (box.isReached(suspects[at]!, predicted)) shortest.take(suspects[at]!, image);
    },
  );
}

function write(original: Float32Array, change: Float32Array, image: Float32Array): void {
  for (let p = 0; p < image.length; p++) image[p] = original[p]! + change[p]!;
}
