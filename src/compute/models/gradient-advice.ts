/** What users are told where a model's gradient is of no use, from the entries of its operators. @module */
import type { Gradient } from './dataflow/gradient.js';
import { type DifferentiableModel, MODEL_ACCESS } from './types.js';

export const AS_BLACK_BOX = `as a black box, with access ${MODEL_ACCESS.filter((access) => access !== 'GRADIENT').join(' or ')}`;

/** @param reason why there is none, in the engine's words. */
export function noGradientMessage({ inexact = [] }: DifferentiableModel, reason: string): string {
  const names = namesOf(inexact, 'NONE');
  const culprits = names ? ` Operators without a gradient: ${names}.` : '';
  return `The model has no gradient with respect to the image (${reason}).${culprits} Submit it ${AS_BLACK_BOX}.`;
}

export function zeroGradientMessage({ inexact = [] }: DifferentiableModel): string {
  const names = namesOf(inexact, 'ZERO');
  const passable = namesOf(
    inexact.filter(({ isPassable }) => isPassable),
    'ZERO',
  );
  return [
    'The input gradient on an image of noise is zero everywhere: gradient attacks will find nothing, which is no sign of robustness.',
    ...(names ? [`Operators whose gradient is zero: ${names}.`] : []),
    ...(passable ? [`BPDA attacks straight through ${passable}.`] : []),
  ].join(' ');
}

function namesOf(inexact: NonNullable<DifferentiableModel['inexact']>, wanted: Gradient): string {
  return inexact.flatMap(({ operator, gradient }) => (gradient === wanted ? [operator] : [])).join(', ');
}
