/**
 * TensorFlow's kernels refuse some of what the `cpu` backend, the reference, computes: padding by numbers and strides that differ, for example. Here such calls are
 * made of others, in kernels that replace those of the package. A call that TensorFlow takes reaches it unchanged. One more kernel is one entry in one of the tables.
 * @module
 */
import { tf } from '../../tensorflow.js';
import { convolutions } from './convolutions.js';
import type { Kernel, LoweringTable } from './lowering.js';
import { pooling } from './pooling.js';
import { onReference } from './reference.js';
import { resizing } from './resizing.js';
import { types } from './types.js';

const LOWERINGS: LoweringTable = { ...convolutions, ...pooling, ...resizing, ...types };

const asTensor = (info: tf.TensorInfo) => (info instanceof tf.Tensor ? info : tf.engine().makeTensorFromTensorInfo(info));

/** Replaces kernels of a backend by their lowered forms, and has those that it lacks computed by the reference. */
export function lowerKernels(backendName: string): void {
  for (const [kernelName, lowering] of Object.entries(LOWERINGS)) {
    const { kernelFunc } = tf.getKernel(kernelName, backendName);
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc({ inputs, attrs, backend }) {
        const own: Kernel = (given, attributes) =>
          asTensor(kernelFunc({ inputs: given, attrs: attributes as tf.NamedAttrMap, backend }) as tf.TensorInfo);
        // What is between the inputs and the result is not kept until the whole function ends.
        return tf.tidy(() => lowering(inputs as tf.NamedTensorMap, attrs ?? {}, own));
      },
    });
  }
  const has = new Set(tf.getKernelsForBackend(backendName).map(({ kernelName }) => kernelName));
  for (const kernel of tf.getKernelsForBackend('cpu')) {
    if (!has.has(kernel.kernelName)) tf.registerKernel({ ...onReference(kernel), backendName });
  }
}
