/** HopSkipJump for the smallest change in L∞ (Chen et al. 2020). @module */
import { linfBudget } from '../core/budgets.js';
import { DECISION_PARAMETERS } from './decisions.js';
import { prepareReferences } from './decision-start.js';
import { hopSkipJump, PROBES, type HopSkipJumpNorm } from './hop-skip-jump.js';
import { fillUniform } from '../core/normal-noise.js';
import { LINF_CAP } from '../core/parameters.js';
import { CHEN_2020 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const hopSkipJumpLinf: AttackDefinition = {
  kind: 'HOP_SKIP_JUMP_LINF',
  name: 'hopSkipJumpLinf',
  title: 'HopSkipJump, L∞',
  description:
    'Starts from an image of another class and follows estimated normals of the decision boundary, for the smallest change in L∞. Uses decisions only.',
  access: 'DECISION',
  norms: ['LINF'],
  targeted: true,
  reference: CHEN_2020,
  parameters: { epsilon: LINF_CAP, ...DECISION_PARAMETERS, probes: PROBES },
  budget: linfBudget,
  prepare: prepareReferences,
  run: (task, parameters) => hopSkipJump(task, parameters, linfBudget(parameters), NORM),
};

const NORM: HopSkipJumpNorm = {
  length: largest,
  halvings: (size) => Math.ceil(2 * Math.log2(size)),
  fill: fillUniform,
  /** Each pixel value as near to the image's as a share of the largest change allows. */
  between(original, image, share, point) {
    for (let p = 0; p < point.length; p++) point[p] = image[p]! - original[p]!;
    const reach = share * largest(point);
    for (let p = 0; p < point.length; p++) point[p] = original[p]! + Math.min(reach, Math.max(-reach, point[p]!));
  },
  direct(normal) {
    for (let p = 0; p < normal.length; p++) normal[p] = Math.sign(normal[p]!);
  },
};

function largest(change: Float32Array): number {
  let most = 0;
  for (let p = 0; p < change.length; p++) most = Math.max(most, Math.abs(change[p]!));
  return most;
}
