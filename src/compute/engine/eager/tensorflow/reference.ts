/** Kernels that the package does not have, such as histograms of rows: computed by the `cpu` backend on copies of their values. @module */
import { tf } from '../../tensorflow.js';

/** The kernel of another backend that has the reference's compute. */
export function onReference({ kernelName, kernelFunc }: tf.KernelConfig): Omit<tf.KernelConfig, 'backendName'> {
  return {
    kernelName,
    kernelFunc({ inputs, attrs, backend }) {
      const here = backend as tf.KernelBackend;
      const cpu = tf.findBackend('cpu');
      const copies = Object.entries(inputs).map(([name, tensor]) => [name, copy(here, cpu, tensor!)] as const);
      const returned = kernelFunc({ inputs: Object.fromEntries(copies), attrs: attrs!, backend: cpu });
      const results = [returned].flat();
      const outputs = results.map((result) => copy(cpu, here, result));
      for (const { dataId } of [...copies.map(([, tensor]) => tensor), ...results]) cpu.disposeData(dataId);
      return Array.isArray(returned) ? outputs : outputs[0]!;
    },
  };
}

function copy(from: tf.KernelBackend, to: tf.KernelBackend, { dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  return { dataId: to.write(from.readSync(dataId), shape, dtype), shape, dtype };
}
