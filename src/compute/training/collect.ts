/** Networks along a training run, where weights are taken as they are a few times in each epoch. @module */
import { type DifferentiableModel, fingerprintOf } from '../models/index.js';
import { type SessionOptions, TrainingSession } from './session.js';

export interface CollectionOptions extends Omit<SessionOptions, 'totalSteps' | 'validation' | 'stopping'> {
  readonly epochs: number;
  readonly modelsPerEpoch: number;
  readonly signal?: AbortSignal;
}

/**
 * Trains a copy of the model and takes its weights `modelsPerEpoch` times in each epoch, or at each step where an epoch has fewer.
 * @returns models that can be attacked, in their order; they have no inner layers, and are not to be saved.
 * @throws ComputeError as {@link TrainingSession} does.
 */
export async function collect({ epochs, modelsPerEpoch, signal, ...options }: CollectionOptions): Promise<DifferentiableModel[]> {
  const { model, dataset, batchSize } = options;
  const stepsPerEpoch = Math.max(1, Math.floor(dataset.info.exampleCount / batchSize));
  const wanted = Array.from({ length: epochs * modelsPerEpoch }, (_, i) => Math.floor(((i + 1) * stepsPerEpoch) / modelsPerEpoch));
  const session = await TrainingSession.start({ ...options, totalSteps: epochs * stepsPerEpoch });
  const collected: DifferentiableModel[] = [];
  try {
    for (const step of new Set(wanted.filter((at) => at > 0))) {
      await session.advance(step, signal);
      const variables = await session.finish();
      collected.push({ ...model, variables, fingerprint: fingerprintOf(variables, model.fingerprint), inner: undefined });
    }
    return collected;
  } finally {
    await session.dispose();
  }
}
