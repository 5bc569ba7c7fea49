/**
 * RayS (Chen & Gu 2020): the direction is a sign for each pixel value; blocks of signs are turned, from all of them down to single ones, and a turn is kept where the
 * boundary is nearer along the new ray.
 * @module
 */
import { real, type ValuesOf } from '../../parameters/index.js';
import { queryLimit } from '../core/black-box.js';
import { linfBudget } from '../core/budgets.js';
import { type AttackTask, defineAttack } from '../core/definition.js';
import { clipped } from '../core/image-arrays.js';
import { type SearchResult, smallestChange } from '../core/minimum-norm.js';
import { LINF_CAP } from '../core/parameters.js';
import { LINF } from '../norms/linf.js';
import { type OneExample, searchFromOriginals } from './per-example.js';
import { type Asking, bisected, isReachedBy } from './together.js';

const PARAMETERS = {
  queries: queryLimit(10_000),
  tolerance: real({
    default: 1e-3,
    minimum: 1e-6,
    maximum: 1,
    description: "Where the search for the boundary along a ray ends: a Euclidean length. The default is the authors'.",
  }),
};

export const rays = defineAttack({
  kind: 'RAY_S',
  name: 'rayS',
  title: 'RayS',
  description:
    'Turns the signs of blocks of pixels, and keeps what brings the boundary nearer along the ray, for the smallest change in L∞. Uses decisions only.',
  access: 'DECISION',
  norms: ['LINF'],
  targeted: false,
  reference: {
    title: 'RayS: A Ray Searching Method for Hard-label Adversarial Attack',
    authors: 'Chen, Gu',
    year: 2020,
    link: 'arXiv:2006.12792',
  },
  parameters: { epsilon: LINF_CAP, ...PARAMETERS },
  budget: linfBudget,
  run: (task, { epsilon, ...values }) => smallestChange(task, linfBudget({ epsilon }), 1, (left) => search(left, values)),
});

function search(task: AttackTask, { queries, tolerance }: ValuesOf<typeof PARAMETERS>): Promise<SearchResult> {
  const [height, width, channels] = task.model.spec.inputShape;
  const pixels = height * width;
  // Blocks are of one channel after the other, as in the authors' code.
  const placeOf = (at: number) => (at % pixels) * channels + Math.floor(at / pixels);
  return searchFromOriginals(task, {
    queries,
    purpose: 'ray-s',
    lengthOf: (change) => LINF.length(change),
    search: (example) => turnBlocks(example, placeOf, tolerance),
  });
}

function* turnBlocks({ original, best }: OneExample, placeOf: (at: number) => number, tolerance: number): Asking {
  const size = original.length;
  let signs = new Int8Array(size).fill(1);
  let radius = Infinity;
  const write = (turned: Int8Array, length: number, image: Float32Array) => {
    for (let p = 0; p < size; p++) image[p] = clipped(original[p]! + length * turned[p]!);
  };
  // With blocks of one value and every one of them turned, there is no finer level.
  for (let level = 0; ; level++) {
    const block = Math.ceil(size / 2 ** level);
    for (let from = 0; from < size; from += block) {
      const turned = signs.slice();
      for (let at = from; at < Math.min(size, from + block); at++) turned[placeOf(at)]! *= -1;
      const furthest = Math.min(radius, 1);
      if (!(yield* isReachedBy((image) => write(turned, furthest, image)))) continue;
      const length = yield* bisected(0, furthest, tolerance / Math.sqrt(size), (middle) =>
        isReachedBy((image) => write(turned, middle, image)),
      );
      if (length >= radius) continue;
      [signs, radius] = [turned, length];
      write(signs, radius, best);
    }
  }
}
