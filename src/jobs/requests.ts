/** How a job asks for other jobs: in the name of a principal, as that would over the API. What was asked for before is found, not repeated. @module */
import type { Attack, Network, Settings } from '../studies/types.js';

/** A job, and what it makes. */
export interface RequestedJob {
  readonly jobId: string;
  /** Of the training run, evaluation or transfer. */
  readonly id: string;
}

export interface TrainingAsked {
  readonly network: Network;
  /** Of the first weights and of the order of images. */
  readonly seed: number;
  readonly settings: Settings;
  readonly trainingDatasetId: string;
  readonly testDatasetId: string;
}

export interface EvaluationAsked {
  readonly modelId: string;
  readonly datasetId: string;
  readonly sampleCount: number;
  readonly attack: Attack;
  readonly keepImages: boolean;
}

export interface TransferAsked extends Omit<EvaluationAsked, 'attack' | 'keepImages'> {
  readonly targetIds: readonly string[];
  readonly attacks: readonly Attack[];
}

/**
 * Each resolves to undefined where the queue has no room for more now.
 * @throws JobFailed for what is refused for good.
 */
export interface JobRequests {
  training(owner: string, asked: TrainingAsked): Promise<RequestedJob | undefined>;
  evaluation(owner: string, asked: EvaluationAsked): Promise<RequestedJob | undefined>;
  transfer(owner: string, asked: TransferAsked): Promise<RequestedJob | undefined>;
}
