/** Parameters of all kinds of trees. @module */
import { integer } from '../../parameters/index.js';

export const maximumDepth = (value: number) =>
  integer({ default: value, minimum: 1, maximum: 64, description: 'Most comparisons on the way to a leaf.' });

export const LEAST_EXAMPLES = integer({ default: 1, minimum: 1, maximum: 1_000_000, description: 'Fewest examples of a leaf.' });

export const TREES = integer({
  default: 100,
  minimum: 1,
  maximum: 2000,
  description: 'Number of trees, or of rounds in each of which every class has one.',
});
