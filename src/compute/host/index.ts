/** Compute for callers outside of the process that computes. @module */
export { type ComputeOptions, createCompute } from './compute.js';
export { Endpoints } from './endpoints.js';
export { ComputeService } from './service.js';
export type * from './types.js';
export type { CandidateData, CheckRequest } from './trial-examples.js';
