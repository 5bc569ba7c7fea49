/** Step size and number of steps of the paper's iterative attacks. @module */
import type { MagnitudeParameter, NumberParameter, ParameterValues } from '../../parameters/descriptions.js';

export const ALPHA: MagnitudeParameter = {
  type: 'magnitude',
  default: 1 / 255,
  minimum: 0,
  maximum: 1,
  description: 'Size of one step, as a fraction of the pixel range. The paper takes one step of the 8-bit scale.',
};

export const STEPS: NumberParameter = {
  type: 'integer',
  minimum: 1,
  maximum: 10_000,
  description: 'Number of steps. Absent: round(min(ε + 4, 1.25 ε)) with ε in steps of the 8-bit scale, at least 1, as in the paper.',
};

/** `N = min(ε + 4, 1.25 ε)` for ε in units of 1/255, rounded to the nearest whole number (halves up), at least 1 (Kurakin et al. 2016, section 2). */
export function paperIterations(epsilon: number): number {
  // Nine digits: 255 · (2/255) must count as 2, so that its 2.5 rounds as the paper's does.
  const pixels = Number((epsilon * 255).toFixed(9));
  return Math.max(1, Math.round(Math.min(pixels + 4, 1.25 * pixels)));
}

/** What an iterative attack's parameters say, with the paper's rule where they leave the number of steps open. */
export function iterativePlan({ epsilon, alpha, steps }: ParameterValues): { epsilon: number; alpha: number; steps: number } {
  const size = epsilon as number;
  return { epsilon: size, alpha: alpha as number, steps: (steps as number | undefined) ?? paperIterations(size) };
}
