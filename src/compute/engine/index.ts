/** Engines: how a tensor function written with TensorFlow.js is run. See types.ts for the contract. @module */
import { ComputeError } from '../errors.js';
import { createEagerEngine } from './eager/engine.js';
import type { Engine, EngineOptions } from './types.js';

export type * from './types.js';

/**
 * Makes the engine that the options name. The caller disposes of it.
 * @throws ComputeError ENGINE_UNAVAILABLE, with what to do, where a named engine cannot run here.
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  switch (options.engine) {
    case 'auto':
      return createEagerEngine('eager:cpu', options.microBatch);
    case 'eager:cpu':
    case 'eager:tfjs-node':
    case 'eager:tfjs-node-gpu':
      return createEagerEngine(options.engine, options.microBatch);
    default:
      throw new ComputeError('ENGINE_UNAVAILABLE', `Engine ${options.engine} is not available in this build; choose eager:cpu.`);
  }
}
