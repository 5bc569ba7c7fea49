/** The GraphQL type of each error that a mutation may answer with. @module */
import { ObjectType, type ClassType } from 'type-graphql';
import type { DomainError, ErrorCode } from '../../errors.js';
import { UserError } from './user-error.js';

function errorType(name: string, description: string): ClassType<UserError> {
  const Type = { [name]: class extends UserError {} }[name]!;
  ObjectType(name, { implements: UserError, description })(Type);
  return Type;
}

const TYPES = {
  VALIDATION: errorType('ValidationError', 'An argument that is out of its range or contradicts another.'),
  NOT_FOUND: errorType('NotFoundError', 'An id or name that does not exist.'),
  FORBIDDEN: errorType('ForbiddenError', 'An action that this token does not allow. Every mutation may return it.'),
  NAME_TAKEN: errorType('NameTakenError', 'A name that another object of the same kind has.'),
  INVALID_MODEL: errorType('InvalidModelError', 'A model file that cannot be read, imported or run.'),
  UNSUPPORTED_MODEL: errorType(
    'UnsupportedModelError',
    'A model with layers that have no implementation here; the message names all of them.',
  ),
  INVALID_DATASET: errorType('InvalidDatasetError', 'A data set whose files cannot be found or read.'),
  JOB_FINISHED: errorType('JobFinishedError', 'A job that has finished cannot be cancelled.'),
  LIMIT_EXCEEDED: errorType('LimitExceededError', 'Something larger than this server allows.'),
  MODEL_DATASET_MISMATCH: errorType(
    'ModelDatasetMismatchError',
    'A model that cannot be run on the data set: another image shape or number of classes.',
  ),
  MODEL_NOT_READY: errorType('ModelNotReadyError', 'A model that is still being validated, or was rejected.'),
  DATASET_NOT_READY: errorType('DatasetNotReadyError', 'A data set that is still being read, or was rejected.'),
  IN_USE: errorType('InUseError', 'Something that others are made from, and that can be deleted after them.'),
  QUEUE_FULL: errorType('QueueFullError', 'More work is waiting than this server accepts. Try again later.'),
} satisfies Partial<Record<ErrorCode, ClassType<UserError>>>;

/** Codes that mutations may answer with. */
export type UserErrorCode = keyof typeof TYPES;

export const typeOfError = (code: UserErrorCode): ClassType<UserError> => TYPES[code];

/** The member of a mutation's payload. @returns undefined for codes of HTTP alone. */
export function toUserError({ code, message, path }: DomainError): UserError | undefined {
  const Type = (TYPES as Partial<Record<ErrorCode, ClassType<UserError>>>)[code];
  return Type && new Type(message, path);
}
