/**
 * NES and SPSA: descent of an objective that can only be asked for, along gradients estimated by differences between points on opposite sides of the current
 * image. They differ in the noise that leads to those points, and in the step along the gradient.
 * @module
 */
import type { Budget } from '../../distances/index.js';
import { boolean, integer, real } from '../../parameters/index.js';
import type { RandomStream } from '../../random.js';
import { floats } from '../../tensors/index.js';
import { ArrayAdam } from '../core/adam.js';
import { BlackBox, queryLimit } from '../core/black-box.js';
import { linfBudget } from '../core/budgets.js';
import { type AttackOutput, type AttackTask, defineAttack } from '../core/definition.js';
import { clipped, imageSize, row } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { fillNormal, fillSigns, fillUniform } from '../core/normal-noise.js';
import { logOdds, margin, type Objective, objectiveOf } from '../core/objectives.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { PlateauRate } from './plateau-rate.js';

const SCORES_IN_LINF = { access: 'SCORE', norms: ['LINF'], targeted: true, budget: linfBudget } as const;

/** Number of pairs of images that one estimate asks about. */
function pairsOf(value: number, paper: string) {
  return integer({
    default: value,
    minimum: 1,
    maximum: 100_000,
    description: `Pairs of images on opposite sides of the current one that an estimate of the gradient asks about. ${paper}`,
  });
}

/** Projected gradient descent on scores, with gradients estimated by natural evolution strategies (Ilyas et al. 2018). */
export const nes = defineAttack({
  ...SCORES_IN_LINF,
  kind: 'NES',
  name: 'nes',
  title: 'NES',
  description: 'Steps along the sign of a gradient that is estimated from the scores of images with Gaussian noise. Uses scores only.',
  reference: {
    title: 'Black-box Adversarial Attacks with Limited Queries and Information',
    authors: 'Ilyas, Engstrom, Athalye, Lin',
    year: 2018,
    link: 'arXiv:1804.08598',
  },
  parameters: {
    epsilon: LINF_EPSILON,
    queries: queryLimit(10_000),
    pairs: pairsOf(25, 'The paper asks about 50 images.'),
    sigma: real({
      default: 0.001,
      minimum: 1e-5,
      maximum: 1,
      description: 'σ: standard deviation of the Gaussian noise of an estimate, as a fraction of the pixel range.',
    }),
    alpha: real({
      default: 0.01,
      minimum: 0,
      maximum: 1,
      description: 'η: length of the first steps (L∞), as a fraction of the pixel range.',
    }),
    momentum: real({
      default: 0.9,
      minimum: 0,
      maximum: 0.999,
      description: "Share of the gradient before in the next. The default is that of the authors' code.",
    }),
    plateauLength: integer({
      default: 5,
      minimum: 2,
      maximum: 10_000,
      description:
        "Steps after which the step is shortened where the loss is higher than at the first of them. The default is that of the authors' code.",
    }),
    plateauDrop: real({
      default: 2,
      minimum: 1,
      maximum: 1000,
      description: "What the step is divided by on a plateau; 1 leaves it as it is. The default is that of the authors' code.",
    }),
    minimumAlpha: real({
      default: 5e-5,
      minimum: 0,
      maximum: 1,
      description: "The step is not made shorter than this. The default is that of the authors' code.",
    }),
    ...TARGET_PARAMETERS,
  },
  run(task, { epsilon, queries, pairs, sigma, alpha, momentum: kept, plateauLength, plateauDrop, minimumAlpha }) {
    const size = imageSize(task.images);
    const momenta = new Float32Array(task.images.data.length);
    const rates = Array.from(task.labels, () => new PlateauRate(alpha, plateauLength, plateauDrop, minimumAlpha));
    return estimatedDescent(task, {
      budget: linfBudget({ epsilon }),
      queries,
      pairs,
      radius: sigma,
      objective: objectiveOf(task, logOdds(task)),
      purpose: 'nes.noise',
      fill: fillNormal,
      move(i, image, gradient, _step, loss) {
        const momentum = row(momenta, size, i);
        const rate = rates[i]!.after(loss);
        for (let p = 0; p < size; p++) {
          momentum[p] = kept * momentum[p]! + (1 - kept) * gradient[p]!;
          image[p]! -= rate * Math.sign(momentum[p]!);
        }
      },
    });
  },
});

/** Keeps Adam's quotient finite, as in the authors' code. */
const SMALLEST_ROOT = 1e-9;

/** Gradients of the margin estimated by simultaneous perturbations of random sign, followed by Adam (Uesato et al. 2018). */
export const spsa = defineAttack({
  ...SCORES_IN_LINF,
  kind: 'SPSA',
  name: 'spsa',
  title: 'SPSA',
  description: 'Adam on a gradient that is estimated from the scores of images with every pixel moved up or down. Uses scores only.',
  reference: {
    title: 'Adversarial Risk and the Dangers of Evaluating Against Weak Attacks',
    authors: 'Uesato, O’Donoghue, van den Oord, Kohli',
    year: 2018,
    link: 'arXiv:1802.05666',
  },
  parameters: {
    epsilon: LINF_EPSILON,
    queries: queryLimit(12_900),
    steps: integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'Most steps of each example. Default: no limit but `queries`.',
    }),
    pairs: pairsOf(64, "The authors' code asks about 128 images: `spsa_samples` times `spsa_iters`, which is 1."),
    delta: real({
      default: 0.01,
      minimum: 1e-5,
      maximum: 1,
      description: 'δ: how far the images of an estimate are from the current one in each pixel value, as a fraction of the pixel range.',
    }),
    alpha: real({
      default: 0.01,
      minimum: 0,
      maximum: 1,
      description: "Adam's learning rate, as a fraction of the pixel range.",
    }),
    randomStart: boolean({
      default: false,
      description:
        'Whether the search starts from a random image of the budget, as in CleverHans, or from the image itself, as in AdverTorch.',
    }),
    ...TARGET_PARAMETERS,
  },
  run(task, { epsilon, queries, steps, pairs, delta, alpha, randomStart }) {
    const size = imageSize(task.images);
    const adam = new ArrayAdam(task.images.data.length, -alpha, SMALLEST_ROOT);
    return estimatedDescent(task, {
      budget: linfBudget({ epsilon }),
      queries,
      steps,
      pairs,
      randomStart,
      radius: delta,
      objective: objectiveOf(task, margin),
      purpose: 'spsa.noise',
      fill: fillSigns,
      move: (i, image, gradient, step) => adam.step(image, gradient, step, i * size),
    });
  },
});

interface EstimatedDescent {
  /** An L∞ budget. */
  readonly budget: Budget;
  readonly queries: number;
  /** Most steps of an example. Default: no limit. */
  readonly steps?: number;
  readonly pairs: number;
  /** Default: from the images themselves. */
  readonly randomStart?: boolean;
  /** How far the pairs are from the current image, in units of the noise. */
  readonly radius: number;
  readonly objective: Objective;
  /** Names the random draws, such as `nes.noise`. */
  readonly purpose: string;
  fill(stream: RandomStream, noise: Float32Array): void;
  /** Moves an image against the gradient of its objective. @param step 1 for the first. @param loss mean objective of the images that the estimate asked about. */
  move(example: number, image: Float32Array, gradient: Float32Array, step: number, loss: number): void;
}

/** Each step asks about the pairs, moves, and asks whether the image fools the model when stored. */
async function estimatedDescent(task: AttackTask, plan: EstimatedDescent): Promise<AttackOutput> {
  const { budget, pairs, queries, steps = Infinity } = plan;
  const box = new BlackBox(task, budget, queries);
  const current = floats(task.images).slice();
  const streams = Array.from(task.labels, (_, i) => task.random.stream(i, plan.purpose));
  let examples = box.asking(2 * pairs + 1);
  if (plan.randomStart)
    for (const i of examples) moveAtRandom(task.random.stream(i, `${plan.purpose}.start`), row(current, box.size, i), budget.epsilon);
  for (let step = 1; examples.length > 0 && step <= steps; step++) {
    const { gradients, losses } = await estimate(box, plan, examples, current, streams);
    for (const [at, i] of examples.entries()) {
      const image = row(current, box.size, i);
      plan.move(i, image, row(gradients, box.size, at), step, losses[at]!);
      project(image, box.original(i), budget.epsilon);
    }
    await box.release(examples, current);
    examples = box.asking(2 * pairs + 1);
  }
  return box.output();
}

/**
 * `Σ (f(x⁺) - f(x⁻)) (x⁺ - x⁻) / (4 r² · pairs)` over pairs `x ± r · noise`, clipped to the pixel range. By the points as asked about, not as drawn: so a pixel at an
 * end of the range, where one of the two is clipped, counts for what it did.
 * @returns a gradient for each of the examples, and the mean objective of the points.
 */
async function estimate(
  box: BlackBox,
  { pairs, radius, objective, fill }: EstimatedDescent,
  examples: Int32Array,
  current: Float32Array,
  streams: readonly RandomStream[],
): Promise<{ gradients: Float32Array; losses: Float64Array }> {
  const { size } = box;
  const owners = new Int32Array(2 * pairs * examples.length);
  for (let at = 0; at < owners.length; at++) owners[at] = examples[Math.floor(at / (2 * pairs))]!;
  const noise = new Float32Array(size);
  const gradients = new Float32Array(examples.length * size);
  const losses = new Float64Array(examples.length);
  let ahead: Float32Array = noise;
  let value = 0;
  await box.scores(
    owners,
    (at, image) => {
      const i = owners[at]!;
      if (at % 2 === 0) fill(streams[i]!, noise);
      const reach = at % 2 === 0 ? radius : -radius;
      for (let p = 0, from = i * size; p < size; p++) image[p] = clipped(current[from + p]! + reach * noise[p]!);
    },
    (at, image, scores) => {
      const seen = objective(owners[at]!, scores);
      losses[Math.floor(at / (2 * pairs))]! += seen / (2 * pairs);
      if (at % 2 === 0) {
        [ahead, value] = [image, seen];
        return;
      }
      const slope = (value - seen) / (4 * radius * radius * pairs);
      const gradient = row(gradients, size, Math.floor(at / (2 * pairs)));
      for (let p = 0; p < size; p++) gradient[p]! += slope * (ahead[p]! - image[p]!);
    },
  );
  return { gradients, losses };
}

/** Moves an image to a random one inside the budget and the pixel range. */
function moveAtRandom(stream: RandomStream, image: Float32Array, epsilon: number): void {
  const noise = new Float32Array(image.length);
  fillUniform(stream, noise);
  for (let p = 0; p < image.length; p++) image[p] = clipped(image[p]! + epsilon * noise[p]!);
}

/** The nearest image inside the budget and the pixel range. */
function project(image: Float32Array, original: Float32Array, epsilon: number): void {
  for (let p = 0; p < image.length; p++) {
    image[p] = clipped(Math.min(original[p]! + epsilon, Math.max(original[p]! - epsilon, image[p]!)));
  }
}
