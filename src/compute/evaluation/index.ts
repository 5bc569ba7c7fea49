/** What measures a shard of a data set: attacks, imported images, transformations, certificates, predictions, diagnostics. @module */
export { type AttackedShard, type EvaluationShard, type ImportedShard, evaluateShard } from './attack.js';
export {
  ABSTAINED,
  CERTIFICATION_METHODS,
  type CertificationMethod,
  isBounds,
  largestRadius,
  normOf,
  type Certificates,
  type CertifiedShard,
  type SmoothedShard,
  type Smoothing,
  certifyShard,
} from './certify.js';
export type { AttackProgress } from '../attacks/index.js';
export { CALIBRATION_BINS, calibrationBin, ClassBinCounter, type ClassBins } from './class-bins.js';
export { CleanShards } from './clean.js';
export { defaultJudging } from './default-judging.js';
export { type Diagnostics, isRandom, joinDiagnostics } from './diagnostics.js';
export { imageSource, imported } from './image-sources.js';
export { type ImportedImages, importImages } from './imported-images.js';
export type { PhaseSeconds } from './phases.js';
export { type PredictedShard, type Predictions, predictImages } from './predict.js';
export { Preparations } from './preparations.js';
export type { ShardResult } from './shard-result.js';
export { type TransformedPredictions, type TransformedShard, predictTransformed } from './transform.js';
export { isNearChance } from './near-chance.js';
