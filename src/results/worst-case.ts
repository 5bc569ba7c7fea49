/** The worst case over attacks: accuracy when each example counts as right only if it is so under every attack. @module */
import { type Budget, isWithin } from '../compute/distances/index.js';
import { type Outcomes, staysRight, wasRight } from './outcomes.js';

export interface WorstCase {
  readonly examples: number;
  /** Examples that are right on the original image, in every evaluation where the model is random. */
  readonly clean: number;
  /** Examples that are right on it and under every attack. */
  readonly right: number;
  /** In the order of the attacks. */
  readonly contributions: readonly Contribution[];
}

export interface Contribution {
  /** Examples, right before, that this attack fools. */
  readonly fooled: number;
  /** Those that no other attack fools. */
  readonly fooledAlone: number;
}

/**
 * The mean over examples of the minimum over attacks (Tramèr and Boneh 2019, arXiv 1904.13000).
 * @param attacks outcomes of the same model on the same examples, one at least.
 * @param threat only adversarial images inside it count, for any budget of the attack. Default: all count.
 * @param imageSize pixel values of one image.
 */
export function worstCase(attacks: readonly Outcomes[], threat: Budget | undefined, imageSize: number): WorstCase {
  const [first] = attacks as [Outcomes];
  const fools = (attack: Outcomes, i: number) => !staysRight(attack, i) && (!threat || isWithin(attack, i, threat, imageSize));
  const clean = Array.from(first.labels, (_, i) => i).filter((i) => attacks.every((attack) => wasRight(attack, i)));
  const foolers = clean.map((i) => attacks.flatMap((attack, position) => (fools(attack, i) ? [position] : [])));
  return {
    examples: first.count,
    clean: clean.length,
    right: foolers.filter((positions) => positions.length === 0).length,
    contributions: attacks.map((_, position) => ({
      fooled: foolers.filter((positions) => positions.includes(position)).length,
      fooledAlone: foolers.filter((positions) => positions.length === 1 && positions[0] === position).length,
    })),
  };
}
