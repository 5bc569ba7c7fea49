import type { EngineStatistics } from './types.js';

/** Mutable counters behind {@link EngineStatistics}. */
export class Counters implements EngineStatistics {
  compilations = 0;
  compileSeconds = 0;
  cacheHits = 0;
  diskHits = 0;
  runs = 0;
  runSeconds = 0;

  snapshot(): EngineStatistics {
    return { ...this };
  }
}

/** Seconds since `start`, a value of `performance.now()`. */
export function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
