/**
 * SurFree (Maho, Furon & Le Merrer 2021): without any estimate of a gradient, moves on circles through the original and the best point, in random low-frequency planes,
 * to angles at which the image stays on the wrong side.
 * @module
 */
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { l2Budget } from '../core/budgets.js';
import { cosineTransform } from '../core/cosine-basis.js';
import { defineAttack } from '../core/definition.js';
import { clipped } from '../core/image-arrays.js';
import { smallestChange } from '../core/minimum-norm.js';
import { L2_CAP } from '../core/parameters.js';
import { L2 } from '../norms/l2.js';
import { TINY } from '../norms/reduce.js';
import { prepareReferences } from './decision-start.js';
import { decisionParameters } from './decisions.js';
import { type OneExample, searchFromStarts } from './per-example.js';
import { type Asking, isReachedBy } from './together.js';

const PARAMETERS = {
  ...decisionParameters(5000),
  largestAngle: real({
    default: 30,
    minimum: 0.1,
    maximum: 90,
    description: "θ_max: the angle that is tried first, in degrees. It adapts. The default is the authors'.",
  }),
  rho: real({
    default: 0.95,
    minimum: 0.01,
    maximum: 1,
    description: "ρ: factor by which θ_max shrinks where a direction does not serve, and grows where it does. The default is the authors'.",
  }),
  anglesTried: integer({
    default: 1,
    minimum: 1,
    maximum: 100,
    description: "T: angles of each sign that are tried in a plane, from θ_max down. The default is the authors'.",
  }),
  searchSteps: integer({
    default: 7,
    minimum: 0,
    maximum: 50,
    description: "Most halvings of the search for the best angle. The default is the authors'.",
  }),
  remembered: integer({
    default: 100,
    minimum: 1,
    maximum: 1000,
    description: "Directions before that a new one is at right angles to. The default is the authors'.",
  }),
  frequencies: real({
    default: 0.5,
    minimum: 0.001,
    maximum: 1,
    description: "Share of the frequencies, from the lowest, that directions are made of. The default is the authors'.",
  }),
};

type Values = ValuesOf<typeof PARAMETERS>;

export const surFree = defineAttack({
  kind: 'SUR_FREE',
  name: 'surFree',
  title: 'SurFree',
  description:
    'Moves on circles towards the image, in random planes of low frequencies, for the smallest change in L2. Uses decisions only.',
  access: 'DECISION',
  norms: ['L2'],
  targeted: true,
  reference: {
    title: 'SurFree: a fast surrogate-free black-box attack',
    authors: 'Maho, Furon, Le Merrer',
    year: 2021,
    link: 'arXiv:2011.12807',
  },
  parameters: { epsilon: L2_CAP, ...PARAMETERS },
  budget: l2Budget,
  prepare: prepareReferences,
  run(task, { epsilon, ...values }) {
    const waves = lowWaves(task.model.spec.inputShape, values.frequencies);
    return smallestChange(task, l2Budget({ epsilon }), 1, (left) =>
      searchFromStarts(left, task.prepared, {
        ...values,
        purpose: 'sur-free',
        lengthOf: (change) => L2.length(change),
        search: (example) => onCircles(example, values, waves(example)),
      }),
    );
  },
});

/** Random directions of low frequencies, as strong in each as the original is. @returns a function from an example to one that draws a direction. */
function lowWaves(shape: readonly [number, number, number], share: number) {
  const transform = cosineTransform(shape);
  const [height, width, channels] = shape;
  const order = Array.from({ length: height * width }, (_, at) => at).sort((a, b) => rank(a) - rank(b));
  const low = new Set(order.slice(0, Math.max(1, Math.floor(share * order.length))));
  return ({ original, stream }: OneExample) => {
    const strengths = transform.forward(original).map((value, p) => (low.has(Math.floor(p / channels)) ? Math.tanh(value) : 0));
    return () => transform.backward(strengths.map((value) => (stream.integer(3) - 1) * value));
  };
  // One diagonal after the other from the top left.
  function rank(at: number): number {
    const [y, x] = [Math.floor(at / width), at % width];
    return (y + x) * (height + width) + ((y + x) % 2 === 0 ? x : y);
  }
}

/** The search for an angle ends where the cosines of its bounds differ by this; the authors' γ. */
const GAMMA = 0.01;

function* onCircles({ original, best }: OneExample, values: Values, draw: () => Float32Array): Asking {
  const size = original.length;
  const change = () => Float32Array.from(best, (value, p) => value - original[p]!);
  let largest = values.largestAngle;
  yield* nearer();
  const first = scaled(change(), 1 / L2.length(change()));
  let others: Float32Array[] = [];
  for (;;) {
    const distance = L2.length(change());
    const towards = scaled(change(), 1 / distance);
    const across = atRightAngles(draw(), [first, ...others]);
    others = [...others, across].slice(-(values.remembered - 1) || others.length + 1);
    const write = (degrees: number, image: Float32Array) => {
      const [cosine, sine] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
      for (let p = 0; p < size; p++) image[p] = clipped(original[p]! + distance * cosine * (cosine * towards[p]! + sine * across[p]!));
    };
    const reaches = (degrees: number) => isReachedBy((image) => write(degrees, image));
    const angle = yield* firstAngle(reaches);
    if (angle === 0) {
      largest *= values.rho;
      continue;
    }
    const tried = largest;
    largest /= values.rho;
    const found = new Float32Array(size);
    write(yield* bestAngle(angle, tried, reaches), found);
    if (L2.length(found.map((value, p) => value - original[p]!)) < distance) best.set(found);
  }

  /** An angle that stays on the wrong side; 0 where none of those tried does. */
  function* firstAngle(reaches: (degrees: number) => Asking<boolean>): Asking<number> {
    for (let k = 0; k < values.anglesTried; k++) {
      const angle = (1 - k / values.anglesTried) * largest;
      for (const sign of [1, -1]) if (yield* reaches(sign * angle)) return sign * angle;
    }
    return 0;
  }

  /** The largest angle on the wrong side: steps outwards, then halvings, which also look on the other side. */
  function* bestAngle(angle: number, tried: number, reaches: (degrees: number) => Asking<boolean>): Asking<number> {
    const sign = Math.sign(angle);
    const step = tried / values.anglesTried;
    let [lower, upper] = [Math.abs(angle), Math.abs(angle) + step];
    let side = sign;
    if (lower === tried) {
      for (; upper < 180 && (yield* reaches(side * upper)); upper += step) lower = upper;
    }
    let looksAcross = sign > 0;
    const cosineOf = (degrees: number) => Math.cos((degrees * Math.PI) / 180);
    for (let halving = 0; halving < values.searchSteps && Math.abs(cosineOf(upper) - cosineOf(lower)) > GAMMA; halving++) {
      const middle = (lower + upper) / 2;
      if (yield* reaches(side * middle)) lower = middle;
      else if (looksAcross && (yield* reaches(-side * middle))) [lower, side] = [middle, -side];
      else {
        upper = middle;
        looksAcross = false;
      }
    }
    return side * lower;
  }

  /** Brings the start to the boundary on the line from the original. */
  function* nearer(): Asking {
    const direction = change();
    const write = (share: number, image: Float32Array) => {
      for (let p = 0; p < size; p++) image[p] = clipped(original[p]! + share * direction[p]!);
    };
    let [right, wrong] = [0, 1];
    for (let halving = 0; halving < values.searchSteps; halving++) {
      const middle = (right + wrong) / 2;
      if (yield* isReachedBy((image) => write(middle, image))) wrong = middle;
      else right = middle;
    }
    write(wrong, best);
  }
}

function scaled(values: Float32Array, factor: number): Float32Array {
  return values.map((value) => value * factor);
}

/** The part of a direction that is at right angles to others of length 1, of length 1. */
function atRightAngles(direction: Float32Array, others: readonly Float32Array[]): Float32Array {
  const rest = direction.slice();
  for (const other of others) {
    let product = 0;
    for (let p = 0; p < direction.length; p++) product += direction[p]! * other[p]!;
    for (let p = 0; p < direction.length; p++) rest[p]! -= product * other[p]!;
  }
  return scaled(rest, 1 / Math.max(L2.length(rest), TINY));
}
