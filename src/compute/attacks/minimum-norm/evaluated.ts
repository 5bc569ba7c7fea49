/** Which of some given images reach the goal, and how long their changes are. @module */
import type { Norm } from '../../distances/index.js';
import type { HostTensor } from '../../tensors/index.js';
import type { AttackTask } from '../core/definition.js';
import type { SearchResult } from '../core/minimum-norm.js';
import { reachedBy } from './goal.js';
import { takeSteps } from './steps.js';
import { rounded } from './stored.js';

/** @param images one of each example, which is looked at as it would be stored. Costs a query of each. */
export function evaluated(task: AttackTask, images: HostTensor, norm: Norm): Promise<SearchResult> {
  return takeSteps(task, {
    name: 'judge',
    norm,
    count: 1,
    cost: { queries: 1, gradients: 0 },
    state: {},
    fixed: { x: images },
    step(logits, { original, aim: goalClass, x: exact }) {
      const image = rounded(task, exact, original, norm);
      return { image, reached: reachedBy(task, logits(image), goalClass), state: {} };
    },
  });
}
