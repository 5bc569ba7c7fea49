/** TensorFlow.js' backends, by the engine that runs on them: loaded when the engine is made. @module */
import { ComputeError } from '../../errors.js';
import { tf } from '../tensorflow.js';
import { packageVersions } from '../versions.js';
import { loadTensorflow } from './tensorflow/load.js';

export type EagerEngineName = 'eager:cpu' | 'eager:tfjs-node' | 'eager:tfjs-node-gpu';

export interface EagerBackend {
  /** The name under which it is registered. */
  readonly backend: string;
  readonly versions: Readonly<Record<string, string>>;
}

const BACKENDS = {
  'eager:cpu': { backend: 'cpu', packageName: '@tensorflow/tfjs-backend-cpu', load: loadCpu },
  'eager:tfjs-node': { backend: 'tensorflow', packageName: '@tensorflow/tfjs-node', load: loadTensorflow },
  'eager:tfjs-node-gpu': { backend: 'tensorflow', packageName: '@tensorflow/tfjs-node-gpu', load: loadTensorflow },
} as const;

async function loadCpu(): Promise<Record<string, string>> {
  await import('@tensorflow/tfjs-backend-cpu');
  return {};
}

/** Registers the backend of an engine. @throws ComputeError ENGINE_UNAVAILABLE, with what to do, where it does not load. */
export async function loadBackend(name: EagerEngineName): Promise<EagerBackend> {
  const { backend, packageName, load } = BACKENDS[name];
  try {
    const versions = await load(packageName);
    await tf.ready();
    return { backend, versions: { ...packageVersions([packageName, '@tensorflow/tfjs-core']), ...versions } };
  } catch (cause) {
    const isGpu = name === 'eager:tfjs-node-gpu';
    throw new ComputeError(
      'ENGINE_UNAVAILABLE',
      `Engine ${name} does not load here: ${cause instanceof Error ? cause.message.split('\n')[0]! : String(cause)} Start Gauntlet by ` +
        `\`bash scripts/with-tensorflow.sh ${isGpu ? '--gpu ' : ''}npm start\`, which installs TensorFlow${isGpu ? ' and CUDA' : ''}, ` +
        `or \`npm install ${packageName} --ignore-scripts=false\`, or choose the engine compiled:cpu.`,
      undefined,
      { cause },
    );
  }
}
