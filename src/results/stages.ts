/** The stages of an evaluation whose attack runs others in turn. @module */
import type { AttackStage } from '../compute/attacks/index.js';

/**
 * The stages of the whole, from those of its shards.
 * @returns null where a shard has none: the attack has no stages, or the shard was computed before they were kept.
 */
export function joinStages(shards: readonly (readonly AttackStage[] | null)[]): AttackStage[] | null {
  const [first, ...others] = shards;
  if (!first) return null;
  let joined = [...first];
  for (const stages of others) {
    if (!stages) return null;
    joined = joined.map(({ kind, robust, seconds }, at) => ({
      kind,
      robust: robust + stages[at]!.robust,
      seconds: seconds + stages[at]!.seconds,
    }));
  }
  return joined;
}
