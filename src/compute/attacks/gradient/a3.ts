/**
 * A³, the adaptive auto attack (Liu et al. 2022): many short runs on the margin, each from where some steps along a direction in logits lead. Which directions work,
 * and how near to being fooled an example must be for more runs to be worth it, the authors learn from all examples while they are attacked. Here it is learned
 * beforehand from the last ones of the data set, so that an example's outcome does not depend on which others are attacked with it.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { integer, type ValuesOf } from '../../parameters/index.js';
import type { BatchedFunction } from '../../engine/index.js';
import { floats, type HostTensor } from '../../tensors/index.js';
import { linfBudget, within } from '../core/budgets.js';
import { type AttackDefinition, type AttackOutput, type AttackTask, defineAttack } from '../core/definition.js';
import { imageSize } from '../core/image-arrays.js';
import { marginLoss, lossAndGradient } from '../core/losses.js';
import { L2_EPSILON, LINF_EPSILON } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { randomPoint } from '../core/random-images.js';
import { subtask, Survivors } from '../core/survivors.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import type { BudgetNorm } from '../norms/types.js';
import {
  type Directions,
  drawDirection,
  FEW_LEFT,
  MANY_BY_STARTS,
  ROUND_COUNT,
  type Round,
  scheduleOf,
  STARTS_OF_FEW,
} from './a3-schedule.js';

const PARAMETERS = {
  rounds: integer({
    default: ROUND_COUNT,
    minimum: 1,
    maximum: ROUND_COUNT,
    description: "Rounds of the authors' schedule, the first of them. Later ones are of fewer examples, with more steps and starts.",
  }),
  trainingCount: integer({
    default: 100,
    minimum: 1,
    maximum: 10_000,
    description:
      'Examples, the last ones of the data set, that the schedule is learned on before the first is attacked. What that costs is not in the counts of queries.',
  }),
};

type Values = ValuesOf<typeof PARAMETERS>;

/** What the schedule is for a model: directions, and for each round whom it is for. */
export interface LearnedSchedule extends Directions {
  readonly rounds: readonly LearnedRound[];
}

interface LearnedRound {
  /** Margin that an example must have reached to go into it. */
  readonly least: number;
  /** More starts than the schedule has. */
  readonly extra: number;
}

export const a3Linf = a3(LINF, LINF_EPSILON, { kind: 'A3_LINF', name: 'a3Linf', title: 'A³, L∞' });
export const a3L2 = a3(L2, L2_EPSILON, { kind: 'A3_L2', name: 'a3L2', title: 'A³, L2' });

function a3(norm: BudgetNorm, epsilon: typeof LINF_EPSILON, about: Pick<AttackDefinition, 'kind' | 'name' | 'title'>): AttackDefinition {
  return defineAttack({
    ...about,
    description:
      'Adaptive auto attack: short runs on the margin from starts in directions that worked on other images, with more and more steps on those that are nearest to being fooled. An ensemble of restarts that reaches what AutoAttack does with fewer steps.',
    access: 'GRADIENT',
    norms: [norm.norm],
    targeted: false,
    reference: {
      title: 'Practical Evaluation of Adversarial Robustness via Adaptive Auto Attack',
      authors: 'Liu, Cheng, Gao, Liu, Zhang, Song',
      year: 2022,
      link: 'arXiv:2203.05154',
    },
    parameters: { epsilon, ...PARAMETERS },
    budget: norm === LINF ? linfBudget : within(norm.norm),
    prepare: async ({ examples }, values): Promise<LearnedSchedule> =>
      learnSchedule(await examples(values.trainingCount), norm, values.epsilon, values),
    run: (task: AttackTask<LearnedSchedule>, values) => attack(task, norm, values.epsilon, task.prepared!),
  });
}

/** Runs the schedule on some examples, and takes note of what is needed to run it on others. */
async function learnSchedule(task: AttackTask, norm: BudgetNorm, epsilon: number, { rounds }: Values): Promise<LearnedSchedule> {
  const runs = await Runs.of(task, norm, epsilon);
  const attacked = Math.max(1, runs.left.length);
  let learned: Directions = { byStarts: false, reached: 0, left: 0 };
  const found: LearnedRound[] = [];
  for (let at = 0; at < rounds; at++) {
    const margins = [...runs.margins].sort((a, b) => b - a);
    const { share } = scheduleOf(learned)[at]!;
    const isFew = margins.length < FEW_LEFT * attacked;
    const kept = Math.ceil(share * margins.length);
    const next = { least: isFew || kept >= margins.length ? -Infinity : margins[kept - 1]!, extra: isFew ? STARTS_OF_FEW : 0 };
    const before = margins.length;
    const outcomes = await runs.round(at, learned, next);
    // Of random directions alone.
    if (at === 1) {
      const fooled = outcomes.filter(({ became }) => became !== undefined);
      const sum = (of: (one: Outcome) => number) => fooled.reduce((total, one) => total + of(one), 0);
      learned = {
        byStarts: outcomes.filter(({ byStart }) => byStart).length >= MANY_BY_STARTS * before && before > 0,
        reached: sum(({ direction, became }) => direction[became!]!),
        left: sum(({ direction, label }) => direction[label]!),
      };
    }
    found.push(next);
  }
  return { ...learned, rounds: found };
}

async function attack(task: AttackTask, norm: BudgetNorm, epsilon: number, learned: LearnedSchedule): Promise<AttackOutput> {
  const runs = await Runs.of(task, norm, epsilon);
  for (const [at, next] of learned.rounds.entries()) {
    if (runs.left.length === 0) break;
    await runs.round(at, learned, next);
  }
  return runs.output();
}

/** What the steps of a start output, one row an example. */
type Found = Readonly<Record<'best' | 'reach' | 'became' | 'byStart', HostTensor>>;

/** What became of an example in a start. */
interface Outcome {
  readonly label: number;
  readonly direction: Float32Array;
  /** Its class where it is fooled. */
  readonly became?: number;
  /** Whether it was before the steps on the margin. */
  readonly byStart: boolean;
}

/** The examples that are not fooled, and how near to it each has been. */
class Runs {
  /** Best margins of what is left, in its order: logit of a wrong class over the true one. */
  margins: readonly number[];
  private start = 0;
  private readonly survivors: Survivors;

  private constructor(
    task: AttackTask,
    private readonly norm: BudgetNorm,
    private readonly epsilon: number,
    private readonly step: BatchedFunction,
  ) {
    this.survivors = new Survivors(task, within(norm.norm)({ epsilon }));
    this.margins = Array.from(this.left, () => -Infinity);
  }

  static async of(task: AttackTask, norm: BudgetNorm, epsilon: number): Promise<Runs> {
    return new Runs(task, norm, epsilon, await compileStep(task, norm));
  }

  get left(): Int32Array {
    return this.survivors.task().labels;
  }

  output(): AttackOutput {
    return this.survivors.output();
  }

  /** All starts of a round. */
  async round(at: number, learned: Directions, { least, extra }: LearnedRound): Promise<Outcome[]> {
    const plan = scheduleOf(learned)[at]!;
    const outcomes: Outcome[] = [];
    for (let restart = 0; restart < plan.restarts + extra && this.left.length > 0; restart++) {
      outcomes.push(...(await this.run(at, plan, learned, least)));
    }
    return outcomes;
  }

  /** One start of the examples whose margin is high enough. */
  private async run(at: number, { startSteps, steps }: Round, learned: Directions, least: number): Promise<Outcome[]> {
    const { survivors, start } = this;
    this.start++;
    const all = survivors.task();
    const rows = Int32Array.from(all.labels.keys()).filter((row) => this.margins[row]! >= least);
    if (rows.length === 0) return [];
    const task = subtask(all, rows);
    const n = rows.length;
    const directions = Array.from(task.labels, (label, i) =>
      drawDirection(task.random.stream(i, `a3.direction.${start}`), label, wrongClasses(task, i), learned, { round: at, start }),
    );
    const passes = startSteps + steps + 1;
    const from = randomPoint(task, `a3.start.${start}`, this.norm, this.epsilon);
    const state = {
      adversarial: from,
      best: task.images,
      reach: constant(n, -Infinity),
      taken: constant(n, 0),
      byStart: constant(n, 0),
      became: constant(n, 0),
    };
    const result = await this.step.run(
      {
        ...state,
        original: task.images,
        label: { dtype: 'int32', shape: [n], data: task.labels },
        direction: { dtype: 'float32', shape: [n, directions[0]!.length], data: Float32Array.from(directions.flatMap((one) => [...one])) },
        ...{ epsilon: constant(n, this.epsilon), startSteps: constant(n, startSteps), steps: constant(n, steps) },
        smallest: constant(n, steps <= 10 ? 0.1 : 0.001),
      },
      { repeat: passes, feedback: Object.fromEntries(Object.keys(state).map((name) => [name, name])), signal: task.signal },
    );
    const spent = new Int32Array(all.labels.length);
    for (const row of rows) spent[row] = passes;
    survivors.spend(spent, spent);
    return this.keep(all, rows, directions, result as Found);
  }

  /** Takes what a start found. */
  private async keep(all: AttackTask, rows: Int32Array, directions: readonly Float32Array[], found: Found): Promise<Outcome[]> {
    const [reach, became, byStart] = [floats(found.reach), floats(found.became), floats(found.byStart)];
    const size = imageSize(all.images);
    const candidates = { ...all.images, data: floats(all.images).slice() };
    const margins = [...this.margins];
    for (const [at, row] of rows.entries()) {
      candidates.data.set(found.best.data.subarray(at * size, (at + 1) * size), row * size);
      margins[row] = Math.max(margins[row]!, reach[at]!);
    }
    const staying = await this.survivors.release(candidates, rows);
    const isLeft = new Set(staying);
    this.margins = Array.from(staying, (row) => margins[row]!);
    return directions.map((direction, at) => {
      const label = all.labels[rows[at]!]!;
      return { label, direction, became: isLeft.has(rows[at]!) ? undefined : became[at]!, byStart: byStart[at]! > 0 };
    });
  }
}

/** Wrong classes of an example, the likeliest on the clean image first. */
function wrongClasses({ cleanLogits, labels }: AttackTask, example: number): number[] {
  const classes = cleanLogits.shape[1]!;
  const logits = cleanLogits.data.subarray(example * classes, (example + 1) * classes);
  const wrong = Array.from({ length: classes }, (_, k) => k).filter((k) => k !== labels[example]);
  return wrong.sort((a, b) => logits[b]! - logits[a]! || a - b);
}

/** A step of length ε along the direction in logits, or one along the margin whose length falls from ε along half a period of the cosine. */
function compileStep(task: AttackTask, norm: BudgetNorm): Promise<BatchedFunction> {
  const { output, spec } = task.model;
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const perExample = { dtype: 'float32', shape: [1, 1, 1] } as const;
  const inputs = {
    ...{ original: image, adversarial: image, best: image },
    label: { dtype: 'int32', shape: [] } as const,
    direction: { dtype: 'float32', shape: [spec.classCount] } as const,
    ...{ epsilon: perExample, startSteps: perExample, steps: perExample, smallest: perExample },
    ...{ taken: perExample, reach: perExample, byStart: perExample, became: perExample },
  };
  return task.compile(`run.${norm.norm}`, inputs, (logits, given) => {
    const { original, adversarial, best, epsilon, startSteps, steps, smallest, taken, reach, byStart, became } = given as Record<
      string,
      tf.Tensor4D
    >;
    const label = given['label'] as tf.Tensor1D;
    const column = (values: tf.Tensor) => tf.reshape(values, [-1, 1, 1, 1]);
    const isStart = tf.less(taken!, startSteps!);
    const marginOf = (scores: tf.Tensor2D) => marginLoss(scores, label, output);
    const raised = (scores: tf.Tensor2D) =>
      tf.where(tf.reshape(isStart, [-1]), tf.sum(tf.mul(scores, given['direction']!), 1), marginOf(scores));
    const { scores, gradient } = lossAndGradient(task, logits, adversarial!, raised);
    const margin = column(marginOf(scores));
    const isBetter = tf.greater(margin, reach!);
    const cosine = tf.cos(tf.div(tf.mul(Math.PI, tf.sub(taken!, startSteps!)), tf.add(steps!, 1)));
    const share = tf.add(smallest!, tf.mul(tf.sub(1, smallest!), tf.div(tf.add(1, cosine), 2)));
    const length = tf.mul(epsilon!, tf.where(isStart, tf.onesLike(share), share));
    const isFooledByStart = tf.logicalAnd(tf.greater(margin, 0), tf.logicalAnd(tf.lessEqual(taken!, startSteps!), tf.greater(taken!, 0)));
    return {
      adversarial: norm.project(tf.add(adversarial!, tf.mul(length, norm.steepest(gradient, adversarial!))), original!, epsilon!),
      best: tf.where(isBetter, adversarial!, best!),
      reach: tf.where(isBetter, margin, reach!),
      became: tf.where(isBetter, column(tf.cast(tf.argMax(scores, 1), 'float32')), became!),
      taken: tf.add(taken!, 1),
      byStart: tf.maximum(byStart!, tf.cast(isFooledByStart, 'float32')),
    };
  });
}
