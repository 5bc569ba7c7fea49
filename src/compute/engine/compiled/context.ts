import type { Counters } from '../statistics.js';
import type { MicroBatchSizeCache } from './micro-batch-size-cache.js';
import type { Target } from './emitter.js';
import type { ModelCache } from './model-cache.js';
import type { MemoryBudget } from '../../memory/index.js';
import type { SessionWorker } from './runtime/session-worker.js';

/** What compiled functions and programs of an engine have in common. */
export interface CompiledContext {
  readonly target: Target;
  readonly threads: number;
  readonly microBatch?: number;
  readonly profile?: string;
  readonly chosenSizes: MicroBatchSizeCache;
  readonly models: ModelCache;
  readonly workers: readonly SessionWorker[];
  readonly counters: Counters;
  readonly memory: MemoryBudget;
}
