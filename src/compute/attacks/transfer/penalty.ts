/**
 * Penalised gradient norms (Ge et al. 2023): the mean over random neighbours of a gradient there and of one a step down its slope, which leads to flat regions of the
 * loss.
 * @module
 */
import { integer, real, type ValuesOf } from '../../parameters/index.js';

/** @param neighbours the default: the paper's 20, or 0 for none. */
export const penaltyParameters = (neighbours: number) => ({
  flatNeighbours: integer({
    default: neighbours,
    minimum: neighbours === 0 ? 0 : 1,
    maximum: 100,
    description: `N: random neighbours of which two gradients are taken in each step, in place of that at the image. The paper has 20${neighbours === 0 ? '; 0 is no penalty' : ''}.`,
  }),
  flatRadius: real({
    default: 3,
    minimum: 0,
    maximum: 100,
    description: 'ζ: how far away these neighbours are, in units of ε. The paper has 3.',
  }),
  balance: real({
    default: 0.5,
    minimum: 0,
    maximum: 1,
    description: 'δ: weight of the second gradient, a step of length α down the slope. The paper has 0.5.',
  }),
});

export type PenaltyValues = ValuesOf<ReturnType<typeof penaltyParameters>>;
