/** Compute for callers on another thread: the interface and its transport. @module */
export { type ComputeOptions, createCompute } from './compute.js';
export { ComputeService } from './service.js';
export type * from './types.js';
export type { CandidateData } from './trial-examples.js';
