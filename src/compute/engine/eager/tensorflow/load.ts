/** Loads TensorFlow.js' backend on TensorFlow's own kernels, and has it compute what the `cpu` backend does. @module */
import { createRequire } from 'node:module';
import { registerGradients } from '../../gradients/index.js';
import { tf } from '../../tensorflow.js';
import { lowerKernels } from './lower.js';

const BACKEND = 'tensorflow';
const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu';

/** As far as it is used: what a compiled binding and the package's class of backends offer. */
interface TensorflowBackend extends tf.KernelBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}
type TensorflowBackendClass = new (binding: unknown, packageName: string) => TensorflowBackend;

/**
 * Registers the backend, once. It is that of the named package with its own binding, or with the one that `scripts/with-tensorflow.sh` made.
 * @returns the version of TensorFlow.
 * @throws Error where package, binding, library or, for the package of that name, GPU is missing.
 */
export async function loadTensorflow(packageName: string): Promise<Record<string, string>> {
  if (!(BACKEND in tf.engine().registryFactory)) {
    // The script runs any command, so what it made is named by the environment, as libraries are.
    const binding = process.env['GAUNTLET_TENSORFLOW_BINDING'];
    await (binding ? registerBackend(binding, packageName) : import(packageName));
    // The packages bring gradients of their own, and the lowered kernels need the reference.
    await import('@tensorflow/tfjs-backend-cpu');
    registerGradients();
    lowerKernels(BACKEND);
  }
  const { isUsingGpuDevice, binding } = tf.findBackend(BACKEND) as TensorflowBackend;
  if (packageName === GPU_PACKAGE && !isUsingGpuDevice) throw new Error('TensorFlow finds no GPU.');
  return { tensorflow: binding.TF_Version };
}

/** As the package's entry does it, which knows one place for the binding. Both packages have the same JavaScript. */
async function registerBackend(binding: string, packageName: string): Promise<void> {
  await import(`${GPU_PACKAGE}/dist/register_all_kernels.js`);
  const { NodeJSKernelBackend } = (await import(`${GPU_PACKAGE}/dist/nodejs_kernel_backend.js`)) as {
    NodeJSKernelBackend: TensorflowBackendClass;
  };
  const native: unknown = createRequire(import.meta.url)(binding);
  tf.registerBackend(BACKEND, () => new NodeJSKernelBackend(native, packageName));
}
