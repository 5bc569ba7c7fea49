/** How far a part is, noted about once a second. @module */
import { z } from 'zod';
import type { AttackProgress } from '../compute/evaluation/index.js';
import { type ClaimedPart, noteProgress } from './parts.js';
import type { JobEnvironment } from './types.js';

const INTERVAL_MS = 1000;

/** Passes are foreseen from the first examples of a job; later ones may take more. */
const MOST = 0.95;

/** A process that runs a stranger's model may say anything. */
const Said = z.object({ passes: z.number().nonnegative(), stage: z.string().max(100).optional(), stagesDone: z.number().min(0).max(1) });

export class PartProgress {
  private last = performance.now();
  private writing: Promise<void> | undefined;

  constructor(
    private readonly environment: Pick<JobEnvironment, 'prisma' | 'log'>,
    private readonly part: ClaimedPart,
    private readonly onNoted: () => void,
  ) {}

  report(progress: AttackProgress): void {
    const now = performance.now();
    const checked = Said.safeParse(progress);
    if (this.writing || now - this.last < INTERVAL_MS || !checked.success) return;
    const { passes, stage, stagesDone } = checked.data;
    this.last = now;
    // Of the first part nothing is foreseen but its stages.
    const share = this.part.passes ? Math.min(MOST, passes / this.part.passes) : stagesDone;
    this.writing = noteProgress(this.environment.prisma, this.part, share, stage)
      .then(this.onNoted, (error: unknown) => this.environment.log.debug({ err: error }, 'progress was not noted'))
      .finally(() => (this.writing = undefined));
  }

  /** Waits for what is being written: the part is stored after it. */
  async end(): Promise<void> {
    await this.writing;
  }
}
