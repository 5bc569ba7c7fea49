/** Noise baselines: they ask the model nothing. An attack that does no better than they do is broken. @module */
import { randomlyChanged, type DrawChange } from '../core/random-images.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';

export function noiseAttack(task: AttackTask, purpose: string, draw: DrawChange): Promise<AttackOutput> {
  const n = task.labels.length;
  return Promise.resolve({ images: randomlyChanged(task, purpose, draw), queries: new Int32Array(n), gradients: new Int32Array(n) });
}
