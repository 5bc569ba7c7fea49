/** Whether findings speak of a model or of a weak attack. @module */
import { attacks } from '../../compute/attacks/index.js';
import { MASKING_CODES } from './registry.js';
import type { Finding } from './types.js';

/** An evaluation of a model. */
export interface EvaluatedAttack {
  readonly attackKind: string;
  readonly norm: string;
  /** Null: without limit. */
  readonly epsilon: number | null;
  readonly sampleCount: number;
  /** Examples that stay right. */
  readonly adversarialTop1: number | null;
  /** Backward passes, of all examples. */
  readonly gradients: bigint | null;
  readonly findings: readonly Pick<Finding, 'code' | 'severity'>[];
}

/** Kinds of attack that see the model's gradients. */
export const GRADIENT_KINDS: readonly string[] = attacks.filter(({ access }) => access === 'GRADIENT').map(({ kind }) => kind);

/**
 * Whether the accuracy under attack is not to be believed: an evaluation has a finding that says that gradients are masked, and no iterative attack within its budget
 * is as strong and without one. Where there is such an attack, the other was too weak, and its finding says nothing about the model.
 * @param evaluations of one model on the same examples. `services/statistics/threat-model.ts` asks the database the same.
 */
export function areGradientsMasked(evaluations: readonly EvaluatedAttack[]): boolean {
  return evaluations.some((accused) => saysMasked(accused) && !evaluations.some((other) => replaces(other, accused)));
}

const saysMasked = ({ findings }: EvaluatedAttack) =>
  findings.some(({ code, severity }) => severity !== 'INFO' && MASKING_CODES.includes(code));

function replaces(other: EvaluatedAttack, accused: EvaluatedAttack): boolean {
  const isIterative = GRADIENT_KINDS.includes(other.attackKind) && (other.gradients ?? 0n) > other.sampleCount;
  const isWithin = other.norm === accused.norm && (other.epsilon ?? Infinity) <= (accused.epsilon ?? Infinity);
  return isIterative && isWithin && !saysMasked(other) && other.adversarialTop1! <= accused.adversarialTop1!;
}
