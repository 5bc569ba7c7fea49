/**
 * Sparse-RS (Croce et al. 2022): random search over few pixels, a square patch or a frame, whose values are at the ends of the range; a move of part of them is kept
 * where it lowers the margin.
 * @module
 */
import type { Budget } from '../../distances/index.js';
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import type { RandomStream } from '../../random.js';
import { queryLimit } from '../core/black-box.js';
import { type AttackDefinition, type AttackReference, defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { logOdds, margin, objectiveOf } from '../core/objectives.js';
import { randomSearch } from './random-search.js';
import { type ImageShape, movedFrame, movedPatch, movedPixels, type SparseMoves } from './sparse-moves.js';

const CROCE_2022: AttackReference = {
  title: 'Sparse-RS: a versatile framework for query-efficient sparse black-box adversarial attacks',
  authors: 'Croce, Andriushchenko, Singh, Flammarion, Hein',
  year: 2022,
  link: 'arXiv:2006.12834',
};

/** Parameters of every member. @param share the default of the authors. */
const parametersOf = (share: number) => ({
  queries: queryLimit(10_000),
  share: real({
    default: share,
    minimum: 0,
    maximum: 1,
    description: "α: share of the pixels that the first moves change; it shrinks as queries are spent. The default is the authors'.",
  }),
  ...TARGET_PARAMETERS,
});

const PIXELS = {
  pixels: integer({
    default: 50,
    minimum: 1,
    maximum: 1_000_000,
    description:
      'k: pixels that change, in all their channels. The authors take 50 for images of 224 × 224 pixels, others 10 to 24 for 32 × 32.',
  }),
  ...parametersOf(0.3),
};

const PATCH = {
  side: integer({
    default: 5,
    minimum: 1,
    maximum: 1000,
    description: 'Side of the square patch, in pixels. The authors take 20 for images of 224 × 224 pixels.',
  }),
  locationPeriod: integer({
    default: 4,
    minimum: 2,
    maximum: 10_000,
    description: 'Every so many queries the patch moves; the others change a part of it. The authors take 4, and 10 towards a target.',
  }),
  ...parametersOf(0.4),
};

const FRAME = {
  width: integer({
    default: 1,
    minimum: 1,
    maximum: 1000,
    description: 'Width of the frame, in pixels. The authors take 2 for images of 224 × 224 pixels.',
  }),
  ...parametersOf(0.5),
};

export const sparseRs = member(
  {
    kind: 'SPARSE_RS',
    name: 'sparseRs',
    title: 'Sparse-RS, pixels',
    description: 'Random search over which few pixels to change, and to which corner of the colours. Uses scores only.',
  },
  PIXELS,
  ({ pixels }, [height, width]) => Math.min(pixels, height * width),
  (shape, values, stream) => movedPixels(shape, values, stream),
);

export const sparseRsPatch = member(
  {
    kind: 'SPARSE_RS_PATCH',
    name: 'sparseRsPatch',
    title: 'Sparse-RS, patch',
    description: 'Random search over the colours and the place of a square patch, of its own in each image. Uses scores only.',
  },
  PATCH,
  ({ side }, [height, width]) => Math.min(side, height) * Math.min(side, width),
  (shape, values, stream) => movedPatch(shape, values, stream),
);

export const sparseRsFrame = member(
  {
    kind: 'SPARSE_RS_FRAME',
    name: 'sparseRsFrame',
    title: 'Sparse-RS, frame',
    description: 'Random search over the colours of a frame around the image. Uses scores only.',
  },
  FRAME,
  ({ width: frame }, [height, width]) => height * width - Math.max(0, height - 2 * frame) * Math.max(0, width - 2 * frame),
  (shape, values, stream) => movedFrame(shape, values, stream),
);

/** @param pixelsOf most pixels that change. @param movesOf the moves of one example. */
function member<const Specs extends ReturnType<typeof parametersOf>>(
  about: Pick<AttackDefinition, 'kind' | 'name' | 'title' | 'description'>,
  parameters: Specs,
  pixelsOf: (values: ValuesOf<Specs>, imageShape: ImageShape) => number,
  movesOf: (imageShape: ImageShape, values: ValuesOf<Specs>, stream: RandomStream) => SparseMoves,
): AttackDefinition {
  const budget = (values: ValuesOf<Specs>, imageShape: readonly number[]): Budget => ({
    norm: 'L0',
    epsilon: imageShape.at(-1)! * pixelsOf(values, imageShape as ImageShape),
  });
  return defineAttack({
    ...about,
    access: 'SCORE',
    norms: ['L0'],
    targeted: true,
    reference: CROCE_2022,
    parameters,
    budget,
    run(task, values) {
      const { inputShape } = task.model.spec;
      const { queries } = values as ValuesOf<ReturnType<typeof parametersOf>>;
      const moves = Array.from(task.labels, (_, i) => movesOf(inputShape, values, task.random.stream(i, 'sparse-rs')));
      return randomSearch(task, {
        budget: budget(values, inputShape),
        queries,
        // Towards a target the cross-entropy, as in the authors' code.
        objective: objectiveOf(task, task.targets ? logOdds(task) : margin),
        initial: new Float64Array(task.labels.length).fill(Infinity),
        propose(i, image, original, asked, kept) {
          if (asked > 0 && !kept) moves[i]!.undo();
          if (asked === 0) moves[i]!.start();
          else moves[i]!.move(asked);
          moves[i]!.write(image, original);
        },
      });
    },
  });
}
