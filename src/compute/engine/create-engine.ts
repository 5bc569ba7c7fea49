/** Engines: how a tensor function written with TensorFlow.js is run. See types.ts for the contract. @module */
import { ComputeError } from '../errors.js';
import { createAutomatically } from './automatic.js';
import { CompiledEngine, unavailable } from './compiled/engine.js';
import { createEagerEngine } from './eager/engine.js';
import { ENGINE_NAMES } from './names.js';
import { passesSelfTest } from './self-test.js';
import type { Engine, EngineName, EngineOptions } from './types.js';

/**
 * Makes the engine that the options name. The caller disposes of it.
 * @throws ComputeError ENGINE_UNAVAILABLE, with what to do, where a named engine cannot run here.
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const engine = await (options.engine === 'auto' ? createAutomatically(options, createNamed) : createNamed(options.engine, options));
  options.log?.('info', `Engine: ${engine.description.label}`);
  return engine;
}

async function createNamed(name: Exclude<EngineName, 'auto'>, options: EngineOptions): Promise<Engine> {
  switch (name) {
    case 'eager:cpu':
    case 'eager:tfjs-node':
    case 'eager:tfjs-node-gpu':
      return createEagerEngine(name, options);
    case 'compiled:cpu':
    case 'compiled:cuda':
    case 'compiled:webgpu':
      return createCompiled(name.slice('compiled:'.length), options);
    default:
      throw unknownEngine(name);
  }
}

/** Names come from configuration, past the type checker. */
function unknownEngine(name: never): ComputeError {
  return new ComputeError('ENGINE_UNAVAILABLE', `There is no engine "${String(name)}". Choose one of ${ENGINE_NAMES.join(', ')}.`);
}

/** A GPU provider shows only when a session is made whether it is there, so it must prove itself. */
async function createCompiled(provider: string, options: EngineOptions): Promise<Engine> {
  const engine = await CompiledEngine.create(provider, options);
  if (provider === 'cpu') return engine;
  try {
    await passesSelfTest(engine);
    return engine;
  } catch (cause) {
    await engine.dispose();
    throw unavailable(provider, cause);
  }
}
