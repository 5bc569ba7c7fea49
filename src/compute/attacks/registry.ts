/** All attacks. A new one is one file here and one line below. @module */
import { ComputeError } from '../errors.js';
import { apgdSquareLinf, autoAttackL1, autoAttackL2, autoAttackLinf } from './composite/auto-attack.js';
import { fabL1, fabL2, fabLinf, fabTL1, fabTL2, fabTLinf } from './minimum-norm/fab.js';
import { deepFoolL2, deepFoolLinf } from './minimum-norm/deep-fool.js';
import { fmnL0, fmnL1, fmnL2, fmnLinf } from './minimum-norm/fmn.js';
import { cwL2, cwLinf } from './minimum-norm/carlini-wagner.js';
import { ead } from './minimum-norm/ead.js';
import { jsma } from './minimum-norm/jsma.js';
import { lbfgs } from './minimum-norm/lbfgs.js';
import { gaussianNoise, randomSignNoise, truncatedNormalNoise, uniformNoise } from './baselines/noise.js';
import { apgdCeL1, apgdCeL2, apgdCeLinf, apgdDlrL1, apgdDlrL2, apgdDlrLinf, apgdTL1, apgdTL2, apgdTLinf } from './gradient/apgd.js';
import { iterBasic, iterLl } from './gradient/iterative.js';
import {
  admixFgsm,
  bsr,
  diFgsm,
  miFgsm,
  niFgsm,
  pgn,
  piFgsm,
  piFgsmPlusPlus,
  sia,
  siNiFgsm,
  ssa,
  tiFgsm,
  transferFgsm,
  vmiFgsm,
  vniFgsm,
} from './transfer/attacks.js';
import { ila } from './transfer/intermediate-level.js';
import { lgv } from './transfer/large-vicinity.js';
import { geoDaL2, geoDaLinf } from './decision/geo-da.js';
import { pointwise } from './decision/pointwise.js';
import { qeba } from './decision/qeba.js';
import { rays } from './decision/rays.js';
import { signOpt } from './decision/sign-opt.js';
import { surFree } from './decision/sur-free.js';
import { banditsL2, banditsLinf } from './score/bandits.js';
import { sparseRs, sparseRsFrame, sparseRsPatch } from './score/sparse-rs.js';
import { zoo } from './score/zoo.js';
import { a3L2, a3Linf } from './gradient/a3.js';
import { acgLinf } from './gradient/acg.js';
import { multiTargetedL2, multiTargetedLinf } from './gradient/multi-targeted.js';
import { ppgd } from './semantic/perceptual-pgd.js';
import { percAl } from './semantic/perc-al.js';
import { reColor } from './semantic/re-color.js';
import { wasserstein } from './semantic/wasserstein.js';
import { stAdv } from './semantic/st-adv.js';
import { uapL2, uapLinf } from './universal/deep-fool-universal.js';
import { pgdL0 } from './gradient/pgd-l0.js';
import { detectorPgdL2, detectorPgdLinf } from './gradient/detector-pgd.js';
import { pgdL1, pgdL2, pgdLinf } from './gradient/pgd.js';
import { almaL1, almaL2 } from './minimum-norm/alma.js';
import { brendelBethgeL0, brendelBethgeL1, brendelBethgeL2, brendelBethgeLinf } from './minimum-norm/brendel-bethge.js';
import { newtonFool } from './minimum-norm/newton-fool.js';
import { pdpgdL0, pdpgdL1, pdpgdL2, pdpgdLinf } from './minimum-norm/pdpgd.js';
import { sigmaZero } from './minimum-norm/sigma-zero.js';
import { sparseFool } from './minimum-norm/sparse-fool.js';
import { superDeepFool } from './minimum-norm/super-deep-fool.js';
import { boundary } from './decision/boundary.js';
import { hopSkipJumpL2, hopSkipJumpLinf } from './decision/hop-skip-jump.js';
import { onePixel } from './score/one-pixel.js';
import { rotationTranslation } from './score/rotation-translation.js';
import { fastGradientValue, hotCold } from './one-step/along-gradient.js';
import { fastEntropy, fastGradientL2, fastGradientLinf } from './one-step/fast-gradient.js';
import { fgsm, randFgsm, stepLl, stepLlNoise, stepRnd } from './one-step/fgsm.js';
import { vap } from './one-step/vap.js';
import { nes, spsa } from './score/estimated-gradient.js';
import { simba } from './score/simba.js';
import { squareL1, squareL2, squareLinf } from './score/square.js';
import { ddn } from './minimum-norm/ddn.js';
import type { AttackDefinition } from './core/definition.js';
import { withEveryTarget } from './core/every-target.js';
import type { ParameterValues } from '../parameters/index.js';
import { biggioL1, biggioL2 } from './classical/biggio.js';
import { treeRegionsL2, treeRegionsLinf } from './classical/tree-regions.js';
import { patch } from './universal/patch.js';
import { substitute } from './surrogate/substitute.js';
import { universalL2, universalLinf } from './universal/universal.js';
import { worstOf } from './composite/worst-of.js';
import { corruption } from './natural/corruption.js';
import { bpda } from './composite/bpda.js';
import { ensemble } from './composite/ensemble.js';
import { eot } from './composite/eot.js';

/** Those that are not lists of others. */
const listed: readonly AttackDefinition[] = [
  fgsm,
  stepLl,
  stepRnd,
  iterBasic,
  iterLl,
  pgdLinf,
  pgdL2,
  pgdL1,
  detectorPgdLinf,
  detectorPgdL2,
  apgdCeLinf,
  apgdCeL2,
  apgdCeL1,
  apgdDlrLinf,
  apgdDlrL2,
  apgdDlrL1,
  apgdTLinf,
  apgdTL2,
  apgdTL1,
  miFgsm,
  niFgsm,
  diFgsm,
  tiFgsm,
  siNiFgsm,
  vmiFgsm,
  transferFgsm,
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
  squareL1,
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
  biggioL1,
  biggioL2,
  treeRegionsLinf,
  treeRegionsL2,
  apgdSquareLinf,
  autoAttackLinf,
  autoAttackL2,
  autoAttackL1,
  sigmaZero,
  pgdL0,
  sparseFool,
  almaL2,
  almaL1,
  pdpgdLinf,
  pdpgdL2,
  pdpgdL1,
  pdpgdL0,
  superDeepFool,
  newtonFool,
  sparseRs,
  sparseRsPatch,
  sparseRsFrame,
  rays,
  geoDaLinf,
  geoDaL2,
  signOpt,
  surFree,
  qeba,
  banditsLinf,
  banditsL2,
  zoo,
  pointwise,
  vniFgsm,
  piFgsm,
  piFgsmPlusPlus,
  admixFgsm,
  ssa,
  sia,
  bsr,
  pgn,
  multiTargetedLinf,
  multiTargetedL2,
  acgLinf,
  uapLinf,
  uapL2,
  stAdv,
  brendelBethgeL0,
  brendelBethgeL1,
  brendelBethgeL2,
  brendelBethgeLinf,
  reColor,
  ila,
  lgv,
  ppgd,
  percAl,
  wasserstein,
  a3Linf,
  a3L2,
];

const single = listed.map(withEveryTarget);
const byGradient = single.filter(({ access }) => access === 'GRADIENT');
const throughSteps = bpda(byGradient);
const averagedOver = eot([...byGradient, throughSteps]);

/** Attacks that follow the gradient of one loss, by `fusedLoss`. */
const followingLoss = [
  ...[fgsm, stepLl, stepRnd, randFgsm, stepLlNoise, fastGradientL2, fastGradientLinf, fastEntropy, iterBasic, iterLl],
  ...[pgdLinf, pgdL2, pgdL1, miFgsm, niFgsm, diFgsm, tiFgsm, siNiFgsm, vmiFgsm, transferFgsm],
  ...[pgdL0, vniFgsm, piFgsm, piFgsmPlusPlus, admixFgsm, ssa, sia, bsr, pgn],
];

export const attacks: readonly AttackDefinition[] = [
  ...single,
  throughSteps,
  averagedOver,
  ensemble(
    byGradient.filter(({ prepare, preparesFrom, readsLayers }) => !readsLayers && (!prepare || preparesFrom === 'DATA')),
    followingLoss,
  ),
  worstOf([...single, throughSteps, averagedOver]),
  corruption,
];

/** @throws ComputeError INVALID_ATTACK, naming the attacks that there are. */
export function findAttack(kind: string): AttackDefinition {
  const attack = attacks.find((candidate) => candidate.kind === kind);
  if (attack) return attack;
  const known = attacks.map((candidate) => candidate.kind).join(', ');
  throw new ComputeError('INVALID_ATTACK', `There is no attack "${kind}". Known attacks: ${known}.`, ['kind']);
}

/** The attack as its parameters make it: what it needs of the model may depend on them. */
export function attackAsRun(kind: string, parameters: ParameterValues): AttackDefinition {
  const attack = findAttack(kind);
  return attack.accessOf ? { ...attack, access: attack.accessOf(parameters) } : attack;
}
