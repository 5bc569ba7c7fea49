/**
 * Carlini & Wagner's attack in L∞: `min c · max(-margin(x), 0) + Σ max(|x - X| - τ, 0)` by Adam. Where that succeeds, τ shrinks and the search goes on from
 * there; where it does not, c grows.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors } from '../../tensors/types.js';
import { linfBudget } from '../core/budgets.js';
import { adamStep, imageOf, learningRate, startAt } from './carlini-wagner.js';
import { INITIAL_CONSTANT } from './constant-search.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import {
  aimedMargin,
  type Found,
  foundBy,
  keepShorter,
  nothingFound,
  reachedBy,
  rounded,
  smallestChange,
  type Steps,
  takeSteps,
} from '../core/minimal-norm.js';
import { gatherAll } from '../../tensors/rows.js';
import { lengthIn } from '../norms/lengths.js';
import { sumOverPixels } from '../norms/reduce.js';
import { LINF_CAP } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { CARLINI_WAGNER_2017 } from '../core/references.js';
import { subtask } from '../core/survivors.js';
import type { AttackDefinition, AttackTask } from '../core/definition.js';
import type { NumberParameter, ParameterValues } from '../../parameters/descriptions.js';

const STEPS: NumberParameter = {
  type: 'integer',
  default: 100,
  minimum: 1,
  maximum: 100_000,
  description: 'Most steps for each pair of τ and c. The authors take 1,000 at a learning rate of 0.005, for ten times the time.',
};

/** The authors' constants: c doubles up to the last, τ shrinks by a tenth down to a level of 8 bits. */
const LARGEST_CONSTANT = 20;
const GROWTH = 2;
const SHRINKAGE = 0.9;
const SMALLEST_TAU = 1 / 256;

/** Part of c that the loss may be at a solution. */
const SOLVED = 1e-4;

export const cwLinf: AttackDefinition = {
  kind: 'CW_LINF',
  name: 'cwLinf',
  title: 'Carlini & Wagner, L∞',
  description: 'Minimises what exceeds a limit on the change together with the margin of the true class, for ever smaller limits.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: CARLINI_WAGNER_2017,
  parameters: {
    epsilon: LINF_CAP,
    steps: STEPS,
    initialConstant: { ...INITIAL_CONSTANT, default: 1e-5 },
    learningRate: learningRate(0.05),
    ...TARGET_PARAMETERS,
  },
  budget: linfBudget,
  run: (task, parameters) => smallestChange(task, linfBudget(parameters), 1, (left) => search(left, parameters)),
};

/** Every example has its own τ and c. After each tenth of the steps, those that have a solution or have taken all steps get their next pair. */
async function search(task: AttackTask, parameters: ParameterValues): Promise<Found> {
  const n = task.labels.length;
  const steps = parameters['steps'] as number;
  const tenth = Math.ceil(steps / 10);
  const plan = stepsOf(task, parameters, tenth);
  const all = nothingFound(task);
  let left = Int32Array.from(task.labels.keys());
  let state: HostTensors = {
    ...startAt(task.images),
    tau: constant(n, 1),
    c: constant(n, parameters['initialConstant'] as number),
    solved: constant(n, 0),
    length: constant(n, 0),
  };
  const taken = new Int32Array(n);
  while (left.length > 0) {
    const last = await takeSteps(subtask(task, left), { ...plan, state, fixed: gatherAll(plan.fixed!, left) });
    keepShorter(all, foundBy(last, tenth, tenth), left);
    const [tau, c, solved, length] = ['tau', 'c', 'solved', 'length'].map((name) => last[name]!.data as Float32Array);
    const staying = Int32Array.from(left.keys()).filter((row) => {
      const i = left[row]!;
      taken[i]! += tenth;
      if (solved![row]! > 0) {
        tau![row] = SHRINKAGE * Math.min(tau![row]!, length![row]!);
        restart(last, row);
        taken[i] = 0;
        return tau![row]! > SMALLEST_TAU;
      }
      if (taken[i]! < steps) return true;
      c![row]! *= GROWTH;
      taken[i] = 0;
      return c![row]! < LARGEST_CONSTANT;
    });
    [left, state] = [staying.map((row) => left[row]!), gatherAll(last, staying)];
  }
  return all;
}

/** Adam forgets; the image stays. */
function restart(state: HostTensors, row: number): void {
  for (const name of ['mean', 'square', 'time', 'solved']) {
    const { data, shape } = state[name] as HostTensor;
    const size = data.length / shape[0]!;
    data.fill(0, row * size, (row + 1) * size);
  }
}

/** An example that has a solution stays where it is. */
function stepsOf(task: AttackTask, parameters: ParameterValues, count: number): Steps {
  return {
    name: 'step',
    norm: 'LINF',
    count,
    state: {},
    fixed: { rate: constant(task.labels.length, parameters['learningRate'] as number) },
    step(logits, inputs) {
      const { original, aim: aimed, rate, w, tau, c, solved } = inputs as Record<string, tf.Tensor>;
      const storedOf = (at: tf.Tensor) => rounded(imageOf(at), original!, 'LINF');
      const margin = aimedMargin(task, aimed!);
      const { scores, losses, gradient } = lossAndGradient(
        task,
        (at) => logits(storedOf(at) as tf.Tensor4D),
        w!,
        (found, at) => {
          const excess = sumOverPixels(tf.relu(tf.sub(tf.abs(tf.sub(imageOf(at), original!)), tau!)));
          return tf.add(tf.mul(c!, tf.relu(tf.neg(tf.reshape(margin(found), [-1, 1, 1, 1])))), excess);
        },
      );
      const reached = reachedBy(task, scores, aimed!);
      const isSolved = tf.logicalOr(tf.greater(solved!, 0), tf.logicalAnd(reached, tf.less(losses, tf.mul(SOLVED, c!))));
      const next = adamStep(inputs, gradient, rate!);
      return {
        image: storedOf(w!),
        reached,
        state: {
          ...next,
          w: tf.where(isSolved, w!, next.w),
          tau: tau!,
          c: c!,
          solved: tf.cast(isSolved, 'float32'),
          length: lengthIn.LINF(tf.sub(imageOf(w!), original!)),
        },
      };
    },
  };
}
