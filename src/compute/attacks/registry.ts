/** All attacks. A new one is one file here and one line below. @module */
import { ComputeError } from '../errors.js';
import { fgsm } from './fgsm.js';
import { iterBasic } from './iter-basic.js';
import { iterLl } from './iter-ll.js';
import { stepLl } from './step-ll.js';
import { stepRnd } from './step-rnd.js';
import type { AttackDefinition } from './types.js';

export const attacks: readonly AttackDefinition[] = [fgsm, stepLl, stepRnd, iterBasic, iterLl];

/** @throws ComputeError INVALID_ATTACK, naming the attacks that there are. */
export function findAttack(kind: string): AttackDefinition {
  const attack = attacks.find((candidate) => candidate.kind === kind);
  if (attack) return attack;
  const known = attacks.map((candidate) => candidate.kind).join(', ');
  throw new ComputeError('INVALID_ATTACK', `There is no attack "${kind}". Known attacks: ${known}.`, ['kind']);
}
