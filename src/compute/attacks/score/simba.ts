/** SimBA, the simple black-box attack: one orthonormal direction after the other, each first down and then up (Guo et al. 2019). @module */
import { choice, integer, real } from '../../parameters/index.js';
import { type RandomStream, shuffledIndices } from '../../random.js';
import { floats } from '../../tensors/index.js';
import { queryLimit } from '../core/black-box.js';
import { l2Budget } from '../core/budgets.js';
import { cosines } from '../core/cosine-basis.js';
import { defineAttack } from '../core/definition.js';
import { clipped, row } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { logOdds, objectiveOf } from '../core/objectives.js';
import { L2_CAP } from '../core/parameters.js';
import { L2 } from '../norms/l2.js';
import { randomSearch } from './random-search.js';

const BASIS = choice({
  enumName: 'SimbaBasis',
  values: { PIXEL: 'Single pixel values.', DCT: 'Waves of the discrete cosine transform, of low frequencies.' },
  default: 'PIXEL',
  description: 'Directions to try, in a random order.',
});

const ORDER = choice({
  enumName: 'SimbaOrder',
  values: {
    RANDOM: 'At random; of the basis DCT the lowest `frequencies` alone.',
    DIAGONAL: 'One diagonal after the other from the top left, the lowest frequencies.',
    STRIDED: 'At random the block of `frequencies` at the top left, then one ring around it of width `stride` after the other.',
  },
  default: 'RANDOM',
  description: "Order in which directions are tried: `rand`, `diag` and `strided` of the authors' code.",
});

const STRIDE = integer({
  default: 7,
  minimum: 1,
  maximum: 4096,
  description: "Width of the rings of the order STRIDED. The default is that of the authors' code.",
});

const FREQUENCIES = integer({
  default: 28,
  minimum: 1,
  maximum: 4096,
  description: 'Frequencies of each side that the basis DCT has, from the lowest. The paper takes 28 for images of 224 × 224 pixels.',
});

const ALPHA = real({
  default: 0.2,
  minimum: 0,
  maximum: 100,
  description: 'Length of one step, pixel values as fractions of the pixel range.',
});

export const simba = defineAttack({
  kind: 'SIMBA',
  name: 'simba',
  title: 'SimBA',
  description: 'Tries one pixel value or wave after the other, down and up, and keeps what makes the class less likely. Uses scores only.',
  access: 'SCORE',
  norms: ['L2'],
  targeted: true,
  reference: {
    title: 'Simple Black-box Adversarial Attacks',
    authors: 'Guo, Gardner, You, Wilson, Weinberger',
    year: 2019,
    link: 'arXiv:1905.07121',
  },
  parameters: {
    epsilon: L2_CAP,
    queries: queryLimit(10_000),
    alpha: ALPHA,
    basis: BASIS,
    order: ORDER,
    frequencies: FREQUENCIES,
    stride: STRIDE,
    ...TARGET_PARAMETERS,
  },
  budget: l2Budget,
  run(task, { epsilon, queries, alpha, basis, order, frequencies, stride }) {
    const budget = l2Budget({ epsilon });
    const { inputShape, classCount } = task.model.spec;
    const directions = basis === 'PIXEL' ? pixels(inputShape) : waves(inputShape, order === 'RANDOM' ? frequencies : Infinity);
    const { count, add } = directions;
    const rank = {
      RANDOM: () => 0,
      // In the order of their rows within a diagonal.
      DIAGONAL: (y: number, x: number) => (y + x) * count + y,
      STRIDED: (y: number, x: number) => Math.max(0, Math.ceil((Math.max(y, x) + 1 - frequencies) / stride)),
    }[order];
    const objective = objectiveOf(task, logOdds(task));
    const cleanLogits = floats(task.cleanLogits);
    const walks = Array.from(task.labels, (_, i) => walk(orderedBy(rank, directions, task.random.stream(i, 'simba.order'))));
    return randomSearch(task, {
      budget,
      queries,
      objective,
      initial: Float64Array.from(task.labels, (_, i) => objective(i, row(cleanLogits, classCount, i))),
      propose(i, image, original, _asked, kept) {
        const { direction, sign } = walks[i]!(kept);
        add(direction, sign * alpha, image);
        if (budget.epsilon < Infinity) shorten(image, original, budget.epsilon);
      },
    });
  },
});

/** Directions by the rank of their places, at random where it is the same. */
function orderedBy(rank: (y: number, x: number) => number, { count, placeOf }: Directions, stream: RandomStream): Uint32Array {
  const ranks = Float64Array.from({ length: count }, (_, direction) => rank(...placeOf(direction)));
  return shuffledIndices(stream, count).sort((a, b) => ranks[a]! - ranks[b]!);
}

/** Down along a direction, up where that was not kept, then the next; again from the first where all have been tried. */
function walk(order: Uint32Array): (kept: boolean) => { direction: number; sign: number } {
  let [at, sign] = [-1, 1];
  return (kept) => {
    const goesUp = sign === -1 && !kept;
    if (!goesUp) at = (at + 1) % order.length;
    sign = goesUp ? 1 : -1;
    return { direction: order[at]!, sign };
  };
}

interface Directions {
  readonly count: number;
  /** Row and column of a pixel, or of a wave's frequencies. */
  placeOf(direction: number): readonly [y: number, x: number];
  /** Moves an image along a direction of length 1, and clips it. */
  add(direction: number, length: number, image: Float32Array): void;
}

type ImageShape = readonly [number, number, number];

function pixels([height, width, channels]: ImageShape): Directions {
  return {
    count: height * width * channels,
    placeOf: (direction) => [Math.floor(direction / channels / width), Math.floor(direction / channels) % width],
    add(direction, length, image) {
      image[direction] = clipped(image[direction]! + length);
    },
  };
}

function waves([height, width, channels]: ImageShape, frequencies: number): Directions {
  const [rows, columns] = [cosines(height, frequencies), cosines(width, frequencies)];
  const placeOf = (direction: number) => {
    const wave = Math.floor(direction / channels);
    return [wave % rows.length, Math.floor(wave / rows.length)] as const;
  };
  return {
    count: rows.length * columns.length * channels,
    placeOf,
    add(direction, length, image) {
      const channel = direction % channels;
      const [y, x] = placeOf(direction);
      const [down, across] = [rows[y]!, columns[x]!];
      for (let y = 0, p = channel; y < height; y++) {
        for (let x = 0; x < width; x++, p += channels) image[p] = clipped(image[p]! + length * down[y]! * across[x]!);
      }
    },
  };
}

/** Brings an image back to a distance ε of the original. */
function shorten(image: Float32Array, original: Float32Array, epsilon: number): void {
  const length = L2.length(image.map((value, p) => value - original[p]!));
  if (length <= epsilon) return;
  for (let p = 0; p < image.length; p++) image[p] = original[p]! + (epsilon / length) * (image[p]! - original[p]!);
}
