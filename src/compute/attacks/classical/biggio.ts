/**
 * Evasion by gradient descent (Biggio et al. 2013): down the difference between the scores of the true class and of another one, and towards where examples of that
 * other class are dense, within a distance: `g(x) - λ/n Σ_i exp(-‖x - x_i‖₁ / h)`. Security curves are its robustness curves over ε.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { floats, type HostTensor } from '../../tensors/index.js';
import { within } from '../core/budgets.js';
import { type AttackDefinition, type AttackReference, type AttackTask, defineAttack, type Preparation } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { L1_EPSILON, L2_EPSILON, STEP_LENGTH } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { Survivors } from '../core/survivors.js';
import { stepInWholeLevels } from '../core/whole-levels.js';
import { L1 } from '../norms/l1.js';
import { L2 } from '../norms/l2.js';
import type { BudgetNorm } from '../norms/types.js';

const BIGGIO_2013: AttackReference = {
  title: 'Evasion Attacks against Machine Learning at Test Time',
  authors: 'Biggio, Corona, Maiorca, Nelson, Šrndić, Laskov, Giacinto, Roli',
  year: 2013,
  link: 'arXiv:1708.06131',
};

const PARAMETERS = {
  lambda: real({
    default: 10,
    minimum: 0,
    maximum: 1e6,
    description: 'λ: weight of the density of the other class; 0 follows the scores alone.',
  }),
  bandwidth: real({ default: 10, minimum: 1e-3, maximum: 1e6, description: 'h: width of the kernel, in sums of changes of pixel values.' }),
  references: integer({
    default: 100,
    minimum: 1,
    maximum: 10_000,
    description:
      'Examples that the density is estimated from: the last of the data set. An evaluation that reaches them attacks images that the attacker knows.',
  }),
  steps: integer({ default: 100, minimum: 1, maximum: 10_000, description: 'Number of steps.' }),
  alpha: STEP_LENGTH,
  ...TARGET_PARAMETERS,
};

interface Density {
  /** `[m, height, width, channels]`. */
  readonly images: HostTensor;
  readonly labels: Int32Array;
}

export const biggioL1 = biggioWithin(L1, L1_EPSILON, 'BIGGIO_L1', 'biggioL1', 'L1');
export const biggioL2 = biggioWithin(L2, L2_EPSILON, 'BIGGIO_L2', 'biggioL2', 'L2');

function biggioWithin(norm: BudgetNorm, epsilon: typeof L1_EPSILON, kind: string, name: string, title: string): AttackDefinition {
  return defineAttack({
    kind,
    name,
    title: `Gradient descent with density, ${title}`,
    description:
      'Descends from the true class to the likeliest other one, or the target, and towards dense regions of that class, as Biggio et al. attack support vector machines and networks.',
    access: 'GRADIENT',
    norms: [norm.norm],
    targeted: true,
    reference: BIGGIO_2013,
    parameters: { epsilon, ...PARAMETERS },
    budget: within(norm.norm),
    async prepare({ examples }: Preparation, { lambda, references }): Promise<Density | undefined> {
      if (lambda === 0) return undefined;
      const { images, labels } = await examples(references);
      return { images, labels };
    },
    async run(task, parameters) {
      const budget = { norm: norm.norm, epsilon: parameters.epsilon };
      const survivors = new Survivors(task, budget);
      if (survivors.count > 0) {
        const { steps } = parameters;
        const images = await descend(survivors.task(), norm, parameters, task.prepared);
        survivors.spend(steps, steps);
        await survivors.release(images);
        await stepInWholeLevels(survivors, images, budget);
      }
      return survivors.output();
    },
  });
}

async function descend(
  task: AttackTask,
  norm: BudgetNorm,
  { epsilon, steps, alpha, lambda, bandwidth }: ValuesOf<typeof PARAMETERS> & { readonly epsilon: number },
  density: Density | undefined,
): Promise<HostTensor> {
  const n = task.labels.length;
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const scalar = { dtype: 'float32', shape: [1, 1, 1] } as const;
  const label = { dtype: 'int32', shape: [] } as const;
  const goals = task.targets ?? likeliestOthers(task);
  const known = density && lambda > 0 ? density : undefined;
  const count = known?.labels.length ?? 0;
  const step = await task.compile(
    `descent.${count}`,
    {
      original: image,
      adversarial: image,
      label,
      goal: label,
      epsilon: scalar,
      alpha: scalar,
      ...(known
        ? {
            references: { dtype: 'float32', shape: [...known.images.shape], shared: true },
            weights: { dtype: 'float32', shape: [count] },
            width: { dtype: 'float32', shape: [] },
          }
        : {}),
    },
    (scores, given) => {
      const { original, adversarial, epsilon: most, alpha: length } = given;
      const gradient = tf.grad((x) => {
        const found = scores(x as tf.Tensor4D);
        const of = (classes: tf.Tensor) => tf.sum(tf.mul(found, tf.oneHot(classes as tf.Tensor1D, found.shape[1])), 1);
        const value = tf.sub(of(given['label']!), of(given['goal']!));
        return tf.sum(known ? tf.sub(value, densityAt(x, given)) : value);
      })(adversarial!);
      const direction = norm.steepest(tf.neg(gradient), adversarial!);
      return { adversarial: norm.project(tf.add(adversarial!, tf.mul(length!, direction)), original!, most!) };
    },
  );
  const inputs = {
    original: task.images,
    adversarial: task.images,
    label: { dtype: 'int32', shape: [n], data: task.labels } as const,
    goal: { dtype: 'int32', shape: [n], data: goals } as const,
    epsilon: constant(n, epsilon),
    alpha: constant(n, alpha ?? (2.5 * epsilon) / steps),
    ...(known
      ? {
          references: { ...known.images, data: floats(known.images) },
          weights: weightsOf(known.labels, goals, lambda),
          width: { dtype: 'float32', shape: [n], data: new Float32Array(n).fill(bandwidth) } as const,
        }
      : {}),
  };
  const { adversarial } = await step.run(inputs, { repeat: steps, feedback: { adversarial: 'adversarial' }, signal: task.signal });
  return adversarial!;
}

/** `λ/n Σ_i exp(-‖x - x_i‖₁ / h)` over the references of each example's goal, `[n]`. */
function densityAt(x: tf.Tensor, { references, weights, width }: Record<string, tf.Tensor>): tf.Tensor {
  const rows = (images: tf.Tensor) => tf.reshape(images, [images.shape[0]!, -1]);
  const differences = tf.sub(tf.expandDims(rows(x), 1), tf.expandDims(rows(references!), 0));
  const distances = tf.sum(tf.abs(differences), 2);
  return tf.sum(tf.mul(weights!, tf.exp(tf.neg(tf.div(distances, tf.expandDims(width!, 1))))), 1);
}

/** λ over the number of references of the goal's class, for those; zero for the others. */
function weightsOf(labels: Int32Array, goals: Int32Array, lambda: number): HostTensor {
  const data = new Float32Array(goals.length * labels.length);
  for (const [i, goal] of goals.entries()) {
    const count = labels.reduce((sum, label) => sum + Number(label === goal), 0);
    for (const [m, label] of labels.entries()) if (label === goal) data[i * labels.length + m] = lambda / count;
  }
  return { dtype: 'float32', shape: [goals.length, labels.length], data };
}

/** The class of the highest score other than the true one. */
function likeliestOthers({ cleanLogits, labels }: AttackTask): Int32Array {
  const classes = cleanLogits.shape[1]!;
  return labels.map((label, i) => {
    let best = label === 0 ? 1 : 0;
    for (let k = 0; k < classes; k++) {
      if (k !== label && cleanLogits.data[i * classes + k]! > cleanLogits.data[i * classes + best]!) best = k;
    }
    return best;
  });
}
