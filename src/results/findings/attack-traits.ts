/** What checks need to know of attacks, from what they did rather than from their names. @module */
import { imported } from '../../compute/evaluation/index.js';
import { findAttack } from '../../compute/attacks/index.js';
import { type AttackChoice, formatMagnitude, isAttackList, type ParameterValues } from '../../compute/parameters/index.js';
import type { ComparedEvaluation } from './types.js';

type Attack = Pick<ComparedEvaluation, 'attack' | 'parameters' | 'gradients'>;
type Parametrised = Pick<Attack, 'attack' | 'parameters'>;

/** One backward pass at most on any example. Attacks that share one change among all images spend none, and are no step. */
export const isSingleStep = ({ attack, gradients }: Attack) => attack.access === 'GRADIENT' && gradients === 1;

export const isIterative = ({ attack, gradients }: Attack) => attack.access === 'GRADIENT' && gradients > 1;

/** Imported images need no access to the model either, and may be arbitrary. */
export const isImported = ({ attack }: Attack) => attack.kind === imported.kind;

/** Reaching one class is harder than leaving one: such attacks are rightly weaker. APGD-T, FAB-T and the target ALL try several classes, and any wrong one will do. */
export const isUntargeted = (whole: Parametrised) =>
  membersOf(whole).some(
    ({ attack, parameters: { target = 'NONE', targetClass, targetClasses } }) =>
      !attack.targets && (target === 'NONE' || target === 'ALL') && targetClass === undefined && targetClasses === undefined,
  );

/** Whether the images may give the true label away, since they were made by moving away from it. */
export const usesTrueLabel = (whole: Parametrised) =>
  membersOf(whole).some(
    (one) => isUntargeted(one) && one.parameters['target'] !== 'ALL' && (one.attack.usesTrueLabel?.(one.parameters) ?? true),
  );

/** Whether it moves as far as it may, rather than to look for the smallest change. */
export const spendsBudget = (whole: Parametrised) =>
  membersOf(whole).every(({ attack: { parameters } }) => {
    const epsilon = parameters['epsilon'];
    return epsilon?.type === 'magnitude' && !epsilon.optional;
  });

/** Whether everything that the other may do, the subject may do. */
export const hasBudgetOf = ({ budget }: ComparedEvaluation, { budget: other }: ComparedEvaluation) =>
  budget.norm === other.norm && budget.epsilon >= other.epsilon;

/** The attack itself, or those in its list. */
function membersOf(whole: Parametrised): Parametrised[] {
  const list = whole.parameters['attacks'] as readonly AttackChoice[] | undefined;
  return list ? list.flatMap(({ kind, parameters }) => membersOf({ attack: findAttack(kind), parameters })) : [whole];
}

/** Every parameter by its place, also of attacks in lists: `attacks.0.steps`. */
export function placed(parameters: ParameterValues, before = ''): { place: string; name: string; value: unknown }[] {
  const places = Object.entries(parameters).flatMap(([name, value]) => {
    if (!isAttackList(value)) return value === undefined ? [] : [{ place: before + name, name, value }];
    return value.flatMap((one, i) => [
      { place: `${before}${name}.${i}`, name, value: one.kind },
      ...placed(one.parameters, `${before}${name}.${i}.`),
    ]);
  });
  return places.sort((a, b) => (a.place < b.place ? -1 : 1));
}

/** Parameters as text, without some of them. */
export const parametersBut = ({ parameters }: ComparedEvaluation, names: readonly string[]): string =>
  JSON.stringify(placed(parameters).filter(({ name }) => !names.includes(name)));

/** An attack in a few words. */
export function titleOf({ attack, budget: { epsilon } }: ComparedEvaluation): string {
  return Number.isFinite(epsilon) ? `${attack.title} at ε = ${formatMagnitude(epsilon)}` : `${attack.title} without limit`;
}

/**
 * Share of the examples that an attack with random starts may miss by chance. Carlini et al. 2019 (arXiv 1902.06705) distrust an attack for any that another
 * fools; but of two runs of PGD-40 that differ only in the seed, each fooled up to 2.3 % that the other did not (300 MNIST images, ε = 0.2, the
 * adversarially trained model that is shipped).
 */
export const MISSED_BY_CHANCE = 0.03;
