/** Outcomes without a computation. */
import type { Outcomes } from '../../../src/results/outcomes.js';

/** @param examples label, prediction before, prediction after, and the target, where there is one. */
export function outcomesOf(examples: readonly (readonly [number, number, number, number?])[]): Outcomes {
  const count = examples.length;
  return {
    count,
    labels: Int32Array.from(examples, ([label]) => label),
    cleanPrediction: Int32Array.from(examples, ([, clean]) => clean),
    adversarialPrediction: Int32Array.from(examples, ([, , adversarial]) => adversarial),
    cleanConfidence: Float32Array.from(examples, (_, i) => i / 10),
    adversarialConfidence: Float32Array.from(examples, (_, i) => i / 20),
    cleanTop5: new Uint8Array(count).fill(1),
    adversarialTop5: Uint8Array.from(examples, (_, i) => i % 2),
    cleanVotes: Float32Array.from(examples, ([label, clean]) => Number(clean === label)),
    adversarialVotes: Float32Array.from(examples, ([label, , adversarial]) => Number(adversarial === label)),
    cleanLikelihood: Float32Array.from(examples, (_, i) => i / 4),
    cleanBrier: Float32Array.from(examples, (_, i) => i / 8),
    adversarialLikelihood: Float32Array.from(examples, (_, i) => i / 2),
    adversarialBrier: Float32Array.from(examples, (_, i) => i / 5),
    cleanDetection: new Float32Array(count).fill(NaN),
    adversarialDetection: new Float32Array(count).fill(NaN),
    otherPrediction: Float32Array.from(examples, ([, , adversarial]) => adversarial),
    target: Float32Array.from(examples, ([, , , target = NaN]) => target),
    linf: Float32Array.from(examples, (_, i) => i + 1),
    l2: Float32Array.from(examples, (_, i) => i + 2),
    l0: Float32Array.from(examples, (_, i) => i + 3),
    l0Pixels: Float32Array.from(examples, (_, i) => i + 6),
    attackDistance: Float32Array.from(examples, (_, i) => i + 7),
    l1: Float32Array.from(examples, (_, i) => i + 4),
    ssim: Float32Array.from(examples, (_, i) => 1 - i / 8),
    pass: Float32Array.from(examples, (_, i) => 1 - i / 16),
    withoutStart: new Uint8Array(count),
    queries: new Int32Array(count).fill(3),
    gradients: new Int32Array(count).fill(1),
  };
}
