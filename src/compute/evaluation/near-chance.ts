/** Whether a network knows the data at all. @module */

/** Of the way from chance to certainty: up to here Landis and Koch (1977) call an agreement slight. */
const SLIGHT = 0.2;

/** @param accuracy share of images that a network is right on. */
export function isNearChance(accuracy: number, classCount: number): boolean {
  const chance = 1 / classCount;
  return accuracy - chance < SLIGHT * (1 - chance);
}
