/** DeepFool in L∞. @module */
import { linfBudget } from '../core/budgets.js';
import { deepFool, DEEP_FOOL_PARAMETERS } from './deep-fool.js';
import { LINF } from '../norms/linf.js';
import { LINF_CAP } from '../core/parameters.js';
import { MOOSAVI_2016 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const deepFoolLinf: AttackDefinition = {
  kind: 'DEEP_FOOL_LINF',
  name: 'deepFoolLinf',
  title: 'DeepFool, L∞',
  description: 'Steps to the nearest class boundary, made linear, until the model is fooled: a small change in L∞ for few passes.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: false,
  reference: MOOSAVI_2016,
  parameters: { epsilon: LINF_CAP, ...DEEP_FOOL_PARAMETERS },
  budget: linfBudget,
  run: (task, parameters) => deepFool(task, parameters, LINF, linfBudget(parameters)),
};
