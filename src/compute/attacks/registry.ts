/** All attacks. A new one is one file here and one line below. @module */
import { ComputeError } from '../errors.js';
import { apgdCeLinf } from './apgd-ce-linf.js';
import { apgdCeL2 } from './apgd-ce-l2.js';
import { apgdDlrLinf } from './apgd-dlr-linf.js';
import { apgdDlrL2 } from './apgd-dlr-l2.js';
import { apgdSquareLinf } from './apgd-square-linf.js';
import { apgdTLinf } from './apgd-t-linf.js';
import { apgdTL2 } from './apgd-t-l2.js';
import { autoAttackL2 } from './auto-attack-l2.js';
import { autoAttackLinf } from './auto-attack-linf.js';
import { fabLinf } from './fab-linf.js';
import { fabL2 } from './fab-l2.js';
import { fabL1 } from './fab-l1.js';
import { fabTLinf } from './fab-t-linf.js';
import { fabTL2 } from './fab-t-l2.js';
import { fabTL1 } from './fab-t-l1.js';
import { deepFoolL2 } from './deep-fool-l2.js';
import { deepFoolLinf } from './deep-fool-linf.js';
import { fmnL0 } from './fmn-l0.js';
import { fmnL1 } from './fmn-l1.js';
import { fmnL2 } from './fmn-l2.js';
import { fmnLinf } from './fmn-linf.js';
import { cwL2 } from './cw-l2.js';
import { ead } from './ead.js';
import { cwLinf } from './cw-linf.js';
import { jsma } from './jsma.js';
import { lbfgs } from './lbfgs.js';
import { fastEntropy } from './fast-entropy.js';
import { fastGradientL2 } from './fast-gradient-l2.js';
import { fastGradientLinf } from './fast-gradient-linf.js';
import { fgsm } from './fgsm.js';
import { gaussianNoise } from './gaussian-noise.js';
import { imported } from './imported.js';
import { iterBasic } from './iter-basic.js';
import { iterLl } from './iter-ll.js';
import { pgdL1 } from './pgd-l1.js';
import { pgdL2 } from './pgd-l2.js';
import { pgdLinf } from './pgd-linf.js';
import { randFgsm } from './rand-fgsm.js';
import { randomSignNoise } from './random-sign-noise.js';
import { boundary } from './boundary.js';
import { fastGradientValue } from './fast-gradient-value.js';
import { hopSkipJumpL2 } from './hop-skip-jump-l2.js';
import { hopSkipJumpLinf } from './hop-skip-jump-linf.js';
import { hotCold } from './hot-cold.js';
import { onePixel } from './one-pixel.js';
import { rotationTranslation } from './rotation-translation.js';
import { vap } from './vap.js';
import { nes } from './nes.js';
import { simba } from './simba.js';
import { spsa } from './spsa.js';
import { squareL2 } from './square-l2.js';
import { squareLinf } from './square-linf.js';
import { stepLl } from './step-ll.js';
import { stepLlNoise } from './step-ll-noise.js';
import { stepRnd } from './step-rnd.js';
import { truncatedNormalNoise } from './truncated-normal-noise.js';
import { ddn } from './ddn.js';
import { diFgsm } from './di-fgsm.js';
import { miFgsm } from './mi-fgsm.js';
import { niFgsm } from './ni-fgsm.js';
import { siNiFgsm } from './si-ni-fgsm.js';
import { tiFgsm } from './ti-fgsm.js';
import { vmiFgsm } from './vmi-fgsm.js';
import type { AttackDefinition, ParameterValues } from './types.js';
import { uniformNoise } from './uniform-noise.js';
import { patch } from './patch.js';
import { substitute } from './substitute.js';
import { universalL2 } from './universal-l2.js';
import { universalLinf } from './universal-linf.js';
import { worstOf } from './worst-of.js';
import { bpda } from './bpda.js';
import { eot } from './eot.js';

/** Those that are not lists of others. */
const single: readonly AttackDefinition[] = [
  fgsm,
  stepLl,
  stepRnd,
  iterBasic,
  iterLl,
  pgdLinf,
  pgdL2,
  pgdL1,
  apgdCeLinf,
  apgdCeL2,
  apgdDlrLinf,
  apgdDlrL2,
  apgdTLinf,
  apgdTL2,
  miFgsm,
  niFgsm,
  diFgsm,
  tiFgsm,
  siNiFgsm,
  vmiFgsm,
  ddn,
  deepFoolL2,
  deepFoolLinf,
  cwL2,
  cwLinf,
  ead,
  jsma,
  lbfgs,
  fmnL0,
  fmnL1,
  fmnL2,
  fmnLinf,
  fabLinf,
  fabL2,
  fabL1,
  fabTLinf,
  fabTL2,
  fabTL1,
  squareLinf,
  squareL2,
  spsa,
  nes,
  simba,
  onePixel,
  rotationTranslation,
  boundary,
  hopSkipJumpL2,
  hopSkipJumpLinf,
  fastGradientValue,
  hotCold,
  vap,
  randFgsm,
  stepLlNoise,
  fastGradientL2,
  fastGradientLinf,
  fastEntropy,
  randomSignNoise,
  truncatedNormalNoise,
  uniformNoise,
  gaussianNoise,
  universalLinf,
  universalL2,
  patch,
  substitute,
  apgdSquareLinf,
  autoAttackLinf,
  autoAttackL2,
];

const byGradient = single.filter(({ access }) => access === 'GRADIENT');
const throughSteps = bpda(byGradient);
const averagedOver = eot([...byGradient, throughSteps]);

export const attacks: readonly AttackDefinition[] = [
  ...single,
  throughSteps,
  averagedOver,
  worstOf([...single, throughSteps, averagedOver]),
];

/** @throws ComputeError INVALID_ATTACK, naming the attacks that there are. */
export function findAttack(kind: string): AttackDefinition {
  const attack = [...attacks, imported].find((candidate) => candidate.kind === kind);
  if (attack) return attack;
  const known = attacks.map((candidate) => candidate.kind).join(', ');
  throw new ComputeError('INVALID_ATTACK', `There is no attack "${kind}". Known attacks: ${known}.`, ['kind']);
}

/** The attack as its parameters make it: what it needs of the model may depend on them. */
export function attackAsRun(kind: string, parameters: ParameterValues): AttackDefinition {
  const attack = findAttack(kind);
  return attack.accessOf ? { ...attack, access: attack.accessOf(parameters) } : attack;
}
