/** How much tests try. `npm test` is to end in minutes; `npm run test:whole` has the time for more examples, steps and networks. @module */
const isWhole = process.env.GAUNTLET_TEST_WHOLE === 'true';

/** The first number, list or request in `npm test`, the second in `npm run test:whole`. */
export function sized<T>(short: T, whole: T): T {
  return isWhole ? whole : short;
}
