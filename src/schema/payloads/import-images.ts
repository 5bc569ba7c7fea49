import {
  LimitExceededError,
  ModelDatasetMismatchError,
  ModelNotReadyError,
  NotFoundError,
  QueueFullError,
  ValidationError,
} from '../errors/index.js';
import { payloadUnion } from './payload-union.js';
import { StartEvaluationSuccess } from './start-evaluation.js';

export const ImportImagesPayload = payloadUnion('ImportImagesPayload', StartEvaluationSuccess, [
  ValidationError,
  NotFoundError,
  ModelNotReadyError,
  ModelDatasetMismatchError,
  LimitExceededError,
  QueueFullError,
]);
