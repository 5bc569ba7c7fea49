/** The time that an evaluation takes, of which each commit keeps what has passed since the last one: a run after a crash goes on from there. @module */
import type { EvaluationSeconds } from '../../results/seconds.js';

export class EvaluationClock {
  private since = performance.now();
  private store = 0;

  /** Times what writes a shard. */
  async storing(work: () => Promise<void>): Promise<void> {
    const start = performance.now();
    await work();
    this.store += (performance.now() - start) / 1000;
  }

  /** What has passed since the last lap. */
  lap(): Pick<EvaluationSeconds, 'store' | 'total'> {
    const now = performance.now();
    const lap = { store: this.store, total: (now - this.since) / 1000 };
    [this.since, this.store] = [now, 0];
    return lap;
  }
}
