/** Processes that open strangers' files, and what they may reach. @module */
export { closedError, ConfinedProcess, type ConfinedProcessOptions, sweepScratch } from './confined-process.js';
export { NO_SANDBOX, openSandbox, type Sandbox, SANDBOXES } from './sandbox.js';
