/** What the time of an evaluation went into. @module */
import type { PhaseSeconds } from '../compute/evaluation/index.js';

/** Wall-clock seconds. */
export interface EvaluationSeconds extends PhaseSeconds {
  /** Commits, and storing of images. */
  readonly store: number;
  /** From the beginning to the end: less than the sum of the phases where some passed beside others. */
  readonly total: number;
}

export const NO_PHASES: PhaseSeconds = { compile: 0, decode: 0, clean: 0, attack: 0, predict: 0, metrics: 0 };

/** @returns null where a part was computed before they were kept. */
export function joinSeconds(parts: readonly (EvaluationSeconds | null)[]): EvaluationSeconds | null {
  const sum = (of: (part: EvaluationSeconds) => number) => parts.reduce((total, part) => total + (part ? of(part) : 0), 0);
  if (parts.includes(null)) return null;
  return {
    total: sum(({ total }) => total),
    compile: sum(({ compile }) => compile),
    decode: sum(({ decode }) => decode),
    clean: sum(({ clean }) => clean),
    attack: sum(({ attack }) => attack),
    predict: sum(({ predict }) => predict),
    metrics: sum(({ metrics }) => metrics),
    store: sum(({ store }) => store),
  };
}
