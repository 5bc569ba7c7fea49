/** What Square attacks share (Andriushchenko et al. 2020): random search by squares, which shrink as queries are spent. @module */
import type { RandomStream } from '../../random.js';
import { queryLimit } from '../core/black-box.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { logOdds, margin, objectiveOf } from '../core/objectives.js';
import { randomSearch } from './random-search.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import type { Budget } from '../../distances/budget.js';
import type { NumberParameter, ParameterSpec, ParameterValues } from '../../parameters/descriptions.js';

const SHARE: NumberParameter = {
  type: 'number',
  default: 0.8,
  minimum: 0,
  maximum: 1,
  description: 'p: share of the pixels that the first squares cover; it shrinks as queries are spent.',
};

/** Parameters of Square attacks beside ε. */
export const SQUARE_PARAMETERS: Readonly<Record<string, ParameterSpec>> = { queries: queryLimit(5000), share: SHARE, ...TARGET_PARAMETERS };

export interface Squares {
  /** Makes the first candidate of the original. */
  start(image: Float32Array, stream: RandomStream): void;
  /** Changes a square of the best image so far. @param area pixels that the square covers, not rounded. */
  repaint(image: Float32Array, original: Float32Array, area: number, stream: RandomStream): void;
}

export function squareAttack(task: AttackTask, parameters: ParameterValues, budget: Budget, squares: Squares): Promise<AttackOutput> {
  const [height, width] = task.model.spec.inputShape;
  const share = parameters['share'] as number;
  const streams = Array.from(task.labels, (_, i) => task.random.stream(i, 'square'));
  return randomSearch(task, {
    budget,
    queries: parameters['queries'] as number,
    // As in the authors' code: the margin, but towards a target the cross-entropy.
    objective: objectiveOf(task, task.targets ? logOdds(task) : margin),
    initial: new Float64Array(task.labels.length).fill(Infinity),
    propose(i, image, original, spent) {
      if (spent === 0) squares.start(image, streams[i]!);
      else squares.repaint(image, original, share * shrinkage(spent) * height * width, streams[i]!);
    },
  });
}

/** Shares of the queries after which the squares' area is halved, as the authors' schedule for 10,000 queries has it. */
const HALVINGS = [0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];

function shrinkage(spent: number): number {
  let halvings = 0;
  while (halvings < HALVINGS.length && spent > HALVINGS[halvings]!) halvings++;
  return 2 ** -halvings;
}

export function randomSign(stream: RandomStream): number {
  return stream.integer(2) === 0 ? 1 : -1;
}
