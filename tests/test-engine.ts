/** The engine of tests that are about something else, compiled by default. @module */
import { join } from 'node:path';
import { createEngine } from '../src/compute/engine/create-engine.js';
import type { Engine, EngineName, EngineOptions } from '../src/compute/engine/types.js';

/** What was compiled, for all tests of a run. */
export const sharedCache = () => join(process.env.GAUNTLET_TEST_TEMPLATES!, 'compiled');

/** What tests compare with the reference, and run what is about something else on; `npm run test:tensorflow` sets it to an eager engine. */
export const ENGINE_UNDER_TEST = (process.env['GAUNTLET_TEST_ENGINE'] ?? 'compiled:cpu') as EngineName;

/** Of one thread, as test files run beside each other, and a size of micro-batches that need not be measured for every function. */
export const TEST_ENGINE = { engine: ENGINE_UNDER_TEST, threads: 1, microBatch: 16, cacheSize: 100 } as const satisfies EngineOptions;

const engines = new Map<string, Promise<Engine>>();

/** One for all tests of this process that want it alike: disposing of it leaves it to the others. */
export async function testEngine(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const wanted = { ...TEST_ENGINE, cacheDirectory: sharedCache(), ...options };
  const key = JSON.stringify(wanted);
  let engine = engines.get(key);
  if (!engine) engines.set(key, (engine = createEngine(wanted)));
  return Object.assign(Object.create(await engine) as Engine, { dispose: () => Promise.resolve() });
}
