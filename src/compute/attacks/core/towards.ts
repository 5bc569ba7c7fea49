/** Attacks of one run that exist with and without a target. @module */
import type { Budget } from '../../distances/index.js';
import type { AttackOutput, AttackTask } from './definition.js';
import { Survivors } from './survivors.js';

/**
 * Runs the attack on all images; towards a target, only on those that there is something to do for: not on those that the model gets wrong, nor on those that are of
 * the target as they are.
 */
export async function runOnce(task: AttackTask, budget: Budget, run: (task: AttackTask) => Promise<AttackOutput>): Promise<AttackOutput> {
  if (!task.targets) return run(task);
  const survivors = new Survivors(task, budget);
  if (survivors.count > 0) {
    const { images, queries, gradients } = await run(survivors.task());
    survivors.spend(queries, gradients);
    await survivors.release(images);
  }
  return survivors.output();
}
