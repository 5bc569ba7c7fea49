/** HopSkipJump for the smallest change in L2 (Chen et al. 2020). @module */
import { l2Budget } from '../core/budgets.js';
import { DECISION_PARAMETERS } from './decisions.js';
import { prepareReferences } from './decision-start.js';
import { hopSkipJump, PROBES, type HopSkipJumpNorm } from './hop-skip-jump.js';
import { fillNormal } from '../core/normal-noise.js';
import { L2 } from '../norms/l2.js';
import { L2_CAP } from '../core/parameters.js';
import { CHEN_2020 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const hopSkipJumpL2: AttackDefinition = {
  kind: 'HOP_SKIP_JUMP_L2',
  name: 'hopSkipJumpL2',
  title: 'HopSkipJump, L2',
  description:
    'Starts from an image of another class and follows estimated normals of the decision boundary, for the smallest change in L2. Uses decisions only.',
  access: 'DECISION',
  norms: ['L2'],
  targeted: true,
  reference: CHEN_2020,
  parameters: { epsilon: L2_CAP, ...DECISION_PARAMETERS, probes: PROBES },
  budget: l2Budget,
  prepare: prepareReferences,
  run: (task, parameters) => hopSkipJump(task, parameters, l2Budget(parameters), NORM),
};

const NORM: HopSkipJumpNorm = {
  length: (change) => L2.length(change),
  halvings: (size) => Math.ceil(1.5 * Math.log2(size)),
  fill: fillNormal,
  between(original, image, share, point) {
    for (let p = 0; p < point.length; p++) point[p] = original[p]! + share * (image[p]! - original[p]!);
  },
  direct() {
    // The normal is the steepest direction.
  },
};
