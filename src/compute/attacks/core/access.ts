/** Which attacks a model allows. @module */
import { ComputeError } from '../../errors.js';
import type { ModelAccess } from '../../models/index.js';
import { attacks } from '../registry.js';
import { ACCESS, type AttackDefinition } from './definition.js';
import type { ParameterValues } from '../../parameters/index.js';

const NEEDS = { NONE: 'nothing', DECISION: 'decisions', SCORE: 'scores', GRADIENT: 'gradients' } as const;

/**
 * @param given by the model, which the message calls `name`. @param attack as its parameters make it.
 * @throws ComputeError INVALID_ATTACK where it needs more than the model gives, naming those that do not.
 */
export function checkAccess(given: ModelAccess, attack: AttackDefinition, { target }: ParameterValues, name = 'the model'): void {
  if (!allows(given, attack)) {
    const allowed = attacks.filter((other) => allows(given, other)).map(({ kind }) => kind);
    throw new ComputeError(
      'INVALID_ATTACK',
      `${attack.kind} needs ${NEEDS[attack.access]}, and ${name} gives ${NEEDS[given]} at most. Attacks that work on it: ${allowed.join(', ')}, and WORST_OF lists of them.`,
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
