/** FMN in L1. @module */
import { l1Budget } from '../core/budgets.js';
import { fmn, FMN_PARAMETERS, type FmnNorm } from './fmn.js';
import { L1 } from '../norms/l1.js';
import { clipToRange } from '../norms/reduce.js';
import { L1_CAP } from '../core/parameters.js';
import { PINTOR_2021 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

/**
 * Clipped to the pixel range before the projection, unlike in the authors' code: what a step moves beyond the range would use up the radius, and where that is
 * all of it the search does not get on.
 */
const CLIPPED_L1: FmnNorm = { norm: 'L1', project: (x, original, epsilon) => L1.project(clipToRange(x), original, epsilon) };

export const fmnL1: AttackDefinition = {
  kind: 'FMN_L1',
  name: 'fmnL1',
  title: 'FMN, L1',
  description: 'Looks for the smallest change in L1: gradient steps inside a ball that shrinks while the model is fooled.',
  access: 'GRADIENT',
  norms: ['L1'],
  targeted: true,
  reference: PINTOR_2021,
  parameters: { epsilon: L1_CAP, ...FMN_PARAMETERS },
  budget: l1Budget,
  run: (task, parameters) => fmn(task, parameters, CLIPPED_L1, l1Budget(parameters)),
};
