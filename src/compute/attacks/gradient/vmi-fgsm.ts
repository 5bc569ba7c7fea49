/**
 * VMI-FGSM: MI-FGSM with the gradient's variance around the last point, `V = 1/N Σ ∇J(X + r_i) - ∇J(X)` with `r_i ~ U[-βε, βε]`, added to each gradient
 * (Wang & He 2021).
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensors/host-tensor.js';
import { linfBudget } from '../core/budgets.js';
import { momentumAttack, momentumParameters } from './momentum.js';
import { WANG_2021 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';
import type { NumberParameter } from '../../parameters/descriptions.js';

const NEIGHBOURS: NumberParameter = {
  type: 'integer',
  default: 20,
  minimum: 1,
  maximum: 100,
  description: 'N: random neighbours of which the gradient is taken in each step.',
};

const BETA: NumberParameter = {
  type: 'number',
  default: 1.5,
  minimum: 0,
  maximum: 10,
  description: 'β: how far away neighbours are, in units of ε.',
};

export const vmiFgsm: AttackDefinition = {
  kind: 'VMI_FGSM',
  name: 'vmiFgsm',
  title: 'VMI-FGSM',
  description: 'MI-FGSM with gradients corrected by their mean over random neighbours of the point before.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: WANG_2021,
  parameters: { ...momentumParameters(1), neighbours: NEIGHBOURS, beta: BETA },
  budget: linfBudget,
  run(task, parameters) {
    const count = parameters['neighbours'] as number;
    const radius = (parameters['beta'] as number) * (parameters['epsilon'] as number);
    const shape = [count, ...task.images.shape.slice(1)];
    return momentumAttack(task, parameters, {
      variant: String(count),
      passes: count + 1,
      drawn: { shifts: shape },
      draw: (stream) => ({ shifts: Float32Array.from({ length: sizeOf(shape) }, () => radius * (2 * stream.uniform() - 1)) }),
      estimate({ gradient, draws, memory }) {
        const shifts = tf.unstack(draws['shifts']!, 1) as tf.Tensor4D[];
        const around = gradient((x) => tf.concat(shifts.map((shift) => tf.add(x, shift) as tf.Tensor4D)), count);
        const here = gradient();
        return { gradient: tf.add(here, memory), memory: tf.sub(tf.div(around, count), here) };
      },
    });
  },
};
