import { describePreparation } from '../../compute/models/index.js';
import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** What the validation of the model saw and its submitter may not have read: numbers of a model that is given wrong pixels say nothing about it. */
export const cleanAccuracyLow: FindingCheck = {
  code: 'CLEAN_ACCURACY_LOW',
  description:
    "The model's validation found it hardly right on clean images, or less than its submitter expects; it tried usual preparations of pixels and orders of classes.",
  check({ cleanCheck, spec }) {
    if (!cleanCheck?.isPoor) return undefined;
    const { dataset, n, right, tried, best, order } = cleanCheck;
    const found = `At its validation the model was right on ${percent(right / n)} of ${n} images of ${dataset}`;
    const preparation = best === null ? undefined : tried[best]!;
    const message = preparation
      ? `${found}, and on ${percent(preparation.right / n)} with ${describePreparation(preparation, spec)}. Submit it with that, and evaluate again.`
      : order
        ? `${found}, and on ${percent(order.right / order.n)} with its classes ${order.description}. Submit it with a classMap, and evaluate again.`
        : `${found}, and none of ${tried.length} usual preparations of pixels brings it back. Check mean and std of its training, the order of classes, and that the data set is the one that it was trained for.`;
    return {
      severity: preparation || order ? 'ERROR' : 'WARNING',
      message,
      evidence: {
        right,
        n,
        tried: tried.length,
        ...(preparation && { best: preparation.right }),
        ...(order && { order: order.right, orderN: order.n }),
      },
    };
  },
};
