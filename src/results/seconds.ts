/** What the time of an evaluation went into. @module */
import type { PhaseSeconds } from '../compute/evaluation/index.js';

/** Wall-clock seconds. */
export interface EvaluationSeconds extends PhaseSeconds {
  /** Commits, and storing of images. */
  readonly store: number;
  /** From the beginning to the end: less than the sum of the phases where some passed beside others. */
  readonly total: number;
}

/** @param whole what belongs to no part. */
export function joinSeconds(parts: readonly PhaseSeconds[], whole: Pick<EvaluationSeconds, 'store' | 'total'>): EvaluationSeconds {
  const sum = (of: (part: PhaseSeconds) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    ...whole,
    compile: sum(({ compile }) => compile),
    decode: sum(({ decode }) => decode),
    clean: sum(({ clean }) => clean),
    attack: sum(({ attack }) => attack),
    predict: sum(({ predict }) => predict),
    metrics: sum(({ metrics }) => metrics),
  };
}
