/** What compute and archives reject, as errors that clients can act on. @module */
import { ComputeError, type ComputeErrorCode, systemCodeOf } from '../compute/errors.js';
import { DomainError, type ErrorCode } from '../errors.js';
import { ArchiveError, type ArchiveErrorCode } from '../storage/archive/index.js';

/** Codes without an entry are no client's fault. */
const CODES: Readonly<Partial<Record<ComputeErrorCode | ArchiveErrorCode, ErrorCode>>> = {
  INVALID_ARCHIVE: 'INVALID_MODEL',
  INVALID_MODEL: 'INVALID_MODEL',
  UNSUPPORTED_OPERATION: 'UNSUPPORTED_MODEL',
  MODEL_DATASET_MISMATCH: 'MODEL_DATASET_MISMATCH',
  LIMIT_EXCEEDED: 'LIMIT_EXCEEDED',
  INVALID_DATASET: 'INVALID_DATASET',
  INVALID_IMAGES: 'VALIDATION',
  INVALID_ATTACK: 'VALIDATION',
  INVALID_TRAINING: 'VALIDATION',
  INVALID_TRANSFORMATION: 'VALIDATION',
  REMOTE_ADDRESS_REFUSED: 'VALIDATION',
};

/**
 * Runs work whose failures may be the client's.
 * @param path where in the client's input the work's own paths begin.
 */
export async function toDomainErrors<Result>(work: () => Result | Promise<Result>, path: readonly string[] = []): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ComputeError) && !(error instanceof ArchiveError)) throw error;
    const code = CODES[error.code];
    const system = systemCodeOf(error);
    // What may not be read is a matter of permissions, which the message is about; other errors of the system pass, and are nobody's fault.
    if (!code || (system && system !== 'EACCES' && system !== 'EPERM')) throw error;
    const inner = error instanceof ComputeError ? (error.path ?? []) : [];
    throw new DomainError(code, error.message, [...path, ...inner], { cause: error });
  }
}
