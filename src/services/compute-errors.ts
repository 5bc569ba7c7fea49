/** What compute and archives reject, as answers that clients can act on. @module */
import { ComputeError } from '../compute/errors.js';
import {
  InvalidDatasetError,
  InvalidModelError,
  LimitExceededError,
  ModelDatasetMismatchError,
  UnsupportedModelError,
  ValidationError,
  type UserError,
} from '../schema/errors/index.js';
import { ArchiveError } from '../storage/archive/index.js';
import { Refused } from './refused.js';

type UserErrorClass = new (message: string, path?: string[]) => UserError;

const CLASSES: Readonly<Record<string, UserErrorClass>> = {
  INVALID_ARCHIVE: InvalidModelError,
  INVALID_MODEL: InvalidModelError,
  UNSUPPORTED_OPERATION: UnsupportedModelError,
  MODEL_DATASET_MISMATCH: ModelDatasetMismatchError,
  LIMIT_EXCEEDED: LimitExceededError,
  INVALID_DATASET: InvalidDatasetError,
  INVALID_IMAGES: ValidationError,
  INVALID_ATTACK: ValidationError,
  INVALID_TRAINING: ValidationError,
  INVALID_TRANSFORMATION: ValidationError,
  REMOTE_ADDRESS_REFUSED: ValidationError,
};

/**
 * Runs work whose failures may be the client's.
 * @param path where in the client's input the work's own paths begin.
 * @param overrides classes for codes that mean something else here.
 */
export async function forClient<Result>(
  work: () => Result | Promise<Result>,
  path: readonly string[] = [],
  overrides: Readonly<Record<string, UserErrorClass>> = {},
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ComputeError) && !(error instanceof ArchiveError)) throw error;
    const UserErrorOfCode = overrides[error.code] ?? CLASSES[error.code];
    if (!UserErrorOfCode) throw error;
    const inner = error instanceof ComputeError ? (error.path ?? []) : [];
    throw new Refused(new UserErrorOfCode(error.message, [...path, ...inner]), { cause: error });
  }
}
