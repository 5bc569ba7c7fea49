/** Failures that clients can act on, one class a file. @module */
export { ForbiddenError } from './forbidden-error.js';
export { InvalidDatasetError } from './invalid-dataset-error.js';
export { InvalidModelError } from './invalid-model-error.js';
export { JobFinishedError } from './job-finished-error.js';
export { LimitExceededError } from './limit-exceeded-error.js';
export { ModelDatasetMismatchError } from './model-dataset-mismatch-error.js';
export { ModelNotReadyError } from './model-not-ready-error.js';
export { NameTakenError } from './name-taken-error.js';
export { NotFoundError } from './not-found-error.js';
export { QueueFullError } from './queue-full-error.js';
export { UnsupportedModelError } from './unsupported-model-error.js';
export { UserError } from './user-error.js';
export { ValidationError } from './validation-error.js';
