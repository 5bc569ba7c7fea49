/** A training run in progress: goes forward by steps, measures itself, and can be written down and taken up again at any step. @module */
import { bytesOf, type HostTensors, mostOfBits, sizeOf } from '../tensors/index.js';
import { type Engine, throwIfAborted } from '../engine/index.js';
import { checkImagesFit, type Dataset, DEFAULT_DATA_MEMORY, shareExamples } from '../data/index.js';
import { ComputeError } from '../errors.js';
import { checkFit, type DifferentiableModel } from '../models/index.js';
import { CurrentNetwork } from './current-network.js';
import { type Augmentation, dropoutMasks } from './minibatch.js';
import { type ExtraDataset, minibatchParts, shareExtras } from './extra-data.js';
import { Phases } from './phases.js';
import { PrefetchedMinibatches } from './prefetch.js';
import { standard } from './schemes/standard.js';
import { averagedVariablesOf, batchShape, keptInput, maskInputs, rateInputs, variablesOf } from './program.js';
import type { Schedule } from './schedules.js';
import { STATISTICS_BATCHES, withStatistics } from './statistics.js';
import { type BatchShape, NO_REGULARISATION, type Optimizer, type Regularisation, type TrainingScheme } from './types.js';
import {
  type Best,
  heldOutFor,
  mayStop,
  type Outcome,
  type StoppingRules,
  Validation,
  type ValidationOptions,
  type ValidationPoint,
  verdict,
} from './validation.js';

export interface SessionOptions {
  readonly engine: Engine;
  /** Where training starts; it is not changed. */
  readonly model: DifferentiableModel;
  readonly dataset: Dataset;
  /** What takes a part of each minibatch. Default: none. */
  readonly extras?: readonly ExtraDataset[];
  readonly scheme: TrainingScheme;
  readonly optimizer: Optimizer;
  /** Default: none. */
  readonly regularisation?: Regularisation;
  readonly learningRate: Schedule;
  readonly totalSteps: number;
  /** m, the size of a minibatch. */
  readonly batchSize: number;
  /** Default: none. */
  readonly augmentation?: Augmentation;
  /** Of the order of examples, augmentation, dropout and the scheme's random numbers. */
  readonly seed: number;
  readonly validation?: ValidationOptions;
  /** Default: training goes on to its last step. */
  readonly stopping?: StoppingRules;
  /** Bytes of images of a data set that are held in memory; larger ones are read from their files as they are trained on. Default: 1 GiB. */
  readonly dataMemory?: number;
}

/** Everything that the steps after it depend on. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  /** State of the program: weights, moving statistics, slots, averages. */
  readonly state: HostTensors;
  readonly best?: Best;
  /** Validations since the best one. */
  readonly sinceBest: number;
  readonly outcome?: Outcome;
}

/** Means over the steps of a segment. */
export interface SegmentStatistics {
  readonly loss: number;
  /** Share of the images, as they were trained on, that were classified right. */
  readonly accuracy: number;
  readonly seconds: number;
  /** Seconds that minibatches took to make. */
  readonly dataSeconds: number;
  /** Those of them that the engine waited for; the others passed while a step ran. */
  readonly waitSeconds: number;
}

export class TrainingSession {
  /** Steps done. */
  step = 0;
  /** Why training has ended; undefined while it has not. */
  outcome: Outcome | undefined;
  private best: Best | undefined;
  private sinceBest = 0;
  private variables: HostTensors;
  /** Drawing random inputs, beside the thread that makes minibatches. */
  private drawSeconds = 0;
  private readonly shape: BatchShape;
  private readonly network: CurrentNetwork;

  private constructor(
    private readonly options: SessionOptions,
    private readonly minibatches: PrefetchedMinibatches,
    private readonly validation: Validation | undefined,
    private readonly phases: Phases,
  ) {
    const { engine, model, dataset, extras = [], batchSize } = options;
    this.variables = model.variables;
    this.shape = batchShape(model, batchSize);
    this.network = new CurrentNetwork(
      engine,
      model,
      () => this.variables,
      mostOfBits(mostPrecise([dataset, ...extras.map((extra) => extra.dataset)])),
    );
  }

  /**
   * Compiles the step. The data sets may be closed afterwards: minibatches are made from memory, or from files that are opened again.
   * @param checkpoint where to go on. Default: at the first step.
   * @throws ComputeError MODEL_DATASET_MISMATCH, INVALID_MODEL, INVALID_DATASET, INVALID_TRAINING, LIMIT_EXCEEDED or UNSUPPORTED_OPERATION.
   */
  static async start(options: SessionOptions, checkpoint?: Checkpoint): Promise<TrainingSession> {
    const { model, dataset, extras = [], scheme, batchSize, seed, dataMemory = DEFAULT_DATA_MEMORY } = options;
    const { imageShape, exampleCount } = dataset.info;
    checkFit(model, dataset);
    checkTrainable(model);
    const parts = minibatchParts(
      batchSize,
      extras.map(({ fraction }) => fraction),
    );
    const heldOut = heldOutFor(options.validation, dataset);
    if (exampleCount - (heldOut?.count ?? 0) < parts.own) {
      const rest = heldOut ? `, less the ${heldOut.count} examples of it that are validated on,` : '';
      const share = extras.length > 0 ? `, of which ${parts.own} are its own` : '';
      throw new ComputeError('INVALID_DATASET', `The data set${rest} is smaller than one minibatch of ${batchSize}${share}.`, [
        'batchSize',
      ]);
    }
    checkImagesFit(batchSize, imageShape, ['batchSize']);
    if (options.validation) checkImagesFit(options.validation.count, imageShape, ['validation', 'sampleCount']);
    const examples = await shareExamples(dataset, dataMemory);
    const shared = await shareExtras(extras, parts.extra, { model, validation: options.validation, dataMemory });
    const unlabelled = scheme.unlabelled && (await shareExamples(scheme.unlabelled, dataMemory));
    const augmentation = options.augmentation ?? { shift: 0, mirror: false };
    const validation = options.validation && (await Validation.open(options.validation, seed));
    const phases = await Phases.begin(options, checkpoint?.step ?? 0);
    const minibatches = new PrefetchedMinibatches({ examples, extras: shared, unlabelled, heldOut, batchSize, augmentation, seed });
    const session = new TrainingSession(options, minibatches, validation, phases);
    try {
      if (checkpoint) await session.restore(checkpoint);
    } catch (error) {
      await session.dispose();
      throw error;
    }
    return session;
  }

  /** Steps until `step`, or the last. @throws ComputeError TRAINING_DIVERGED or CANCELLED. */
  async advance(until: number, signal?: AbortSignal): Promise<SegmentStatistics> {
    const { totalSteps, batchSize } = this.options;
    const end = Math.min(until, totalSteps);
    const from = this.step;
    const totals = { loss: 0, correct: 0, wait: 0 };
    const [start, dataSecondsBefore] = [performance.now(), this.dataSeconds];
    const ahead = (step: number) => {
      if (step >= end) return undefined;
      const inputs = this.inputsOf(step);
      // Where the step before it fails, nobody waits for them.
      inputs.catch(() => undefined);
      return inputs;
    };
    let next = ahead(from);
    while (next) {
      throwIfAborted(signal);
      const before = performance.now();
      const inputs = await next;
      totals.wait += (performance.now() - before) / 1000;
      const program = await this.phases.programAt(this.step);
      const running = program.step({ ...inputs, ...(await this.fetch(inputs, signal)) });
      // While the engine works.
      next = ahead(this.step + 1);
      const outputs = await running;
      const loss = outputs['loss']!.data[0]!;
      if (!Number.isFinite(loss)) {
        throw new ComputeError(
          'TRAINING_DIVERGED',
          `The loss is ${loss} at step ${this.step}: training diverged. Lower the learning rate, or clip gradients.`,
        );
      }
      totals.loss += loss;
      totals.correct += outputs['correct']!.data[0]!;
      this.step++;
    }
    if (this.step === totalSteps) this.outcome ??= 'COMPLETED';
    const steps = Math.max(1, this.step - from);
    return {
      loss: totals.loss / steps,
      accuracy: totals.correct / (steps * batchSize),
      seconds: (performance.now() - start) / 1000,
      dataSeconds: this.dataSeconds - dataSecondsBefore,
      waitSeconds: totals.wait,
    };
  }

  /** Accuracies of the weights as they are, and whether to stop. Undefined where no validation was asked for. */
  async validate(signal?: AbortSignal): Promise<ValidationPoint | undefined> {
    if (!this.validation) return undefined;
    const { stopping } = this.options;
    this.variables = await this.averaged();
    const point = await this.validation.measure(this.network, signal);
    if (!stopping || !mayStop(stopping)) return point;
    if (!this.best || point.iterativeAccuracy > this.best.iterativeAccuracy) {
      this.best = { ...point, step: this.step, variables: this.variables };
      this.sinceBest = 0;
    } else {
      this.sinceBest++;
    }
    this.outcome = verdict(stopping, point, this.best, this.sinceBest) ?? this.outcome;
    return point;
  }

  /** Of the weights with the optimizer's slots and averages: what a checkpoint takes. */
  get stateBytes(): number {
    const { model, optimizer, regularisation = NO_REGULARISATION } = this.options;
    const weights = bytesOf(model.variables);
    const averages = regularisation.averageDecay > 0 || regularisation.averageFrom !== undefined ? 1 : 0;
    return (1 + optimizer.slots.length + averages + (this.best ? 1 : 0)) * weights;
  }

  async checkpoint(): Promise<Checkpoint> {
    const { step, best, sinceBest, outcome } = this;
    return { step, state: await this.phases.program.readState(), best, sinceBest, outcome };
  }

  /** Variables as they are, or at the best validation where a stopping rule was asked for; running averages of weights in their place. */
  async finish(): Promise<HostTensors> {
    return this.best?.variables ?? (await this.averaged());
  }

  /**
   * Running averages of weights, where they are kept. Of a plain mean over steps, the statistics of batch norm are computed again, by the minibatches after the last
   * step; but not where a scheme trains on other images than those, whose statistics are the mean of the steps' own.
   */
  private async averaged(): Promise<HostTensors> {
    const { engine, model, batchSize, seed, dataset, extras = [], scheme, totalSteps, regularisation = NO_REGULARISATION } = this.options;
    const variables = averagedVariablesOf(model, await this.phases.program.readState());
    const { averageFrom } = regularisation;
    if (averageFrom === undefined || this.step <= Math.floor(averageFrom * totalSteps) || scheme.name !== standard.name) return variables;
    const { own } = minibatchParts(
      batchSize,
      extras.map(({ fraction }) => fraction),
    );
    const count = Math.min(STATISTICS_BATCHES, Math.floor(dataset.info.exampleCount / own));
    return withStatistics(engine, model, variables, count, async (k) => {
      const { images } = await this.minibatches.at(this.step + k);
      return { images, masks: dropoutMasks(model.dropout ?? {}, batchSize, seed, this.step + k) };
    });
  }

  /** Writes the finished model. */
  async save(directory: string): Promise<void> {
    await this.options.model.save(await this.finish(), directory);
  }

  async dispose(): Promise<void> {
    await Promise.all([this.minibatches.dispose(), this.phases.program.dispose()]);
  }

  private async restore({ step, state, best, sinceBest, outcome }: Checkpoint): Promise<void> {
    await this.phases.program.writeState(state);
    Object.assign(this, { step, best, sinceBest, outcome });
  }

  /** Everything that one step takes, but for what the scheme fetches. */
  private async inputsOf(step: number): Promise<HostTensors> {
    const { scheme, model, optimizer, learningRate, totalSteps, seed, batchSize } = this.options;
    const minibatch = await this.minibatches.at(Math.floor(step / (scheme.replays ?? 1)));
    const start = performance.now();
    const inputs = {
      ...minibatch,
      ...rateInputs(optimizer.rates(learningRate(step, totalSteps), step)),
      ...keptInput(this.options.regularisation ?? NO_REGULARISATION, step, totalSteps),
      ...maskInputs(dropoutMasks(model.dropout ?? {}, batchSize, seed, step)),
      ...this.phases.schemeAt(step).draw?.(this.shape, seed, step),
    };
    this.drawSeconds += (performance.now() - start) / 1000;
    return inputs;
  }

  /** Time that inputs have taken to make. */
  private get dataSeconds(): number {
    return this.minibatches.seconds + this.drawSeconds;
  }

  private async fetch(inputs: HostTensors, signal?: AbortSignal): Promise<HostTensors> {
    const { model, seed, batchSize } = this.options;
    const [step, network] = [this.step, this.network];
    const { fetch } = this.phases.schemeAt(step);
    if (!fetch) return {};
    return fetch({
      images: inputs['images']!,
      labels: inputs['labels']!.data as Int32Array,
      seed,
      step,
      predict: (other, images) => network.predict(images, other, signal),
      attack: async (attack, images, labels, other) => {
        if (!other) this.variables = variablesOf(model, await this.phases.program.readState());
        return network.attack(attack, images, labels, { seed, first: step * batchSize, other, signal });
      },
    });
  }
}

const mostPrecise = (datasets: readonly Dataset[]) =>
  datasets.map(({ info }) => info.bitDepth).reduce((most, bits) => (bits > most ? bits : most));

function checkTrainable(model: DifferentiableModel): void {
  if (model.output !== 'LOGITS') {
    throw new ComputeError('INVALID_MODEL', 'Training needs a model that outputs logits; this one ends in probabilities.', [
      'modelTopology',
    ]);
  }
  if (!model.trainable.some((name) => sizeOf(model.variables[name]!.shape) > 0)) {
    throw new ComputeError(
      'INVALID_MODEL',
      'The model has no weights that training could change: its layers are frozen, or hold no tensors of floating-point numbers. Train another one.',
      ['modelId'],
    );
  }
}
