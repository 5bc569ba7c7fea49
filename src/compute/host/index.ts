/** Compute for callers outside of the process that computes, and what such processes may reach. @module */
export { type ComputeOptions, createCompute } from './compute.js';
export { ConfinedProcess } from './process/confined-process.js';
export { Endpoints } from './process/endpoints.js';
export { NO_SANDBOX, openSandbox, type Sandbox, type SandboxName, SANDBOXES } from './process/sandbox.js';
export { ComputeService } from './service.js';
export type * from './types.js';
export type { CandidateData } from './trial-examples.js';
