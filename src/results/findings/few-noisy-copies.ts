import { isBounds, largestRadius, type Smoothing } from '../../compute/evaluation/index.js';
import type { Finding } from './types.js';

/** n of Cohen, Rosenfeld and Kolter 2019 (arXiv 1902.02918), and of the papers that compare with them. */
const USUAL = 100_000;

/** A check of a certification, which rests on what was asked for alone. */
export interface CertificationCheck {
  readonly code: string;
  readonly description: string;
  /** @returns undefined where there is nothing to report. */
  check(smoothing: Smoothing): Omit<Finding, 'code'> | undefined;
}

export const fewNoisyCopies: CertificationCheck = {
  code: 'FEW_NOISY_COPIES',
  description: 'Fewer noisy copies estimated the certificates than the 100,000 of the paper, so that radii are smaller.',
  check(smoothing) {
    const { estimationSamples } = smoothing;
    const { method = 'SMOOTHING' } = smoothing;
    if (estimationSamples >= USUAL || isBounds(method) || method === 'PREDICT') return undefined;
    const largest = largestRadius(smoothing);
    const usual = largestRadius({ ...smoothing, estimationSamples: USUAL });
    const [short, long] = [largest, usual].map((radius) => radius.toFixed(3));
    return {
      severity: 'INFO',
      message: `${estimationSamples} noisy copies estimated each certificate; Cohen et al. take ${USUAL}. No radius can exceed ${short}, which is ${long} with theirs: compare certified accuracies of equal n alone.`,
      evidence: { estimationSamples, usual: USUAL, largestRadius: largest, usualLargestRadius: usual },
    };
  },
};
