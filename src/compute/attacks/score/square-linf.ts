/** Square attack under an L∞ budget: squares of ±ε (Andriushchenko et al. 2020, algorithm 2). @module */
import { linfBudget } from '../core/budgets.js';
import { clipped } from '../core/image-arrays.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { ANDRIUSHCHENKO_2020 } from '../core/references.js';
import { randomSign, SQUARE_PARAMETERS, squareAttack, type Squares } from './square.js';
import type { AttackDefinition } from '../core/definition.js';

export const squareLinf: AttackDefinition = {
  kind: 'SQUARE_LINF',
  name: 'squareLinf',
  title: 'Square, L∞',
  description:
    'Random search that repaints squares of the image at the edge of the budget and keeps what lowers the margin. Uses scores only.',
  access: 'SCORE',
  norms: ['LINF'],
  targeted: true,
  reference: ANDRIUSHCHENKO_2020,
  parameters: { epsilon: LINF_EPSILON, ...SQUARE_PARAMETERS },
  budget: linfBudget,
  run: (task, parameters) =>
    squareAttack(task, parameters, linfBudget(parameters), squaresOf(task.model.spec.inputShape, parameters['epsilon'] as number)),
};

function squaresOf([height, width, channels]: readonly [number, number, number], epsilon: number): Squares {
  return {
    /** Vertical stripes one pixel wide, each up or down by ε in each channel. */
    start(image, stream) {
      const changes = Float32Array.from({ length: width * channels }, () => epsilon * randomSign(stream));
      for (let p = 0; p < image.length; p++) image[p] = clipped(image[p]! + changes[p % changes.length]!);
    },
    /** One square, up or down by ε in each channel. */
    repaint(image, original, area, stream) {
      const side = Math.min(height, width, Math.max(1, Math.round(Math.sqrt(area))));
      const [top, left] = [stream.integer(height - side + 1), stream.integer(width - side + 1)];
      for (let channel = 0; channel < channels; channel++) {
        const change = epsilon * randomSign(stream);
        for (let y = top; y < top + side; y++) {
          for (let x = left; x < left + side; x++) {
            const p = (y * width + x) * channels + channel;
            image[p] = clipped(original[p]! + change);
          }
        }
      }
    },
  };
}
