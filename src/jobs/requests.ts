/** How a job asks for other jobs: in the name of a principal, as that would over the API. What was asked for before is found, not repeated. @module */
import type { Attack, ClassifierTask, Network, Settings } from '../studies/types.js';

/** A job, and what it makes. */
export interface RequestedJob {
  readonly jobId: string;
  /** Of the training run, classifier, evaluation or transfer. Undefined: nothing of its own. */
  readonly id?: string;
}

export interface TrainingRequest {
  readonly network: Network;
  /** Of the first weights and of the order of images. */
  readonly seed: number;
  readonly settings: Settings;
  readonly trainingDatasetId: string;
  readonly testDatasetId: string;
}

export interface ClassifierRequest extends Pick<ClassifierTask, 'classifier' | 'offset' | 'sampleCount' | 'seed'> {
  readonly datasetId: string;
}

/** The task of a study that has the game. */
export interface GameRequest {
  readonly studyId: string;
  readonly key: string;
  /** Of its progress. */
  readonly units: number;
}

export interface EvaluationRequest {
  readonly modelId: string;
  readonly datasetId: string;
  readonly sampleCount: number;
  readonly attack: Attack;
  readonly keepImages: boolean;
}

export interface TransferRequest extends Omit<EvaluationRequest, 'attack' | 'keepImages'> {
  readonly targetIds: readonly string[];
  readonly attacks: readonly Attack[];
}

/**
 * Each resolves to undefined where the queue has no room for more now.
 * @throws JobFailed for what is refused for good.
 */
export interface JobRequests {
  training(owner: string, request: TrainingRequest): Promise<RequestedJob | undefined>;
  classifier(owner: string, request: ClassifierRequest): Promise<RequestedJob | undefined>;
  game(owner: string, request: GameRequest): Promise<RequestedJob | undefined>;
  evaluation(owner: string, request: EvaluationRequest): Promise<RequestedJob | undefined>;
  transfer(owner: string, request: TransferRequest): Promise<RequestedJob | undefined>;
}
