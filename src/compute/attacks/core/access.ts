/** Which attacks a model allows, by what it gives and by how many classes it has. @module */
import { ComputeError } from '../../errors.js';
import type { ModelAccess } from '../../models/index.js';
import type { AttackChoice, ParameterValues } from '../../parameters/index.js';
import { attacks, findAttack } from '../registry.js';
import { ACCESS, type AttackDefinition } from './definition.js';

const NEEDS = { NONE: 'nothing', DECISION: 'decisions', SCORE: 'scores', GRADIENT: 'gradients' } as const;

/** Attacks that need gradients, but for some values of their parameters. */
const WITH_SOURCES = ' ENSEMBLE also works, with "sourceModelIds" of models that give gradients';
const OTHERS: Readonly<Record<ModelAccess, string>> = {
  DECISION: `${WITH_SOURCES}.`,
  SCORE: `${WITH_SOURCES}, and AutoAttack with version CUSTOM and stages [SQUARE].`,
  GRADIENT: '',
};

/**
 * @param given by the model, which the message calls `name`. @param attack as its parameters make it.
 * @throws ComputeError INVALID_ATTACK where it needs more than the model gives, naming those that do not.
 */
export function checkAccess(given: ModelAccess, attack: AttackDefinition, { target }: ParameterValues, name = 'the model'): void {
  if (!allows(given, attack)) {
    const allowed = attacks.filter((other) => allows(given, other)).map(({ kind }) => kind);
    throw new ComputeError(
      'INVALID_ATTACK',
      `${attack.kind} needs ${NEEDS[attack.access]}, and ${name} gives ${NEEDS[given]} at most. Attacks that work on it: ${allowed.join(', ')}, and WORST_OF lists of them.${OTHERS[given]}`,
    );
  }
  if (given === 'DECISION' && target === 'LEAST_LIKELY') {
    throw new ComputeError(
      'INVALID_ATTACK',
      `${attack.kind} targets the least likely class, which is unknown for a model that returns decisions only. Choose another target.`,
      ['target'],
    );
  }
}

function allows(given: ModelAccess, { access }: AttackDefinition): boolean {
  return ACCESS.indexOf(access) <= ACCESS.indexOf(given);
}

/**
 * Checks before anything runs: whether a list gets as far as the attack that needs more classes depends on what those before it leave.
 * @throws ComputeError INVALID_ATTACK where the attack, or one in its list, compares more classes than there are.
 */
export function checkClasses(definition: AttackDefinition, parameters: ParameterValues, classCount: number): void {
  const { kind, norms } = definition;
  const { attacks: list = [], loss } = parameters;
  const classes = definition.classesOf?.(parameters) ?? definition.classes ?? 1;
  if (classCount < classes) {
    const [norm] = norms;
    const instead =
      loss === undefined ? `Use WORST_OF with APGD_CE_${norm}, FAB_${norm} and SQUARE_${norm}, or one of them.` : 'Choose another loss.';
    throw new ComputeError(
      'INVALID_ATTACK',
      `${kind} compares the ${classes} highest logits, and there are ${classCount} classes. ${instead}`,
      [loss === undefined ? 'kind' : 'loss'],
    );
  }
  for (const member of list as readonly AttackChoice[]) checkClasses(findAttack(member.kind), member.parameters, classCount);
}
