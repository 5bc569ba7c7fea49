/**
 * HopSkipJump (Chen et al. 2020): from a point on the decision boundary, a step along its normal, which is estimated from decisions around the point, and a
 * binary search back to the boundary.
 * @module
 */
import { choice, integer, real, type ValuesOf } from '../../parameters/index.js';
import type { RandomStream } from '../../random.js';
import { BlackBox } from '../core/black-box.js';
import { l2Budget, linfBudget } from '../core/budgets.js';
import { type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { clipped, row } from '../core/image-arrays.js';
import { type SearchResult, smallestChange } from '../core/minimum-norm.js';
import { fillNormal, fillUniform } from '../core/normal-noise.js';
import { L2_CAP, LINF_CAP } from '../core/parameters.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import { findStarts, prepareReferences, type References, withoutStart } from './decision-start.js';
import { Shortest } from '../core/shortest.js';
import { decisionParameters } from './decisions.js';
import { JUDGED_QUERIES, takeJudged } from './take-judged.js';

const CHEN_2020: AttackReference = {
  title: 'HopSkipJumpAttack: A Query-Efficient Decision-Based Attack',
  authors: 'Chen, Jordan, Wainwright',
  year: 2020,
  link: 'arXiv:1904.02144',
};

export const HOP_SKIP_JUMP_PARAMETERS = {
  ...decisionParameters(25_000),
  probes: integer({
    default: 100,
    minimum: 2,
    maximum: 10_000,
    description:
      'Images that the first estimate of the normal asks about; the estimate of iteration t asks about √t as many, at most `maxProbes`.',
  }),
  maxProbes: integer({
    default: 10_000,
    minimum: 2,
    maximum: 1_000_000,
    description: 'Most images that one estimate of the normal asks about.',
  }),
  iterations: integer({
    default: 64,
    minimum: 1,
    maximum: 10_000,
    description: 'Most steps along an estimated normal. Foolbox takes 64, the authors’ code 40.',
  }),
  stepSearch: choice({
    enumName: 'HopSkipJumpStepSearch',
    values: {
      GEOMETRIC_PROGRESSION: 'From the distance over √t, halved until the step ends on the wrong side of the boundary.',
      GRID: 'The step of 20, from a ten-thousandth of the distance to all of it, from which the boundary is nearest to the original: about 20 binary searches each time.',
    },
    default: 'GEOMETRIC_PROGRESSION',
    description: 'How the length of a step is found.',
  }),
  gamma: real({
    default: 1,
    minimum: 1e-6,
    maximum: 1e6,
    description:
      'γ: the binary search ends at γ / d^(3/2) of the distance in L2 and γ / d² in L∞, where d is the number of pixel values, and probes are γ / d of the distance away.',
  }),
};

/** Distance of the first probes from the boundary point, a fraction of the pixel range. */
const FIRST_RADIUS = 0.1;

/** Mean change of a pixel below which float32 networks no longer tell probes apart. */
const FINEST_CHANGE = 1e-5;

/** Halvings of a step until it ends on the wrong side of the boundary. */
const HALVINGS = 20;

/** Lengths of steps of the grid, of the distance: logarithms to base 10 from -4 to 0. */
const GRID = Array.from({ length: 20 }, (_, i) => 10 ** ((4 * i) / 19 - 4));

/** What a distance changes in the attack. */
export interface HopSkipJumpNorm {
  length(change: Float32Array): number;
  /** The binary search in an image of d values ends at this power of 1 / d of the distance. */
  readonly precision: number;
  fill(stream: RandomStream, noise: Float32Array): void;
  /** Writes the point that is a share of the way from the original to an image. */
  between(original: Float32Array, image: Float32Array, share: number, point: Float32Array): void;
  /** Turns a normal of length 1 into the direction of the step. */
  direct(normal: Float32Array): void;
}

export const L2_SEARCH: HopSkipJumpNorm = {
  length: (change) => L2.length(change),
  precision: 1.5,
  fill: fillNormal,
  between(original, image, share, point) {
    for (let p = 0; p < point.length; p++) point[p] = original[p]! + share * (image[p]! - original[p]!);
  },
  direct() {
    // The normal is the steepest direction.
  },
};

const LINF_SEARCH: HopSkipJumpNorm = {
  length: (change) => LINF.length(change),
  precision: 2,
  fill: fillUniform,
  /** Each pixel value as near to the image's as a share of the largest change allows. */
  between(original, image, share, point) {
    for (let p = 0; p < point.length; p++) point[p] = image[p]! - original[p]!;
    const reach = share * LINF.length(point);
    for (let p = 0; p < point.length; p++) point[p] = original[p]! + Math.min(reach, Math.max(-reach, point[p]!));
  },
  direct(normal) {
    for (let p = 0; p < normal.length; p++) normal[p] = Math.sign(normal[p]!);
  },
};

const HOP_SKIP_JUMP = { access: 'DECISION', targeted: true, reference: CHEN_2020, prepare: prepareReferences } as const;

export const hopSkipJumpL2 = defineAttack({
  ...HOP_SKIP_JUMP,
  kind: 'HOP_SKIP_JUMP_L2',
  name: 'hopSkipJumpL2',
  title: 'HopSkipJump, L2',
  description:
    'Starts from an image of another class and follows estimated normals of the decision boundary, for the smallest change in L2. Uses decisions only.',
  norms: ['L2'],
  parameters: { epsilon: L2_CAP, ...HOP_SKIP_JUMP_PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) =>
    smallestChange(task, l2Budget(parameters), 1, (left) => new HopSkipJump(left, parameters, task.prepared, L2_SEARCH).run()),
});

export const hopSkipJumpLinf = defineAttack({
  ...HOP_SKIP_JUMP,
  kind: 'HOP_SKIP_JUMP_LINF',
  name: 'hopSkipJumpLinf',
  title: 'HopSkipJump, L∞',
  description:
    'Starts from an image of another class and follows estimated normals of the decision boundary, for the smallest change in L∞. Uses decisions only.',
  norms: ['LINF'],
  parameters: { epsilon: LINF_CAP, ...HOP_SKIP_JUMP_PARAMETERS },
  budget: linfBudget,
  run: (task, parameters) =>
    smallestChange(task, linfBudget(parameters), 1, (left) => new HopSkipJump(left, parameters, task.prepared, LINF_SEARCH).run()),
});

export class HopSkipJump {
  private readonly box: BlackBox;
  private readonly shortest: Shortest;
  private readonly streams: readonly RandomStream[];
  /** Points on the boundary, on its wrong side. */
  private readonly current: Float32Array;
  /** Where the last steps ended, before the binary search. */
  private readonly ahead: Float32Array;
  private readonly halvings: number;

  constructor(
    private readonly task: AttackTask,
    private readonly parameters: ValuesOf<typeof HOP_SKIP_JUMP_PARAMETERS>,
    private readonly references: References | undefined,
    private readonly norm: HopSkipJumpNorm,
  ) {
    this.box = new BlackBox(task, { norm: 'L2', epsilon: Infinity }, parameters.queries);
    this.shortest = new Shortest(task, this.box, (change) => norm.length(change));
    this.streams = Array.from(task.labels, (_, i) => task.random.stream(i, 'hop-skip-jump.probes'));
    this.current = new Float32Array(task.images.data.length);
    this.ahead = new Float32Array(task.images.data.length);
    this.halvings = Math.max(1, Math.ceil(norm.precision * Math.log2(this.box.size) - Math.log2(parameters.gamma)));
  }

  async run(): Promise<SearchResult> {
    const { box, halvings } = this;
    const { probes, maxProbes, iterations, stepSearch } = this.parameters;
    const starts = await findStarts(this.task, box, this.shortest, this.references, this.parameters.startTries);
    this.ahead.set(starts.images);
    await this.toBoundary(this.able(starts.examples, halvings + JUDGED_QUERIES));
    // What an iteration asks beside the probes.
    const rest = JUDGED_QUERIES + (stepSearch === 'GRID' ? GRID.length * (1 + halvings) : HALVINGS + halvings);
    for (let iteration = 1; iteration <= iterations; iteration++) {
      const examples = this.able(starts.examples, Math.min(probes, maxProbes) + rest);
      if (examples.length === 0) break;
      const wanted = Math.min(maxProbes, Math.floor(probes * Math.sqrt(iteration)));
      const counts = examples.map((i) => Math.min(wanted, box.left(i) - rest));
      const normals = await this.normals(examples, counts, iteration);
      for (const place of examples.keys()) this.norm.direct(row(normals, box.size, place));
      await (stepSearch === 'GRID' ? this.stepByGrid(examples, normals) : this.stepByHalving(examples, normals, iteration));
    }
    return { ...this.shortest.found(), withoutStart: withoutStart(this.task, starts.examples) };
  }

  /** Those of some examples that may ask `count` more. */
  private able(examples: Int32Array, count: number): Int32Array {
    return examples.filter((i) => this.box.left(i) >= count);
  }

  /** Unit normals of the boundary towards its wrong side: the mean of random directions, weighted by the decisions there (the paper's equation 16). */
  private async normals(examples: Int32Array, counts: Int32Array, iteration: number): Promise<Float32Array> {
    const { box, norm, current } = this;
    const { size } = box;
    const radii = Float32Array.from(examples, (i) => (iteration === 1 ? FIRST_RADIUS : this.radius(i)));
    const places = repeated(counts);
    const all = new Float32Array(examples.length * size);
    const wrong = new Float32Array(examples.length * size);
    const wrongCounts = new Int32Array(examples.length);
    await box.decisions(
      places.map((place) => examples[place]!),
      (at, image) => {
        const i = examples[places[at]!]!;
        norm.fill(this.streams[i]!, image);
        const reach = radii[places[at]!]! / L2.length(image);
        for (let p = 0, from = i * size; p < size; p++) image[p] = clipped(current[from + p]! + reach * image[p]!);
      },
      (at, image, predicted) => {
        const place = places[at]!;
        const from = examples[place]! * size;
        const isReached = this.box.isReached(examples[place]!, predicted);
        wrongCounts[place]! += Number(isReached);
        for (let p = 0, to = place * size; p < size; p++, to++) {
          const direction = image[p]! - current[from + p]!;
          all[to]! += direction;
          if (isReached) wrong[to]! += direction;
        }
      },
    );
    for (const [place, count] of counts.entries()) {
      combine(row(wrong, size, place), row(all, size, place), wrongCounts[place]! / count);
    }
    return wrong;
  }

  /** Of probes: γ times the distance before the binary search, over the number of pixel values. */
  private radius(example: number): number {
    const { size } = this.box;
    const distance = this.shortest.distance(example, row(this.ahead, size, example));
    return Math.max((this.parameters.gamma * distance) / size, FINEST_CHANGE * Math.sqrt(size));
  }

  /** From the boundary along the normals, by a length that is halved until the end is on the wrong side, and back to the boundary. */
  private async stepByHalving(examples: Int32Array, normals: Float32Array, iteration: number): Promise<void> {
    const { box, current, ahead } = this;
    const { size } = box;
    const lengths = Float32Array.from(examples, (i) => this.shortest.distance(i, row(current, size, i)) / Math.sqrt(iteration));
    for (const i of examples) ahead.set(row(current, size, i), i * size);
    let places = Int32Array.from(examples.keys());
    for (let halving = 0; halving < HALVINGS && places.length > 0; halving++) {
      const pending: number[] = [];
      await box.decisions(
        places.map((place) => examples[place]!),
        (at, image) => {
          const [from, to] = [examples[places[at]!]! * size, places[at]! * size];
          for (let p = 0; p < size; p++) image[p] = clipped(current[from + p]! + lengths[places[at]!]! * normals[to + p]!);
        },
        (at, image, predicted) => {
          const i = examples[places[at]!]!;
          if (this.box.isReached(i, predicted)) ahead.set(image, i * size);
          else pending.push(places[at]!);
        },
      );
      places = Int32Array.from(pending);
      for (const place of places) lengths[place]! /= 2;
    }
    await this.toBoundary(examples);
  }

  /** To the boundary from the ends of 20 steps along the normals, each; those nearest to the originals stay. */
  private async stepByGrid(examples: Int32Array, normals: Float32Array): Promise<void> {
    const { box, current, ahead, shortest } = this;
    const { size } = box;
    const from = current.slice();
    const distances = Float32Array.from(examples, (i) => shortest.distance(i, row(from, size, i)));
    const nearest = new Float32Array(examples.length).fill(Infinity);
    const ends = new Float32Array(current.length);
    for (const share of GRID) {
      const reached: number[] = [];
      await box.decisions(
        examples,
        (place, image) => {
          const [at, to] = [examples[place]! * size, place * size];
          for (let p = 0; p < size; p++) image[p] = clipped(from[at + p]! + share * distances[place]! * normals[to + p]!);
        },
        (place, image, predicted) => {
          if (!box.isReached(examples[place]!, predicted)) return;
          ends.set(image, examples[place]! * size);
          reached.push(place);
        },
      );
      const found = Int32Array.from(reached, (place) => examples[place]!);
      const shares = await this.boundaryShares(found, ends);
      const point = new Float32Array(size);
      for (const [at, i] of found.entries()) {
        this.norm.between(box.original(i), row(ends, size, i), shares[at]!, point);
        const distance = shortest.distance(i, point);
        if (distance >= nearest[reached[at]!]!) continue;
        nearest[reached[at]!] = distance;
        current.set(point, i * size);
        ahead.set(row(ends, size, i), i * size);
      }
    }
    await this.takeCurrent(examples);
  }

  /** Brings `current` to the boundary between the originals and `ahead`. */
  private async toBoundary(examples: Int32Array): Promise<void> {
    const { box, norm, current, ahead } = this;
    const { size } = box;
    const shares = await this.boundaryShares(examples, ahead);
    for (const [at, i] of examples.entries()) norm.between(box.original(i), row(ahead, size, i), shares[at]!, row(current, size, i));
    await this.takeCurrent(examples);
  }

  /** Binary search for the boundary between the originals and some images. @returns how far towards the images it is, on its wrong side. */
  private async boundaryShares(examples: Int32Array, images: Float32Array): Promise<Float64Array> {
    const { box, norm } = this;
    const [right, wrong] = [new Float64Array(examples.length), new Float64Array(examples.length).fill(1)];
    for (let halving = 0; halving < this.halvings; halving++) {
      await box.decisions(
        examples,
        (at, image) => {
          const i = examples[at]!;
          norm.between(box.original(i), row(images, box.size, i), (right[at]! + wrong[at]!) / 2, image);
        },
        (at, _image, predicted) => {
          (box.isReached(examples[at]!, predicted) ? wrong : right)[at] = (right[at]! + wrong[at]!) / 2;
        },
      );
    }
    return wrong;
  }

  /** Looks at `current`, and a little further out, as success is decided on it. */
  private async takeCurrent(examples: Int32Array): Promise<void> {
    const { box, shortest, current } = this;
    await takeJudged(box, shortest, examples, (i) => row(current, box.size, i));
  }
}

/** Each index as often as it counts. */
function repeated(counts: Int32Array): Int32Array {
  const indices = new Int32Array(counts.reduce((sum, count) => sum + count, 0));
  let at = 0;
  for (const [index, count] of counts.entries()) indices.fill(index, at, (at += count));
  return indices;
}

/** The normal, in place of the sum of wrong directions. Less the mean decision, which halves the error where most decisions agree; if all do, there is none to subtract. */
function combine(wrong: Float32Array, all: Float32Array, share: number): void {
  const weight = share === 1 ? 0 : share === 0 ? 1 : share;
  for (let p = 0; p < wrong.length; p++) wrong[p]! -= weight * all[p]!;
  const length = L2.length(wrong);
  for (let p = 0; p < wrong.length; p++) wrong[p]! /= length;
}
