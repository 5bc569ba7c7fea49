/**
 * Sign-OPT (Cheng et al. 2020): the distance of the boundary along a direction is lowered by the signs of its directional derivatives, each of which a single
 * decision gives.
 * @module
 */
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { l2Budget } from '../core/budgets.js';
import { defineAttack } from '../core/definition.js';
import { clipped } from '../core/image-arrays.js';
import { smallestChange } from '../core/minimum-norm.js';
import { fillNormal } from '../core/normal-noise.js';
import { L2_CAP } from '../core/parameters.js';
import { L2 } from '../norms/l2.js';
import { prepareReferences } from './decision-start.js';
import { decisionParameters } from './decisions.js';
import { type OneExample, searchFromStarts } from './per-example.js';
import { type Asking, bisected, isReachedBy } from './together.js';

const PARAMETERS = {
  ...decisionParameters(20_000),
  directions: integer({
    default: 100,
    minimum: 0,
    maximum: 10_000,
    description:
      "Random directions, of which the one with the nearest boundary is the first, where it is nearer than the start. With a target there are none. The default is the authors'.",
  }),
  probes: integer({
    default: 200,
    minimum: 1,
    maximum: 10_000,
    description: "k: random directions that an estimate asks about, one decision each. The default is the authors'.",
  }),
  alpha: real({
    default: 0.2,
    minimum: 1e-6,
    maximum: 100,
    description: "α: length of the first step of the direction, which has length 1. It adapts. The default is the authors'.",
  }),
  smoothing: real({
    default: 1e-3,
    minimum: 1e-8,
    maximum: 1,
    description: "ε: how far the directions of an estimate are from the current one. The default is the authors'.",
  }),
  beta: real({
    default: 1e-3,
    minimum: 1e-8,
    maximum: 1,
    description: "β: 500 times the tolerance of the searches along a direction; a tenth where no step helps. The default is the authors'.",
  }),
};

export const signOpt = defineAttack({
  kind: 'SIGN_OPT',
  name: 'signOpt',
  title: 'Sign-OPT',
  description:
    'Lowers the distance of the boundary along a direction by the signs of its derivatives, one decision each, for the smallest change in L2. Uses decisions only.',
  access: 'DECISION',
  norms: ['L2'],
  targeted: true,
  reference: {
    title: 'Sign-OPT: A Query-Efficient Hard-label Adversarial Attack',
    authors: 'Cheng, Singh, Chen, Chen, Liu, Hsieh',
    year: 2020,
    link: 'arXiv:1909.10773',
  },
  parameters: { epsilon: L2_CAP, ...PARAMETERS },
  budget: l2Budget,
  prepare: prepareReferences,
  run: (task, { epsilon, ...values }) =>
    smallestChange(task, l2Budget({ epsilon }), 1, (left) =>
      searchFromStarts(left, task.prepared, {
        ...values,
        purpose: 'sign-opt',
        lengthOf: (change) => L2.length(change),
        search: (example) => descend(example, task.targets ? { ...values, directions: 0 } : values),
      }),
    ),
});

/** Steps of a line search, and α below which steps no longer move; as in the authors' code. */
const [LINE_STEPS, SMALLEST_ALPHA, SMALLEST_BETA] = [15, 1e-4, 1e-8];

function* descend({ original, best, stream }: OneExample, values: ValuesOf<typeof PARAMETERS>): Asking {
  const size = original.length;
  const write = (direction: Float32Array, length: number, image: Float32Array) => {
    for (let p = 0; p < size; p++) image[p] = clipped(original[p]! + length * direction[p]!);
  };
  const reaches = (direction: Float32Array, length: number) => isReachedBy((image) => write(direction, length, image));
  let direction = unit(Float32Array.from(best, (value, p) => value - original[p]!));
  let distance = L2.length(Float32Array.from(best, (value, p) => value - original[p]!));
  let { alpha, beta } = values;
  for (let tried = 0; tried < values.directions; tried++) {
    const random = drawDirection();
    if (!(yield* reaches(random, distance))) continue;
    [direction, distance] = [random, yield* bisected(0, distance, beta, (middle) => reaches(random, middle))];
    write(direction, distance, best);
  }
  for (;;) {
    const slope = yield* signsAround(direction, distance);
    let [nearest, shortest] = [direction, distance];
    const tryStep = function* (size: number): Asking<number> {
      const turned = unit(direction.map((value, p) => value - size * slope[p]!));
      const length = yield* boundaryAlong(turned, shortest, beta / 500);
      if (length < shortest) [nearest, shortest] = [turned, length];
      return length;
    };
    for (let step = 0; step < LINE_STEPS; step++) {
      const before = shortest;
      const length = yield* tryStep(alpha);
      alpha *= 2;
      if (length >= before) break;
    }
    for (let step = 0; shortest >= distance && step < LINE_STEPS; step++) {
      alpha *= 0.25;
      yield* tryStep(alpha);
    }
    if (alpha < SMALLEST_ALPHA) {
      [alpha, beta] = [1, beta / 10];
      if (beta < SMALLEST_BETA) return;
    }
    if (shortest >= distance) continue;
    [direction, distance] = [nearest, shortest];
    write(direction, distance, best);
  }

  function drawDirection(): Float32Array {
    const noise = new Float32Array(size);
    fillNormal(stream, noise);
    return unit(noise);
  }

  /** The mean of random directions, each with the sign of the change of the distance. */
  function* signsAround(at: Float32Array, length: number): Asking<Float32Array> {
    const sum = new Float32Array(size);
    const probes = Array.from({ length: values.probes }, drawDirection);
    yield {
      count: values.probes,
      draw: (k, image) => write(unit(at.map((value, p) => value + values.smoothing * probes[k]![p]!)), length, image),
      see: (k, _image, isReached) => probes[k]!.forEach((value, p) => (sum[p]! += (isReached ? -value : value) / values.probes)),
    };
    return sum;
  }

  /** The distance of the boundary along a direction near one whose distance is known; Infinity where there is none. */
  function* boundaryAlong(turned: Float32Array, near: number, tolerance: number): Asking<number> {
    let [low, high] = [near, near];
    if (yield* reaches(turned, near)) {
      do low *= 0.99;
      while (low > tolerance && (yield* reaches(turned, low)));
    } else {
      do high *= 1.01;
      while (high <= Math.sqrt(size) && !(yield* reaches(turned, high)));
      if (high > Math.sqrt(size)) return Infinity;
    }
    return yield* bisected(low, high, tolerance, (middle) => reaches(turned, middle));
  }
}

function unit(direction: Float32Array): Float32Array {
  const length = L2.length(direction);
  return direction.map((value) => value / length);
}
