/** The compiled program of a run. One whose scheme has a delay begins by plain training, with a program of its own that hands its state on. @module */
import type { Engine, Program } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import type { DifferentiableModel } from '../models/index.js';
import { trainingProgram } from './program.js';
import { standard } from './schemes/standard.js';
import type { Optimizer, Regularisation, TrainingScheme } from './types.js';

export interface PhasesOptions {
  readonly engine: Engine;
  readonly model: DifferentiableModel;
  readonly scheme: TrainingScheme;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  readonly regularisation?: Regularisation;
}

export class Phases {
  private constructor(
    private readonly options: PhasesOptions,
    private scheme: TrainingScheme,
    /** Of the step that {@link programAt} was last asked for. */
    public program: Program,
  ) {}

  /** Compiles what makes `step`. @throws ComputeError INVALID_TRAINING or UNSUPPORTED_OPERATION. */
  static async begin(options: PhasesOptions, step: number): Promise<Phases> {
    const scheme = schemeAt(options, step);
    return new Phases(options, scheme, await compile(options, scheme));
  }

  schemeAt(step: number): TrainingScheme {
    return schemeAt(this.options, step);
  }

  async programAt(step: number): Promise<Program> {
    const scheme = this.schemeAt(step);
    if (scheme !== this.scheme) {
      const state = await this.program.readState();
      await this.program.dispose();
      this.program = await compile(this.options, scheme);
      await this.program.writeState(state);
      this.scheme = scheme;
    }
    return this.program;
  }
}

function schemeAt({ scheme }: PhasesOptions, step: number): TrainingScheme {
  return step < (scheme.delaySteps ?? 0) ? standard : scheme;
}

/** tfjs says in plain errors where a gradient is missing. */
async function compile({ engine, model, optimizer, batchSize, regularisation }: PhasesOptions, scheme: TrainingScheme): Promise<Program> {
  try {
    return await engine.program(trainingProgram(model, scheme, optimizer, batchSize, regularisation));
  } catch (error) {
    if (error instanceof ComputeError) throw error;
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      `The model has a layer that cannot be trained; export it without that layer, or train another one: ${(error as Error).message}`,
      ['modelId'],
      { cause: error },
    );
  }
}
