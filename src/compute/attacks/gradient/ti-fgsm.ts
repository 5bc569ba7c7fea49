/** TI-FGSM: the gradient smoothed by a Gaussian kernel, which stands for its mean over shifted images (Dong et al. 2019). @module */
import * as tf from '@tensorflow/tfjs-core';
import { linfBudget } from '../core/budgets.js';
import { momentumAttack, momentumParameters } from './momentum.js';
import { DONG_2019 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';
import type { NumberParameter } from '../../parameters/descriptions.js';

const RADIUS: NumberParameter = {
  type: 'integer',
  default: 7,
  minimum: 0,
  maximum: 50,
  description:
    "k: the kernel has 2k + 1 pixels a side and a standard deviation of k / √3. The paper's 7 is for images of 299 × 299 pixels.",
};

export const tiFgsm: AttackDefinition = {
  kind: 'TI_FGSM',
  name: 'tiFgsm',
  title: 'TI-FGSM',
  description: 'Iterated sign steps along a smoothed gradient, which fool other models better; with momentum it is TI-MI-FGSM.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: DONG_2019,
  parameters: { ...momentumParameters(0), radius: RADIUS },
  budget: linfBudget,
  run(task, parameters) {
    const radius = parameters['radius'] as number;
    const channels = task.model.spec.inputShape[2];
    return momentumAttack(task, parameters, {
      variant: String(radius),
      estimate: ({ gradient }) => ({
        gradient: tf.depthwiseConv2d(gradient() as tf.Tensor4D, gaussianKernel(radius, channels), 1, 'same'),
      }),
    });
  },
};

/** @returns `[side, side, channels, 1]`, with sum 1 a channel. */
function gaussianKernel(radius: number, channels: number): tf.Tensor4D {
  const side = 2 * radius + 1;
  // A radius of 0 is a single pixel, whatever its deviation.
  const variance = Math.max(1, radius ** 2) / 3;
  const weights = Float32Array.from({ length: side }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * variance)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const kernel = Float32Array.from({ length: side * side * channels }, (_, at) => {
    const pixel = Math.floor(at / channels);
    return (weights[Math.floor(pixel / side)]! * weights[pixel % side]!) / total ** 2;
  });
  return tf.tensor4d(kernel, [side, side, channels, 1]);
}
