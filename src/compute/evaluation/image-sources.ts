/** Where the adversarial images of an evaluation come from: an attack that is run here or, without one, another tool. @module */
import { attackAsRun, type AttackDescription } from '../attacks/index.js';
import { choice, magnitude, type ParameterValues } from '../parameters/index.js';

const PARAMETERS = {
  norm: choice({
    enumName: 'Norm',
    description: 'Norm that the images were made for.',
    values: { LINF: 'L∞', L2: 'L2', L1: 'L1', L0: 'L0' },
    default: 'LINF',
  }),
  epsilon: magnitude({
    optional: true,
    minimum: 0,
    maximum: 1_000_000,
    description: 'Budget that the images claim to keep to. Default: no limit.',
  }),
};

/** Imported adversarial images. They come with the request, so no client names this as an attack. */
export const imported: AttackDescription<typeof PARAMETERS> = {
  kind: 'IMPORTED',
  name: 'imported',
  title: 'Imported images',
  description: 'Imported adversarial images: made by another tool, or against another model.',
  access: 'NONE',
  norms: ['LINF', 'L2', 'L1', 'L0'],
  targeted: false,
  reference: {
    title: 'On Evaluating Adversarial Robustness',
    authors: 'Nicholas Carlini et al.',
    year: 2019,
    link: 'arXiv:1902.06705',
  },
  parameters: PARAMETERS,
  budget: ({ norm, epsilon = Infinity }) => ({ norm, epsilon }),
};

/** What is known of the images of an evaluation. @throws ComputeError INVALID_ATTACK for a kind that there is none of. */
export function imageSource(kind: string, parameters: ParameterValues): AttackDescription {
  return kind === imported.kind ? imported : attackAsRun(kind, parameters);
}
