/** The training loop: seeded order of examples, schedule, progress. @module */
import { sizeOf, throwIfAborted } from '../engine/host.js';
import type { Engine, HostTensors, Program } from '../engine/types.js';
import type { Dataset, ImageBatch } from '../data/types.js';
import { ComputeError } from '../errors.js';
import { checkFit } from '../evaluation.js';
import { layersModel, type LayersDifferentiableModel } from '../models/layers-model.js';
import { randomStream, shuffledIndices } from '../random.js';
import { rateInputs, trainingProgram, variablesOf } from './program.js';
import type { Optimizer, TrainingScheme } from './types.js';

export interface TrainingOptions {
  readonly engine: Engine;
  /** Where training starts; it is not changed. */
  readonly model: LayersDifferentiableModel;
  readonly dataset: Dataset;
  readonly scheme: TrainingScheme;
  readonly optimizer: Optimizer;
  readonly epochs: number;
  /** m, the size of a minibatch. What is left over at the end of an epoch is in the next one's order again. */
  readonly batchSize: number;
  /** Learning rate by progress, from 0 at the start to 1 at the end. */
  readonly learningRate: (progress: number) => number;
  /** Of the order of examples and of the scheme's random numbers. */
  readonly seed: number;
  readonly onEpoch?: (report: EpochReport) => void;
  readonly signal?: AbortSignal;
}

export interface EpochReport {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over the epoch's minibatches. */
  readonly loss: number;
  /** Share of the images, as they were trained on, that were classified right. */
  readonly accuracy: number;
  readonly seconds: number;
}

/** Half a cosine from `peak` to 0 (Loshchilov & Hutter 2017, arXiv 1608.03983). */
export function cosineDecay(peak: number): (progress: number) => number {
  return (progress) => (peak / 2) * (1 + Math.cos(Math.PI * progress));
}

/**
 * Trains a copy of the model. The data set is held in memory, one byte a pixel value.
 * @throws ComputeError MODEL_DATASET_MISMATCH, UNSUPPORTED_OPERATION, CANCELLED, or INVALID_MODEL where the loss is no longer finite.
 */
export async function train(options: TrainingOptions): Promise<LayersDifferentiableModel> {
  const { engine, model, dataset, scheme, optimizer, batchSize, signal } = options;
  checkFit(model, dataset);
  if (model.output !== 'LOGITS') {
    throw new ComputeError('INVALID_MODEL', 'Training needs a model that puts out logits; this one ends in probabilities.', [
      'modelTopology',
    ]);
  }
  const data = await dataset.read(0, dataset.info.exampleCount);
  const stepsPerEpoch = Math.floor(data.labels.length / batchSize);
  if (stepsPerEpoch === 0) throw new ComputeError('INVALID_DATASET', `The data set is smaller than one minibatch of ${batchSize}.`);
  const program = await engine.program(trainingProgram(model, scheme, optimizer, batchSize));
  try {
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      const order = shuffledIndices(randomStream(options.seed, 'train.order', epoch), data.labels.length);
      const start = performance.now();
      const totals = { loss: 0, correct: 0 };
      for (let i = 0; i < stepsPerEpoch; i++) {
        throwIfAborted(signal);
        const batch = gather(data, order.subarray(i * batchSize, (i + 1) * batchSize), dataset.info.imageShape);
        const outputs = await step(program, options, batch, epoch * stepsPerEpoch + i, options.epochs * stepsPerEpoch);
        totals.loss += outputs.loss;
        totals.correct += outputs.correct;
      }
      options.onEpoch?.({
        epoch: epoch + 1,
        loss: totals.loss / stepsPerEpoch,
        accuracy: totals.correct / (stepsPerEpoch * batchSize),
        seconds: (performance.now() - start) / 1000,
      });
    }
    return await layersModel(structuredClone(model.topology), variablesOf(model, await program.readState()), model.spec);
  } finally {
    await program.dispose();
  }
}

async function step(program: Program, options: TrainingOptions, batch: HostTensors, index: number, total: number) {
  const outputs = await program.step({
    ...batch,
    ...rateInputs(options.optimizer.rates(options.learningRate(index / total), index)),
    ...options.scheme.draw(options.batchSize, options.seed, index),
  });
  const loss = outputs['loss']!.data[0]!;
  if (!Number.isFinite(loss)) {
    throw new ComputeError('INVALID_MODEL', `The loss is ${loss} at step ${index}: training diverged. Lower the learning rate.`);
  }
  return { loss, correct: outputs['correct']!.data[0]! };
}

/** The examples at `indices`, pixels in [0, 1]. */
function gather({ images, labels }: ImageBatch, indices: Uint32Array, imageShape: readonly number[]): HostTensors {
  const size = sizeOf(imageShape);
  const pixels = new Float32Array(indices.length * size);
  for (const [row, index] of indices.entries()) {
    for (let p = 0; p < size; p++) pixels[row * size + p] = images[index * size + p]! / 255;
  }
  return {
    images: { dtype: 'float32', shape: [indices.length, ...imageShape], data: pixels },
    labels: { dtype: 'int32', shape: [indices.length], data: Int32Array.from(indices, (index) => labels[index]!) },
  };
}
