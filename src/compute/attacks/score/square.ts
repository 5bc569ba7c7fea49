/** Square attack (Andriushchenko et al. 2020): random search by squares of the image, which shrink as queries are spent. @module */
import type { Budget } from '../../distances/index.js';
import { boolean, choice, integer, real, type ValuesOf } from '../../parameters/index.js';
import { queryLimit } from '../core/black-box.js';
import { l1Budget, l2Budget, linfBudget } from '../core/budgets.js';
import { type AttackOutput, type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { clipped } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { logOdds, margin, objectiveOf } from '../core/objectives.js';
import { L1_EPSILON, L2_EPSILON, LINF_EPSILON } from '../core/parameters.js';
import { CROCE_HEIN_2021 } from '../core/references.js';
import { Survivors } from '../core/survivors.js';
import { randomSearch } from './random-search.js';
import { L1_BUMPS, L2_BUMPS, movedBumps, randomSign, type Squares } from './square-bumps.js';

const ANDRIUSHCHENKO_2020: AttackReference = {
  title: 'Square Attack: a query-efficient black-box adversarial attack via random search',
  authors: 'Andriushchenko, Croce, Flammarion, Hein',
  year: 2020,
  link: 'arXiv:1912.00049',
};

/** Most queries of each start of an example. */
export const SQUARE_QUERIES = queryLimit(5000);

const PARAMETERS = {
  queries: SQUARE_QUERIES,
  share: real({
    default: 0.8,
    minimum: 0,
    maximum: 1,
    description: 'p: share of the pixels that the first squares cover; it shrinks as queries are spent.',
  }),
  rescaleSchedule: boolean({
    default: false,
    description:
      'Whether the squares shrink by the share of `queries` that are spent, as the schedule for 10,000 queries has it, or at its queries whatever the limit. AutoAttack’s standard version does not rescale; the class of its code does by default, which is stronger with few queries.',
  }),
  loss: choice({
    enumName: 'SquareLoss',
    values: {
      AUTO: 'The margin; towards a target the cross-entropy, as in the authors’ code.',
      MARGIN: 'The logit of the class less the highest of the others.',
      CROSS_ENTROPY: 'The cross-entropy.',
    },
    default: 'AUTO',
    description: 'What a candidate has to lower to be kept.',
  }),
  restarts: integer({
    default: 1,
    minimum: 1,
    maximum: 1000,
    description:
      'Random starts, of `queries` each, of the examples that the ones before have not fooled, or not brought to the target. AutoAttack takes 1.',
  }),
  ...TARGET_PARAMETERS,
};

const SQUARE = { access: 'SCORE', targeted: true, reference: ANDRIUSHCHENKO_2020 } as const;

/** Squares of ±ε (the paper's algorithm 2). */
export const squareLinf = defineAttack({
  ...SQUARE,
  kind: 'SQUARE_LINF',
  name: 'squareLinf',
  title: 'Square, L∞',
  description:
    'Random search that repaints squares of the image at the edge of the budget and keeps what lowers the margin. Uses scores only.',
  norms: ['LINF'],
  parameters: { epsilon: LINF_EPSILON, ...PARAMETERS },
  budget: linfBudget,
  run: (task, parameters) =>
    squareAttack(task, parameters, linfBudget(parameters), flatSquares(task.model.spec.inputShape, parameters.epsilon)),
});

/** Moves the length of the change from one square to a bump in another (the paper's algorithm 3). */
export const squareL2 = defineAttack({
  ...SQUARE,
  kind: 'SQUARE_L2',
  name: 'squareL2',
  title: 'Square, L2',
  description:
    'Random search that takes the change out of one square, adds a bump to another, and keeps what lowers the margin. Uses scores only.',
  norms: ['L2'],
  parameters: { epsilon: L2_EPSILON, ...PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) =>
    squareAttack(task, parameters, l2Budget(parameters), movedBumps(task.model.spec.inputShape, parameters.epsilon, L2_BUMPS)),
});

/** The same in L1, brought back into the ball and the pixel range by a projection, as in AutoAttack (Croce & Hein 2021). */
export const squareL1 = defineAttack({
  ...SQUARE,
  kind: 'SQUARE_L1',
  name: 'squareL1',
  title: 'Square, L1',
  description:
    'Random search that takes the change out of one square, adds a bump to another, projects onto the L1 ball, and keeps what lowers the margin. Uses scores only.',
  reference: CROCE_HEIN_2021,
  norms: ['L1'],
  parameters: { epsilon: L1_EPSILON, ...PARAMETERS },
  budget: l1Budget,
  run: (task, parameters) =>
    squareAttack(task, parameters, l1Budget(parameters), movedBumps(task.model.spec.inputShape, parameters.epsilon, L1_BUMPS)),
});

/** Starts again those that the starts before have not brought where they are wanted. */
async function squareAttack(
  task: AttackTask,
  parameters: ValuesOf<typeof PARAMETERS>,
  budget: Budget,
  squares: Squares,
): Promise<AttackOutput> {
  if (parameters.restarts === 1) return squareSearch(task, parameters, budget, squares, 'square');
  const survivors = new Survivors(task, budget);
  for (let restart = 0; restart < parameters.restarts && survivors.count > 0; restart++) {
    const purpose = restart === 0 ? 'square' : `square.${restart}`;
    const { images, queries } = await squareSearch(survivors.task(), parameters, budget, squares, purpose);
    survivors.spend(queries, 0);
    await survivors.release(images);
  }
  return survivors.output();
}

function squareSearch(
  task: AttackTask,
  { queries, share, rescaleSchedule, loss }: ValuesOf<typeof PARAMETERS>,
  budget: Budget,
  squares: Squares,
  purpose: string,
): Promise<AttackOutput> {
  const [height, width] = task.model.spec.inputShape;
  const streams = Array.from(task.labels, (_, i) => task.random.stream(i, purpose));
  const isMargin = loss === 'AUTO' ? !task.targets : loss === 'MARGIN';
  return randomSearch(task, {
    budget,
    queries,
    objective: objectiveOf(task, isMargin ? margin : logOdds(task)),
    initial: new Float64Array(task.labels.length).fill(Infinity),
    propose(i, image, original, asked) {
      if (asked === 0) squares.start(image, streams[i]!);
      else {
        const covered = squareShare(share, asked - 1, rescaleSchedule ? queries : SCHEDULE_QUERIES);
        squares.repaint(image, original, covered * height * width, streams[i]!);
      }
    },
  });
}

/** Queries that the authors' schedule was made for, and those after which it halves the squares' area. */
const SCHEDULE_QUERIES = 10_000;
const HALVINGS = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/**
 * Share of the pixels that a square covers: `p_selection` of the authors' code.
 * @param share of the first squares. @param iteration squares before this one. @param queries that the schedule is stretched to.
 */
export function squareShare(share: number, iteration: number, queries: number): number {
  const scheduled = Math.floor((iteration / queries) * SCHEDULE_QUERIES);
  return share * 2 ** -HALVINGS.filter((after) => scheduled > after).length;
}

/** Squares of one change in each channel. */
function flatSquares([height, width, channels]: readonly [number, number, number], epsilon: number): Squares {
  return {
    /** Vertical stripes one pixel wide, each up or down by ε in each channel. */
    start(image, stream) {
      const changes = Float32Array.from({ length: width * channels }, () => epsilon * randomSign(stream));
      for (let p = 0; p < image.length; p++) image[p] = clipped(image[p]! + changes[p % changes.length]!);
    },
    /** One square, up or down by ε in each channel. */
    repaint(image, original, area, stream) {
      const side = Math.min(height, width, Math.max(1, Math.round(Math.sqrt(area))));
      const [top, left] = [stream.integer(height - side + 1), stream.integer(width - side + 1)];
      for (let channel = 0; channel < channels; channel++) {
        const change = epsilon * randomSign(stream);
        for (let y = top; y < top + side; y++) {
          for (let x = left; x < left + side; x++) {
            const p = (y * width + x) * channels + channel;
            image[p] = clipped(original[p]! + change);
          }
        }
      }
    },
  };
}
