/** Numbers of an evaluation, from the outcomes of its examples. @module */
import { isSuccess, staysRight, wasRight, type Outcomes } from './outcomes.js';

/** Counts are of examples; means are over the successful adversarial examples, null where there is none. */
export interface Summary {
  readonly cleanTop1: number;
  readonly cleanTop5: number;
  readonly adversarialTop1: number;
  readonly adversarialTop5: number;
  readonly successes: number;
  readonly meanLinf: number | null;
  readonly meanL2: number | null;
  readonly meanL0: number | null;
  /** Forward passes of the attack over all examples. */
  readonly queries: bigint;
  /** Backward passes of the attack over all examples. */
  readonly gradients: bigint;
}

export function summarise(outcomes: Outcomes): Summary {
  const examples = Array.from({ length: outcomes.count }, (_, i) => i);
  const count = (holds: (i: number) => boolean) => examples.filter(holds).length;
  const successful = examples.filter((i) => isSuccess(outcomes, i));
  const mean = (values: Float32Array) =>
    successful.length === 0 ? null : successful.reduce((sum, i) => sum + values[i]!, 0) / successful.length;
  const total = (values: Int32Array) => BigInt(values.reduce((sum, value) => sum + value, 0));
  return {
    cleanTop1: count((i) => wasRight(outcomes, i)),
    cleanTop5: count((i) => outcomes.cleanTop5[i] === 1),
    adversarialTop1: count((i) => staysRight(outcomes, i)),
    adversarialTop5: count((i) => outcomes.adversarialTop5[i] === 1),
    successes: successful.length,
    meanLinf: mean(outcomes.linf),
    meanL2: mean(outcomes.l2),
    meanL0: mean(outcomes.l0),
    queries: total(outcomes.queries),
    gradients: total(outcomes.gradients),
  };
}
