/** Parameters that many attacks share. @module */
import { integer, magnitude, real } from '../../parameters/index.js';

/** The L∞ budget that attacks of this kind share. */
export const LINF_EPSILON = magnitude({
  minimum: 0,
  maximum: 1,
  description: 'Budget: the most that any pixel value may change (L∞), as a fraction of the pixel range. The paper uses 2/255 to 16/255.',
});

/** L2 budget. The default is that of RobustBench's CIFAR-10 leaderboard (Croce et al. 2021). */
export const L2_EPSILON = magnitude({
  default: 0.5,
  minimum: 0,
  maximum: 1000,
  description:
    'Budget: the Euclidean length of the change (L2), pixel values as fractions of the pixel range. Usual are 0.5 for images of 32 × 32 pixels and 2 for MNIST.',
});

/** L1 budget. The default is that of Croce & Hein 2021 (arXiv 2103.01208) for CIFAR-10. */
export const L1_EPSILON = magnitude({
  default: 12,
  minimum: 0,
  maximum: 100_000,
  description:
    'Budget: the sum of the changes of all pixel values (L1), each as a fraction of the pixel range. Usual are 12 for images of 32 × 32 pixels and 10 for MNIST.',
});

/** How much of the budget a random step takes before the gradient step (α / ε). */
export const RANDOM_SHARE = real({
  default: 0.5,
  minimum: 0,
  maximum: 1,
  description: 'Share of the budget that the random step takes; the gradient step takes the rest. The paper takes a half.',
});

/** Of attacks that look for the smallest change by a margin of logits (Carlini and Wagner 2017). */
export const LOGIT_MARGIN = real({
  default: 0,
  minimum: 0,
  maximum: 1000,
  description: 'κ: by how much the logit of a wrong class must exceed that of the true one, or that of the target all others.',
});

/** A step of length 0 would be an attack that does nothing, and whose accuracy looks like a defence. */
export const SMALLEST_STEP = 1e-6;

/** In proportion to the budget where it is not given. */
export const STEP_LENGTH = real({
  minimum: SMALLEST_STEP,
  maximum: 100_000,
  description: 'Length of one step, in the units of ε. Absent: 2.5 ε / steps.',
});

/** Random starts. Only examples that are not fooled yet are started again. */
export const RESTARTS = integer({
  default: 1,
  minimum: 1,
  maximum: 1000,
  description: 'Random starts of each example that the ones before have not fooled, or not brought to the target.',
});

/** Wrong classes that attacks aim at which go for one after the other (APGD-T, FAB-T). */
export const TARGETS = integer({
  default: 9,
  minimum: 1,
  maximum: 1000,
  description: 'Wrong classes to aim at, the likeliest first; all of them where the model has fewer. Any wrong class counts as success.',
});

const NO_LIMIT = 'Default: no limit. Images that need a larger change stay unchanged.';

/** Caps of attacks that look for the smallest change. */
export const LINF_CAP = magnitude({
  optional: true,
  minimum: 0,
  maximum: 1,
  description: `The most that any pixel value may change (L∞), as a fraction of the pixel range. ${NO_LIMIT}`,
});
export const L2_CAP = magnitude({
  optional: true,
  minimum: 0,
  maximum: 1000,
  description: `The most that the change may be long (L2), pixel values as fractions of the pixel range. ${NO_LIMIT}`,
});
export const L1_CAP = magnitude({
  optional: true,
  minimum: 0,
  maximum: 100_000,
  description: `The most that the changes of all pixel values may sum up to (L1), each as a fraction of the pixel range. ${NO_LIMIT}`,
});
export const L0_CAP = magnitude({
  optional: true,
  minimum: 0,
  maximum: 1_000_000,
  description: `The most pixel values (each channel counts) that may change (L0). ${NO_LIMIT}`,
});
