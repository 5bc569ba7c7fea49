/** Choosing an engine: the first that loads and passes the self-test. @module */
import { existsSync } from 'node:fs';
import { ComputeError } from '../errors.js';
import { passesSelfTest } from './self-test.js';
import type { Engine, EngineName, EngineOptions } from './types.js';

type NamedEngine = Exclude<EngineName, 'auto'>;

/**
 * In the order of speed. `compiled:webgpu` is not among them: onnxruntime-node does not tell a GPU from a software adapter, on which it is
 * far slower than `compiled:cpu`. Choose it by name.
 */
const CANDIDATES: readonly { readonly name: NamedEngine; readonly isWorthTrying: () => boolean }[] = [
  { name: 'compiled:cuda', isWorthTrying: hasNvidiaDevice },
  { name: 'eager:tfjs-node-gpu', isWorthTrying: hasNvidiaDevice },
  { name: 'compiled:cpu', isWorthTrying: () => true },
  { name: 'eager:cpu', isWorthTrying: () => true },
];

/** Whether the NVIDIA driver shows a device; without one, trying its providers only costs time and prints errors. */
function hasNvidiaDevice(): boolean {
  return process.platform === 'win32' || existsSync('/dev/nvidia0') || existsSync('/dev/dxg');
}

export async function createAutomatically(
  options: EngineOptions,
  create: (name: NamedEngine, options: EngineOptions) => Promise<Engine>,
): Promise<Engine> {
  for (const { name, isWorthTrying } of CANDIDATES) {
    if (!isWorthTrying()) continue;
    let engine: Engine | undefined;
    try {
      engine = await create(name, options);
      await passesSelfTest(engine);
      return engine;
    } catch (error) {
      await engine?.dispose();
      options.log?.('warn', `Engine ${name} is not used: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new ComputeError('ENGINE_UNAVAILABLE', 'No engine passes the self-test on this machine; the log has the reasons.');
}
