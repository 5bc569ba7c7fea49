/** DI²-FGSM: each gradient is taken of an image that has been made smaller and shifted at random (Xie et al. 2019). @module */
import * as tf from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../random.js';
import { linfBudget } from '../core/budgets.js';
import { momentumAttack, momentumParameters } from './momentum.js';
import { XIE_2019 } from '../core/references.js';
import { resample } from '../core/resample.js';
import type { AttackDefinition } from '../core/definition.js';
import type { NumberParameter } from '../../parameters/descriptions.js';

const PROBABILITY: NumberParameter = {
  type: 'number',
  default: 0.5,
  minimum: 0,
  maximum: 1,
  description: 'p: how often the image is transformed before its gradient is taken.',
};

const SMALLEST: NumberParameter = {
  type: 'number',
  default: 0.9,
  minimum: 0.1,
  maximum: 1,
  description: "Smallest size of the transformed image, as a share of the original's; the rest is black. The paper has 299 of 330 pixels.",
};

export const diFgsm: AttackDefinition = {
  kind: 'DI_FGSM',
  name: 'diFgsm',
  title: 'DI²-FGSM',
  description: 'Iterated sign steps along gradients of randomly resized and padded images; with momentum it is M-DI²-FGSM.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: XIE_2019,
  parameters: { ...momentumParameters(0), probability: PROBABILITY, smallest: SMALLEST },
  budget: linfBudget,
  run(task, parameters) {
    const [height, width] = task.model.spec.inputShape;
    const [probability, smallest] = [parameters['probability'] as number, parameters['smallest'] as number];
    return momentumAttack(task, parameters, {
      drawn: { rows: [height, height], columns: [width, width] },
      draw(stream) {
        const transformed = stream.uniform() < probability;
        const share = transformed ? smallest + (1 - smallest) * stream.uniform() : 1;
        return { rows: shrinking(stream, height, share), columns: shrinking(stream, width, share) };
      },
      estimate: ({ gradient, draws }) => ({
        gradient: gradient((x) => resample(x, draws['rows'] as tf.Tensor3D, draws['columns'] as tf.Tensor3D)),
      }),
    });
  },
};

/**
 * Nearest-neighbour shrinking to a share of the size, and a random place in the black rest, along one axis: a matrix whose rows pick pixels. As a matrix
 * it is an input like any other, so that one compiled function serves all draws.
 * @returns `[size, size]`.
 */
function shrinking(stream: RandomStream, size: number, share: number): Float32Array {
  const smaller = Math.max(1, Math.round(size * share));
  const offset = stream.integer(size - smaller + 1);
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < smaller; i++) matrix[(offset + i) * size + Math.floor(((i + 0.5) * size) / smaller)] = 1;
  return matrix;
}
