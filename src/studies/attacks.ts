/** The paper's attacks, under its names for them. @module */
import type { NamedAttack } from './grid.js';
import type { Settings } from './types.js';

export const FGSM: NamedAttack = { title: 'FGSM', kind: 'FGSM', parameters: { label: 'TRUE' } };
export const FGSM_PREDICTED: NamedAttack = { title: 'FGSM pred.', kind: 'FGSM', parameters: { label: 'PREDICTED' } };
export const STEP_LL: NamedAttack = { title: 'step l.l.', kind: 'STEP_LL', parameters: {} };
export const STEP_RND: NamedAttack = { title: 'step rnd.', kind: 'STEP_RND', parameters: {} };

export const iterBasic = ({ iterative }: Settings): NamedAttack => ({ title: 'iter. basic', kind: 'ITER_BASIC', parameters: iterative });
export const iterLl = ({ iterative }: Settings): NamedAttack => ({ title: 'iter. l.l.', kind: 'ITER_LL', parameters: iterative });
