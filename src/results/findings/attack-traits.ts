/** What checks need to know of attacks, from what they did rather than from their names. @module */
import { imported } from '../../compute/attacks/imported.js';
import type { ComparedEvaluation } from './types.js';

type Attack = Pick<ComparedEvaluation, 'attack' | 'parameters' | 'gradients'>;

/** One backward pass at most on any example. Attacks that share one change among all images spend none, and are no step. */
export const isSingleStep = ({ attack, gradients }: Attack) => attack.access === 'GRADIENT' && gradients === 1;

export const isIterative = ({ attack, gradients }: Attack) => attack.access === 'GRADIENT' && gradients > 1;

/** Images made elsewhere need nothing of the model either, and may be anything. */
export const isImported = ({ attack }: Attack) => attack.kind === imported.kind;

/** Aiming at a class is harder than leaving one: such attacks are rightly weaker. */
export const isUntargeted = ({ attack, parameters: { target = 'NONE', targetClass } }: Attack) =>
  'targetClass' in attack.parameters ? target === 'NONE' && targetClass === undefined : !attack.targeted;

/** Whether everything that the other may do, the subject may do. */
export const hasBudgetOf = (subject: ComparedEvaluation, other: ComparedEvaluation) =>
  subject.norm === other.norm && subject.epsilon >= other.epsilon;

/** Parameters as text, without some of them. */
export function parametersBut({ parameters }: ComparedEvaluation, names: readonly string[]): string {
  const kept = Object.entries(parameters).filter(([name]) => !names.includes(name));
  return JSON.stringify(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** An attack in a few words. */
export function titleOf({ attack, epsilon }: ComparedEvaluation): string {
  return Number.isFinite(epsilon) ? `${attack.title} at ε = ${Number(epsilon.toPrecision(3))}` : `${attack.title} without limit`;
}
