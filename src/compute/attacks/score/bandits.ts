/**
 * Bandits with priors (Ilyas et al. 2019): a running estimate of the gradient, of tiles, is moved by finite differences around it, two queries a step; the image follows
 * it.
 * @module
 */
import type { Budget } from '../../distances/index.js';
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { floats } from '../../tensors/index.js';
import { BlackBox, queryLimit } from '../core/black-box.js';
import { l2Budget, linfBudget } from '../core/budgets.js';
import { type AttackDefinition, type AttackOutput, type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { clipped, row } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { crossEntropyOf, objectiveOf } from '../core/objectives.js';
import { L2_EPSILON, LINF_EPSILON } from '../core/parameters.js';
import { L2 } from '../norms/l2.js';

const ILYAS_2019: AttackReference = {
  title: 'Prior Convictions: Black-Box Adversarial Attacks with Bandits and Priors',
  authors: 'Ilyas, Engstrom, Madry',
  year: 2019,
  link: 'arXiv:1807.07978',
};

interface Defaults {
  readonly imageRate: number;
  readonly priorRate: number;
  readonly exploration: number;
  readonly delta: number;
}

const parametersOf = ({ imageRate, priorRate, exploration, delta }: Defaults) => ({
  queries: queryLimit(10_000),
  imageRate: real({
    default: imageRate,
    minimum: 1e-6,
    maximum: 1000,
    description: "Length of a step of the image, in the norm. The default is the authors'.",
  }),
  priorRate: real({
    default: priorRate,
    minimum: 1e-6,
    maximum: 1e6,
    description: "Learning rate of the running estimate. The default is the authors'.",
  }),
  exploration: real({
    default: exploration,
    minimum: 1e-6,
    maximum: 1000,
    description: "δ: how far around the running estimate the finite differences are. The default is the authors'.",
  }),
  delta: real({
    default: delta,
    minimum: 1e-6,
    maximum: 100,
    description: "η: Euclidean length of the way to the two points that are asked about. The default is the authors'.",
  }),
  tiles: integer({
    minimum: 1,
    maximum: 10_000,
    description:
      'Tiles along the longer side of the image that the estimate has. Absent: a sixth of the pixels, at least 5; the authors take 50 for 224 or 299 pixels.',
  }),
  ...TARGET_PARAMETERS,
});

type Values = ValuesOf<ReturnType<typeof parametersOf>>;

/** What differs between the norms. */
interface BanditNorm {
  /** The running estimate after a step along a slope, in place. */
  movePrior(prior: Float32Array, slope: Float32Array, rate: number): void;
  /** The image after a step along the estimate and the projection onto the ball, in place. */
  moveImage(image: Float32Array, direction: Float32Array, rate: number, original: Float32Array, epsilon: number): void;
}

/** Exponentiated gradients, signs and a box. */
const LINF_STEPS: BanditNorm = {
  movePrior(prior, slope, rate) {
    for (let p = 0; p < prior.length; p++) {
      // (x e^g - y e^-g) / (x e^g + y e^-g) for x = (1 + v) / 2, y = 1 - x.
      const change = Math.tanh(rate * slope[p]!);
      prior[p] = Math.min(1, Math.max(-1, (prior[p]! + change) / (1 + prior[p]! * change)));
    }
  },
  moveImage(image, direction, rate, original, epsilon) {
    for (let p = 0; p < image.length; p++) {
      const moved = image[p]! + rate * Math.sign(direction[p]!);
      image[p] = clipped(Math.min(original[p]! + epsilon, Math.max(original[p]! - epsilon, moved)));
    }
  },
};

/** Plain steps, and a ball. */
const L2_STEPS: BanditNorm = {
  movePrior(prior, slope, rate) {
    for (let p = 0; p < prior.length; p++) prior[p]! += rate * slope[p]!;
  },
  moveImage(image, direction, rate, original, epsilon) {
    const step = rate / L2.length(direction);
    const change = image.map((value, p) => value + step * direction[p]! - original[p]!);
    const shrink = Math.min(1, epsilon / L2.length(change));
    for (let p = 0; p < image.length; p++) image[p] = clipped(original[p]! + shrink * change[p]!);
  },
};

const BANDITS = { access: 'SCORE', targeted: true, reference: ILYAS_2019 } as const;
const DESCRIPTION = 'Follows a running estimate of the gradient, of tiles, which two queries a step correct. Uses scores only.';

export const banditsLinf: AttackDefinition = defineAttack({
  ...BANDITS,
  kind: 'BANDITS_LINF',
  name: 'banditsLinf',
  title: 'Bandits, L∞',
  description: DESCRIPTION,
  norms: ['LINF'],
  parameters: { epsilon: LINF_EPSILON, ...parametersOf({ imageRate: 0.01, priorRate: 100, exploration: 1, delta: 0.1 }) },
  budget: linfBudget,
  run: (task, values) => bandits(task, values, linfBudget(values), LINF_STEPS),
});

export const banditsL2: AttackDefinition = defineAttack({
  ...BANDITS,
  kind: 'BANDITS_L2',
  name: 'banditsL2',
  title: 'Bandits, L2',
  description: DESCRIPTION,
  norms: ['L2'],
  parameters: { epsilon: L2_EPSILON, ...parametersOf({ imageRate: 0.5, priorRate: 0.1, exploration: 0.01, delta: 0.01 }) },
  budget: l2Budget,
  run: (task, values) => bandits(task, values, l2Budget(values), L2_STEPS),
});

/** Pixels that share a tile, and the fewest tiles of a side. */
const [PIXELS_OF_TILE, FEWEST_TILES] = [6, 5];

/** Queries of a step: two for the slope, one for where it leads. */
const STEP_QUERIES = 3;

async function bandits(task: AttackTask, values: Values, budget: Budget, norm: BanditNorm): Promise<AttackOutput> {
  const { queries, imageRate, priorRate, exploration, delta } = values;
  const [height, width, channels] = task.model.spec.inputShape;
  const longer = Math.max(height, width);
  const tiles = Math.min(longer, values.tiles ?? Math.max(FEWEST_TILES, Math.round(longer / PIXELS_OF_TILE)));
  const [rows, columns] = [Math.ceil((tiles * height) / longer), Math.ceil((tiles * width) / longer)];
  const count = rows * columns * channels;
  const tileOf = Int32Array.from({ length: height * width * channels }, (_, p) => {
    const [pixel, channel] = [Math.floor(p / channels), p % channels];
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    return (Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width)) * channels + channel;
  });
  const spread = (prior: Float32Array) => Float32Array.from(tileOf, (tile) => prior[tile]!);
  const box = new BlackBox(task, budget, queries);
  const objective = objectiveOf(task, crossEntropyOf(task));
  const current = floats(task.images).slice();
  const priors = new Float32Array(task.labels.length * count);
  const streams = Array.from(task.labels, (_, i) => task.random.stream(i, 'bandits.noise'));
  for (let examples = box.asking(STEP_QUERIES); examples.length > 0; examples = box.asking(STEP_QUERIES)) {
    const noises = Array.from(examples, (i) =>
      Float32Array.from({ length: count }, () => (exploration * streams[i]!.normal()) / Math.sqrt(count)),
    );
    const seen = new Float64Array(2 * examples.length);
    await box.scores(
      Int32Array.from(seen, (_, at) => examples[at >> 1]!),
      (at, image) => {
        const [i, sign] = [examples[at >> 1]!, at % 2 === 0 ? 1 : -1];
        const noise = noises[at >> 1]!;
        const direction = spread(row(priors, count, i).map((value, k) => value + sign * noise[k]!));
        const step = delta / L2.length(direction);
        image.set(row(current, box.size, i));
        for (let p = 0; p < image.length; p++) image[p] = clipped(image[p]! + step * direction[p]!);
      },
      (at, _image, scores) => (seen[at] = objective(examples[at >> 1]!, scores)),
    );
    for (const [at, i] of examples.entries()) {
      // The attack lowers the objective, and the estimate points downhill.
      const slope = (seen[2 * at + 1]! - seen[2 * at]!) / (delta * exploration);
      const prior = row(priors, count, i);
      norm.movePrior(
        prior,
        noises[at]!.map((value) => slope * value),
        priorRate,
      );
      norm.moveImage(row(current, box.size, i), spread(prior), imageRate, box.original(i), budget.epsilon);
    }
    await box.release(examples, current);
  }
  return box.output();
}
