/** What the time of a shard is spent on. @module */
import type { Engine } from '../engine/index.js';

const PHASES = ['compile', 'decode', 'clean', 'attack', 'predict', 'metrics'] as const;
type Phase = (typeof PHASES)[number];

/** Wall-clock seconds. Those of decoding and metrics may pass while other shards are attacked. */
export type PhaseSeconds = Readonly<Record<Phase, number>>;

export class PhaseClock {
  readonly seconds = { compile: 0, decode: 0, clean: 0, attack: 0, predict: 0, metrics: 0 };

  /** Adds the time of `work` to a phase, without what it spends on phases that are timed within it, such as compiling. */
  async time<T>(phase: Phase, work: () => Promise<T> | T): Promise<T> {
    const [start, within] = [performance.now(), this.sum()];
    try {
      return await work();
    } finally {
      this.seconds[phase] += (performance.now() - start) / 1000 - (this.sum() - within);
    }
  }

  /** The same engine, which adds what is waited for functions to be compiled. */
  timed(engine: Engine): Engine {
    return {
      description: engine.description,
      batched: (spec) => this.time('compile', () => engine.batched(spec)),
      program: (spec) => engine.program(spec),
      statistics: () => engine.statistics(),
      dispose: () => engine.dispose(),
    };
  }

  private sum(): number {
    return PHASES.reduce((total, phase) => total + this.seconds[phase], 0);
  }
}
