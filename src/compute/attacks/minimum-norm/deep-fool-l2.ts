/** DeepFool in L2. @module */
import { l2Budget } from '../core/budgets.js';
import { deepFool, DEEP_FOOL_PARAMETERS } from './deep-fool.js';
import { L2 } from '../norms/l2.js';
import { L2_CAP } from '../core/parameters.js';
import { MOOSAVI_2016 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const deepFoolL2: AttackDefinition = {
  kind: 'DEEP_FOOL_L2',
  name: 'deepFoolL2',
  title: 'DeepFool, L2',
  description: 'Steps to the nearest class boundary, made linear, until the model is fooled: a small change in L2 for few passes.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: false,
  reference: MOOSAVI_2016,
  parameters: { epsilon: L2_CAP, ...DEEP_FOOL_PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) => deepFool(task, parameters, L2, l2Budget(parameters)),
};
