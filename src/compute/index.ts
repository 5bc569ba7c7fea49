/** `compute` as a library: robustness of image classifiers, without GraphQL, database or jobs. @module */
export * from './errors.js';
export * from './random.js';
export { createEngine } from './engine/index.js';
export type * from './engine/types.js';
export type * from './tensors/types.js';
export type * from './parameters/descriptions.js';
export { openDataset, datasetFormats, findDatasetFormat } from './data/registry.js';
export * from './data/types.js';
export { loadLayersModel, layersModel, type LayersDifferentiableModel } from './models/layers-model.js';
export { loadModel } from './models/load.js';
export { onnxFile } from './models/save-onnx.js';
export { saveLayersModel } from './models/save.js';
export { modelCard } from './models/card.js';
export { predict } from './models/functions.js';
export {
  architectures,
  buildArchitecture,
  findArchitecture,
  type Architecture,
  type BuildOptions,
} from './models/architectures/registry.js';
export * from './models/types.js';
export { attacks, findAttack } from './attacks/registry.js';
export { validateParameters } from './parameters/validate.js';
export type * from './attacks/core/definition.js';
export { evaluateShard, type EvaluationShard } from './evaluation/attack.js';
export { certifyShard, type Certificates, type Smoothing, type SmoothedShard } from './evaluation/certify.js';
export { train, type EpochReport, type TrainingOptions } from './training/train.js';
export { TrainingSession, type Checkpoint, type SessionOptions } from './training/session.js';
export * from './training/schedules.js';
export { createScheme, findScheme, schemes } from './training/schemes/registry.js';
export type * from './training/schemes/definition.js';
export { algorithm1, stepLlUpTo, type Algorithm1Options } from './training/schemes/algorithm1.js';
export { standard } from './training/schemes/standard.js';
export { findOptimizer, optimizers } from './training/optimizers/registry.js';
export { adam } from './training/optimizers/adam.js';
export { adamw } from './training/optimizers/adamw.js';
export { nesterov } from './training/optimizers/nesterov.js';
export { rmsprop } from './training/optimizers/rmsprop.js';
export { sgd } from './training/optimizers/sgd.js';
export type { Optimizer, Regularisation, TrainingScheme } from './training/types.js';
export type { Augmentation } from './training/minibatch.js';
export { wilson, type Proportion } from './statistics/proportion.js';
export { mcnemar, mcnemarExact, type McNemar } from './statistics/mcnemar.js';
export { distortions, type Distortions } from './distances/lp.js';
export { createCompute, type ComputeOptions } from './host/compute.js';
export type * from './host/types.js';
