/** Training from the first step to the last, epoch by epoch. @module */
import { type LayersDifferentiableModel, layersModel } from '../models/index.js';
import { minibatchParts } from './extra-data.js';
import { type SessionOptions, type SegmentStatistics, TrainingSession } from './session.js';

export interface TrainingOptions extends Omit<SessionOptions, 'model' | 'totalSteps' | 'validation' | 'stopping'> {
  readonly model: LayersDifferentiableModel;
  readonly epochs: number;
  readonly onEpoch?: (report: EpochReport) => void;
  readonly signal?: AbortSignal;
}

export interface EpochReport extends SegmentStatistics {
  /** Counted from 1. */
  readonly epoch: number;
}

/**
 * Trains a copy of the model.
 * @throws ComputeError as {@link TrainingSession} does.
 */
export async function train({ epochs, onEpoch, signal, ...options }: TrainingOptions): Promise<LayersDifferentiableModel> {
  const { own } = minibatchParts(
    options.batchSize,
    options.extras?.map(({ fraction }) => fraction),
  );
  const stepsPerEpoch = Math.floor(options.dataset.info.exampleCount / own) * (options.scheme.replays ?? 1);
  const session = await TrainingSession.start({ ...options, totalSteps: epochs * stepsPerEpoch });
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const report = await session.advance(epoch * stepsPerEpoch, signal);
      onEpoch?.({ epoch, ...report });
    }
    const { topology, spec } = options.model;
    return await layersModel(structuredClone(topology), await session.finish(), spec);
  } finally {
    await session.dispose();
  }
}
