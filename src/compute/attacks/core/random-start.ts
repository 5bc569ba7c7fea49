/** One-step attacks after a random step, which takes them out of the sharp curvature near the data that masks gradients (Tramèr et al. 2017). @module */
import { randomlyChanged, randomSigns } from './random-images.js';
import { signGradientAttack, type SignGradientPlan } from './sign-gradient.js';
import type { AttackOutput, AttackTask } from './definition.js';
import type { ParameterValues } from '../../parameters/descriptions.js';

/** A random sign step of size α, then one gradient step of size ε - α. */
export function randomThenGradient(
  task: AttackTask,
  { epsilon, randomShare }: ParameterValues,
  purpose: string,
  plan: Pick<SignGradientPlan, 'label' | 'direction'>,
): Promise<AttackOutput> {
  const size = epsilon as number;
  const alpha = size * (randomShare as number);
  const start = randomlyChanged(task, purpose, randomSigns(alpha));
  return signGradientAttack(task, { ...plan, epsilon: size, alpha: size - alpha, steps: 1, start });
}
