/** The memory that computing takes: measured, kept to a budget, and given back. @module */
export { MemoryBudget, type Holding, type MemoryKind, type MemoryStatistics } from './budget.js';
export { bytesInWords, defaultBudget } from './limits.js';
export { collectGarbage, residentBytes, returnFreedMemory, shareHeaps } from './resident.js';
