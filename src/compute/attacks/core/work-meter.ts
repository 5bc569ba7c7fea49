/** How far an attack on a batch is. @module */

export interface AttackProgress {
  /** Passes of the model, forward or forward and backward, counted once for each example. */
  readonly passes: number;
  /** Of an attack that runs others in turn: the kind of the one that runs. */
  readonly stage?: string;
  /** Share of those in turn that have ended; 0 for an attack without. */
  readonly stagesDone: number;
}

/** Counts what is asked of the model. */
export class WorkMeter {
  private progress: AttackProgress = { passes: 0, stagesDone: 0 };

  constructor(private readonly onProgress: (progress: AttackProgress) => void) {}

  get passes(): number {
    return this.progress.passes;
  }

  add(passes: number): void {
    this.set({ passes: this.progress.passes + passes });
  }

  /** Says which of `count` attacks begins. A list within a list counts as one of its members. */
  begin(stage: string, index: number, count: number): void {
    this.set({ stage, stagesDone: index / count });
  }

  private set(change: Partial<AttackProgress>): void {
    this.progress = { ...this.progress, ...change };
    this.onProgress(this.progress);
  }
}
