/** Accuracy by subgroup of the data set. @module */
import { type Proportion, wilson } from '../compute/statistics/index.js';
import { staysRight, wasRight, type Outcomes } from './outcomes.js';

export interface GroupAccuracy {
  readonly group: number;
  readonly clean: Proportion;
  readonly adversarial: Proportion;
}

/** As the database keeps them: the group of each example of a data set, in order. */
export const packGroups = (groups: Int32Array) =>
  new Uint8Array(groups.buffer, groups.byteOffset, groups.byteLength) as Uint8Array<ArrayBuffer>;
export const unpackGroups = (packed: Uint8Array) => new Int32Array(Uint8Array.from(packed).buffer);

/** Groups that occur, in their order. @param groups of all examples of the data set. @param offset of the evaluation in it. */
export function groupAccuracies(outcomes: Outcomes, groups: Int32Array, offset: number): GroupAccuracy[] {
  const counts = new Map<number, { n: number; clean: number; adversarial: number }>();
  for (let i = 0; i < outcomes.count; i++) {
    const group = groups[offset + i]!;
    const count = counts.get(group) ?? { n: 0, clean: 0, adversarial: 0 };
    counts.set(group, count);
    count.n++;
    if (wasRight(outcomes, i)) count.clean++;
    if (staysRight(outcomes, i)) count.adversarial++;
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([group, { n, clean, adversarial }]) => ({ group, clean: wilson(clean, n), adversarial: wilson(adversarial, n) }));
}

/** The one with the lowest accuracy under attack, of equal ones the one with the most examples (Sagawa et al. 2020, arXiv 1911.08731). */
export const worstGroup = (accuracies: readonly GroupAccuracy[]): GroupAccuracy | undefined =>
  [...accuracies].sort((a, b) => a.adversarial.value! - b.adversarial.value! || b.adversarial.n - a.adversarial.n)[0];
