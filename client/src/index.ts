/** Typed client of a Gauntlet server. @module */
export {
  accepted,
  Gauntlet,
  type Dataset,
  type Evaluation,
  type GauntletOptions,
  type IdOrName,
  type Job,
  type Leaderboard,
  type Model,
  type Transfer,
  type WaitOptions,
} from './gauntlet.js';
export { GauntletError, RefusedError } from './errors.js';
export type { UploadOptions } from './upload.js';
export * from './generated.js';
