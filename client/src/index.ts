/** Typed client of a Gauntlet server. @module */
export {
  accepted,
  Gauntlet,
  type Dataset,
  type Evaluation,
  type GauntletOptions,
  type IdOrName,
  type Job,
  type Benchmark,
  type BenchmarkRank,
  type Leaderboard,
  type Model,
  type Transfer,
  type WaitOptions,
} from './gauntlet.js';
export { GauntletError, RefusedError } from './errors.js';
export { ConnectedFunction, type Classifier } from './function.js';
export type { UploadOptions } from './upload.js';
export * from './generated.js';
