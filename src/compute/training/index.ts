/** Adversarial training: schemes, optimizers, schedules, and sessions that can be resumed. @module */
export { klDivergence } from './divergence.js';
export { ExampleOrder } from './example-order.js';
export { type Augmentation, dropoutMasks } from './minibatch.js';
export { collect } from './collect.js';
export { type ExtraDataset, minibatchParts } from './extra-data.js';
export { adam } from './optimizers/adam.js';
export { adamw } from './optimizers/adamw.js';
export { nesterov } from './optimizers/nesterov.js';
export { findOptimizer, optimizers } from './optimizers/registry.js';
export { rmsprop } from './optimizers/rmsprop.js';
export { sgd } from './optimizers/sgd.js';
export { batchShape, maskInputs, rateInputs, trainingProgram } from './program.js';
export { drawn, floats as filled, normal } from './random-inputs.js';
export { learningRateOf, type Selection, type TrainingPlan, type TrainingRequest } from './request.js';
export {
  constantRate,
  cosineDecay,
  cyclic,
  findSchedule,
  piecewiseDecay,
  type Schedule,
  type ScheduleDefinition,
  schedules,
  staircaseDecay,
  withWarmUp,
} from './schedules.js';
export { type Algorithm1Options, type EpsilonDistribution, algorithm1, stepLlUpTo } from './schemes/algorithm1.js';
export type { SchemeDefinition, SchemeResources, SchemeUse } from './schemes/definition.js';
export { createScheme, findScheme, schemes } from './schemes/registry.js';
export { standard } from './schemes/standard.js';
export { type Checkpoint, type SessionOptions, TrainingSession } from './session.js';
export { type EpochReport, type TrainingOptions, train } from './train.js';
export { type ResumePoint, type TrainedSegment, Trainer, type TrainingStatistics } from './trainer.js';
export { NO_REGULARISATION, type Optimizer, type Regularisation, type TrainingScheme } from './types.js';
export { mayStop, type Outcome, type StoppingRules, type ValidationPoint } from './validation.js';
