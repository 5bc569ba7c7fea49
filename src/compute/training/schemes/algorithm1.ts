/**
 * Algorithm 1 of Kurakin et al. 2016 (arXiv 1611.01236): k of the m images of every minibatch are replaced by step l.l. images made with the current
 * network, and one forward pass sees all m, so that batch norm sees both kinds.
 * `Loss = 1 / ((m - k) + λk) · (Σ_clean L + λ Σ_adv L)`.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { signLoss } from '../../attacks/losses.js';
import { clipToBudget } from '../../attacks/norms/linf.js';
import type { HostTensor } from '../../engine/types.js';
import { randomStream, truncatedNormal } from '../../random.js';
import type { TrainingScheme } from '../types.js';

export interface Algorithm1Options {
  /** k: adversarial images in each minibatch. */
  readonly adversarialCount: number;
  /** λ: weight of an adversarial example's loss. The paper takes 0.3. */
  readonly adversarialWeight: number;
  /** ε of each image is drawn from N(0, epsilonMax / 2) truncated to [0, epsilonMax], a fraction of the pixel range. The paper takes 16/255. */
  readonly epsilonMax: number;
  /** Steps of plain training before the first adversarial image (k = 0). */
  readonly delaySteps: number;
}

export function algorithm1(options: Algorithm1Options): TrainingScheme {
  const { adversarialCount: k, adversarialWeight: lambda, epsilonMax, delaySteps } = options;
  return {
    name: 'algorithm1',
    parameters: { k },
    inputs: (m) => ({ epsilon: [k, 1, 1, 1], exampleWeights: [m] }),
    draw(m, seed, step) {
      // Before the delay is over, ε = 0 and equal weights are the same as k = 0, without a second program.
      const active = step >= delaySteps;
      const stream = randomStream(seed, 'algorithm1.epsilon', step);
      const epsilon = Float32Array.from({ length: k }, () => (active ? truncatedNormal(stream, epsilonMax / 2, 0, epsilonMax) : 0));
      const weightOfAdversarial = active ? lambda : 1;
      const total = m - k + weightOfAdversarial * k;
      const exampleWeights = Float32Array.from({ length: m }, (_, i) => (i < k ? weightOfAdversarial : 1) / total);
      return { epsilon: float32([k, 1, 1, 1], epsilon), exampleWeights: float32([m], exampleWeights) };
    },
    prepare({ images }, { epsilon, exampleWeights }, scores, output) {
      const m = images.shape[0];
      const replaced = tf.slice(images, [0], [k]);
      const leastLikely = tf.argMin(scores(replaced), 1) as tf.Tensor1D;
      const gradient = tf.grad((x) => signLoss(scores(x as tf.Tensor4D), leastLikely, output))(replaced);
      const moved = tf.sub(replaced, tf.mul(epsilon!, tf.sign(gradient)));
      const adversarial = clipToBudget(moved, replaced, epsilon!) as tf.Tensor4D;
      return {
        images: k === m ? adversarial : tf.concat([adversarial, tf.slice(images, [k], [m - k])], 0),
        exampleWeights: exampleWeights as tf.Tensor1D,
      };
    },
  };
}

function float32(shape: readonly number[], data: Float32Array): HostTensor {
  return { dtype: 'float32', shape, data };
}
