/** The budget of an evaluation, from its row. @module */
import { type BitDepth, mostOfBits } from '../compute/tensors/index.js';
import { type Budget, effectiveEpsilon } from '../compute/distances/index.js';

/** What its images could use of ε; null where there is no limit. See {@link effectiveEpsilon}. */
export function effectiveEpsilonOf(
  { norm, epsilon, judging }: Pick<Budget, 'norm' | 'judging'> & { readonly epsilon: number | null },
  { bitDepth }: { readonly bitDepth: number },
): number | null {
  return epsilon === null ? null : effectiveEpsilon({ norm, epsilon, judging, levels: mostOfBits(bitDepth as BitDepth) });
}
