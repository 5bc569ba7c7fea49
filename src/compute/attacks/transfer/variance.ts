/**
 * Variance tuning (Wang & He 2021): the gradient's variance around the last point, `V = 1/N Σ ∇J(X + r_i) - ∇J(X)` with `r_i ~ U[-βε, βε]`, is added to
 * each gradient.
 * @module
 */
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import type { RandomStream } from '../../random.js';

/** @param neighbours the default: the paper's 20, or 0 for none. */
export const varianceParameters = (neighbours: number) => ({
  neighbours: integer({
    default: neighbours,
    minimum: neighbours === 0 ? 0 : 1,
    maximum: 100,
    description: `N: random neighbours of which the gradient is taken in each step. The paper has 20${neighbours === 0 ? '; 0 is no variance tuning' : ''}.`,
  }),
  beta: real({
    default: 1.5,
    minimum: 0,
    maximum: 10,
    description: 'β: how far away neighbours are, in units of ε.',
  }),
});

export type VarianceValues = ValuesOf<ReturnType<typeof varianceParameters>>;

/** The shifts of the next neighbours of one example. @param values of them together. */
export function drawNeighbours(stream: RandomStream, { beta }: { readonly beta: number }, epsilon: number, values: number): Float32Array {
  return Float32Array.from({ length: values }, () => beta * epsilon * (2 * stream.uniform() - 1));
}
