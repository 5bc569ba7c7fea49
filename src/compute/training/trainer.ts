/** Training for callers on other threads: in segments, each of which ends in a checkpoint. The session stays in memory between two segments. @module */
import { readFile } from 'node:fs/promises';
import type { EngineDescription } from '../engine/index.js';
import { type Holding, residentBytes } from '../memory/index.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import { type Sources, type TrainingRequest, withSessionOptions } from './request.js';
import { type SegmentStatistics, TrainingSession } from './session.js';
import type { Outcome, ValidationPoint } from './validation.js';

/** Where a run goes on: a checkpoint's file, and the step that it was made at. */
export interface ResumePoint {
  readonly step: number;
  readonly path: string;
}

export interface TrainedSegment extends SegmentStatistics {
  /** Steps done. */
  readonly step: number;
  readonly validation?: ValidationPoint;
  /** Why training has ended; absent while it has not. */
  readonly outcome?: Outcome;
  readonly checkpoint: Uint8Array;
  readonly engine: EngineDescription;
}

/** Since the thread started. */
export interface TrainingStatistics {
  readonly steps: number;
  readonly images: number;
  readonly seconds: number;
  /** Making minibatches, whether or not the engine waited for them. */
  readonly dataSeconds: number;
  /** What of that the engine waited for. */
  readonly waitSeconds: number;
}

/** It is copied between threads, and into the bytes of a file. */
const CHECKPOINT_COPIES = 3;

export class Trainer {
  private current: { readonly id: string; readonly session: TrainingSession; readonly holding: Holding } | undefined;
  private totals = { steps: 0, images: 0, seconds: 0, dataSeconds: 0, waitSeconds: 0 };

  constructor(private readonly sources: () => Promise<Sources>) {}

  statistics(): TrainingStatistics {
    return this.totals;
  }

  /** Goes on from the checkpoint, or begins where there is none, up to the step `until`, and measures. */
  async train(request: TrainingRequest, until: number, resume: ResumePoint | undefined, signal?: AbortSignal): Promise<TrainedSegment> {
    const { session, holding } = await this.sessionAt(request, resume);
    try {
      return await holding.use(() => this.segment(session, request, until, signal));
    } catch (error) {
      // What it holds may be of no step in particular.
      await this.close();
      throw error;
    }
  }

  private async segment(session: TrainingSession, request: TrainingRequest, until: number, signal?: AbortSignal): Promise<TrainedSegment> {
    const from = session.step;
    const segment = await session.advance(until, signal);
    this.count(segment, session.step - from, request.plan.batchSize);
    const { engine, memory } = await this.sources();
    const validation = await session.validate(signal);
    const { step, outcome } = session;
    const bytes = CHECKPOINT_COPIES * session.stateBytes;
    const checkpoint = await memory.reserve(bytes, 'A checkpoint', async () => encodeCheckpoint(await session.checkpoint()));
    await memory.settle();
    return { ...segment, step, validation, outcome, checkpoint, engine: engine.description };
  }

  /** Writes the finished model into `directory`, in the format of the one that training started from. */
  async finish(request: TrainingRequest, resume: ResumePoint, directory: string): Promise<void> {
    const { session, holding } = await this.sessionAt(request, resume);
    try {
      await holding.use(() => session.save(directory));
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    current?.holding.drop();
    await current?.session.dispose();
  }

  private async sessionAt(request: TrainingRequest, resume: ResumePoint | undefined) {
    if (this.current?.id === request.id && this.current.session.step === (resume?.step ?? 0)) return this.current;
    await this.close();
    const checkpoint = resume && decodeCheckpoint(await readFile(resume.path));
    const sources = await this.sources();
    const before = residentBytes();
    const session = await withSessionOptions(request, sources, (options) => TrainingSession.start(options, checkpoint));
    // A run whose session was released goes on from its checkpoint.
    const holding = sources.memory.hold('programs', Math.max(0, residentBytes() - before), () => this.close());
    this.current = { id: request.id, session, holding };
    return this.current;
  }

  private count(segment: SegmentStatistics, steps: number, batchSize: number): void {
    const { totals } = this;
    this.totals = {
      steps: totals.steps + steps,
      images: totals.images + steps * batchSize,
      seconds: totals.seconds + segment.seconds,
      dataSeconds: totals.dataSeconds + segment.dataSeconds,
      waitSeconds: totals.waitSeconds + segment.waitSeconds,
    };
  }
}
