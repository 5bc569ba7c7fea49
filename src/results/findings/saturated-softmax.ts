import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** Networks that are merely sure reach a half: the shipped MNIST models have 26 and 43 %. */
const NEARLY_ALL = 0.9;

/** What defensive distillation does: logits so large that the softmax rounds to a single class (Carlini and Wagner 2017). */
export const saturatedSoftmax: FindingCheck = {
  code: 'SATURATED_SOFTMAX',
  description: 'For 90 % of the original images or more, the highest probability is exactly 1 in float32.',
  check({ diagnostics: { examples, saturated } }) {
    if (examples === 0 || saturated < NEARLY_ALL * examples) return undefined;
    return {
      severity: 'WARNING',
      message: `The softmax of ${percent(saturated / examples)} of the original images is exactly 1: the gradient of the cross-entropy is zero, and attacks that maximise it fail. The attacks here maximise the log-odds, whose gradient does not vanish; confirm with one whose loss does not depend on the scale of logits, such as APGD-DLR.`,
      evidence: { saturated, n: examples },
    };
  },
};
