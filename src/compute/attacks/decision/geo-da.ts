/**
 * GeoDA (Rahmati et al. 2020): the boundary is taken for a hyperplane; its normal is estimated by decisions on low-frequency noise around the boundary point, and the
 * next point is where the normal's line from the original crosses the boundary.
 * @module
 */
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { l2Budget, linfBudget } from '../core/budgets.js';
import { cosineTransform } from '../core/cosine-basis.js';
import { defineAttack } from '../core/definition.js';
import { clipped } from '../core/image-arrays.js';
import { smallestChange } from '../core/minimum-norm.js';
import { fillNormal } from '../core/normal-noise.js';
import { CAPPED } from '../minimum-norm/norms.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import { prepareReferences } from './decision-start.js';
import { decisionParameters } from './decisions.js';
import { type OneExample, searchFromStarts } from './per-example.js';
import { type Asking, bisected, isReachedBy } from './together.js';

const PARAMETERS = {
  ...decisionParameters(4000),
  frequencies: integer({
    default: 75,
    minimum: 1,
    maximum: 4096,
    description:
      'Frequencies of each side that the noise has, from the lowest; all of them where the image has fewer. The authors take 75 for images of 224 × 224 pixels, ART 10.',
  }),
  lambda: real({
    default: 0.6,
    minimum: 0.01,
    maximum: 1,
    description: 'λ: probes of iteration i are in proportion to λ^(-2i/3). The default is that of the authors.',
  }),
  sigma: real({
    default: 0.0002,
    minimum: 1e-6,
    maximum: 1,
    description: "σ: standard deviation of the noise's coefficients, as a fraction of the pixel range. The default is that of the authors.",
  }),
  tolerance: real({
    default: 1e-4,
    minimum: 1e-6,
    maximum: 10,
    description: 'Euclidean length at which a search for the boundary ends. The authors take 0.0001, ART 0.1.',
  }),
};

type Values = ValuesOf<typeof PARAMETERS>;

/** What differs between the norms: the direction of the shortest way to a hyperplane, by its normal. */
const NORMS = {
  L2: { length: L2, budget: l2Budget, direction: (normal: Float32Array) => normal },
  LINF: { length: LINF, budget: linfBudget, direction: (normal: Float32Array) => normal.map(Math.sign) },
};

export const geoDaL2 = geoDa('L2');
export const geoDaLinf = geoDa('LINF');

function geoDa(norm: keyof typeof NORMS) {
  const { symbol, suffix, cap } = CAPPED[norm];
  const { length, budget, direction } = NORMS[norm];
  return defineAttack({
    kind: `GEO_DA_${norm}`,
    name: `geoDa${suffix}`,
    title: `GeoDA, ${symbol}`,
    description: `Takes the boundary for a hyperplane, whose normal it estimates by decisions on smooth noise, for the smallest change in ${symbol}. Uses decisions only.`,
    access: 'DECISION',
    norms: [norm],
    targeted: true,
    reference: {
      title: 'GeoDA: a geometric framework for black-box adversarial attacks',
      authors: 'Rahmati, Moosavi-Dezfooli, Frossard, Dai',
      year: 2020,
      link: 'arXiv:2003.06468',
    },
    parameters: { epsilon: cap, ...PARAMETERS },
    budget,
    prepare: prepareReferences,
    run(task, { epsilon, ...values }) {
      const transform = cosineTransform(task.model.spec.inputShape, values.frequencies);
      const coefficients = transform.rows * transform.columns * task.model.spec.inputShape[2];
      const counts = probesOf(values.queries, values.lambda);
      return smallestChange(task, budget({ epsilon }), 1, (left) =>
        searchFromStarts(left, task.prepared, {
          ...values,
          purpose: 'geo-da',
          lengthOf: (change) => length.length(change),
          search: (example) =>
            alongNormals(
              example,
              values,
              counts,
              direction,
              (change) => length.length(change),
              (stream) => {
                const small = new Float32Array(coefficients);
                fillNormal(stream, small);
                return transform.backward(small);
              },
            ),
        }),
      );
    },
  });
}

/** Queries of an iteration beside the probes, and how many the first has of those: as in the authors' code. */
const [BESIDE, FEWEST, MOST] = [25, 50, 80];

/** Probes of each iteration: in a geometric progression that begins with 50 to 80. @param queries of all together. */
export function probesOf(queries: number, lambda: number): readonly number[] {
  const progression = (iterations: number) => {
    const weights = Array.from({ length: iterations }, (_, i) => lambda ** ((-2 * i) / 3));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const probes = Math.max(iterations, queries - BESIDE * iterations);
    return weights.map((weight) => Math.max(1, Math.round((probes * weight) / total)));
  };
  let iterations = 1;
  while (progression(iterations)[0]! > MOST) iterations++;
  while (iterations > 1 && progression(iterations)[0]! < FEWEST) iterations--;
  return progression(iterations);
}

/** Doublings of the way along a normal after which there is no boundary on it. */
const DOUBLINGS = 10;

function* alongNormals(
  { original, best, stream }: OneExample,
  { sigma, tolerance }: Values,
  counts: readonly number[],
  directionOf: (normal: Float32Array) => Float32Array,
  lengthOf: (change: Float32Array) => number,
  draw: (stream: OneExample['stream']) => Float32Array,
): Asking {
  const size = original.length;
  const change = () => Float32Array.from(best, (value, p) => value - original[p]!);
  const write = (direction: Float32Array, length: number, image: Float32Array) => {
    for (let p = 0; p < size; p++) image[p] = clipped(original[p]! + length * direction[p]!);
  };
  const along = (direction: Float32Array, length: number) => isReachedBy((image) => write(direction, length, image));
  // The point whose surroundings are asked about, which need not be the best.
  const point = best.slice();
  const normal = new Float32Array(size);
  yield* toBoundary(change(), 1);
  for (const count of counts) {
    const probes = Array.from({ length: count }, () => draw(stream));
    yield {
      count,
      draw: (k, image) => image.forEach((_, p) => (image[p] = point[p]! + sigma * probes[k]![p]!)),
      see: (k, _image, isReached) => probes[k]!.forEach((value, p) => (normal[p]! += (isReached ? value : -value) / count)),
    };
    const direction = directionOf(normal);
    const unit = L2.length(direction);
    // Where the hyperplane is: at most as far as the best point.
    let reach = L2.length(change()) / unit;
    for (let doubling = 0; doubling < DOUBLINGS && !(yield* along(direction, reach)); doubling++) reach *= 2;
    yield* toBoundary(direction, reach);
  }

  /** The boundary on the line from the original, where its end reaches the goal. */
  function* toBoundary(direction: Float32Array, reach: number): Asking {
    if (!(yield* along(direction, reach))) return;
    const length = yield* bisected(0, reach, tolerance / L2.length(direction), (middle) => along(direction, middle));
    write(direction, length, point);
    if (lengthOf(point.map((value, p) => value - original[p]!)) < lengthOf(change())) best.set(point);
  }
}
