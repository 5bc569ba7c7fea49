/** The one place that loads TensorFlow.js for engines: core, every gradient, and a switch of backend that is always undone. @module */
import * as tf from '@tensorflow/tfjs-core';
import './gradients/index.js';
import { asHostData, type HostTensor, type HostTensors, type Tensors } from '../tensors/index.js';

export { tf };

// Otherwise the cpu backend prints an advertisement for tfjs-node when it is first used.
tf.enableProdMode();

/**
 * Runs `fn` with a registered backend active and restores what was active before. `fn` is synchronous: no other code of this thread
 * sees the switched backend.
 */
function withBackend<T>(backend: string, fn: () => T): T {
  const previous = tf.engine().backendName;
  if (previous === backend) return fn();
  activate(backend);
  try {
    return fn();
  } finally {
    if (previous) activate(previous);
  }
}

/** `withBackend` that also disposes of every tensor made in `fn`; what it returns holds no tensors. */
export function computeOn<T>(backend: string, fn: () => T): T {
  return withBackend(backend, () => {
    tf.engine().startScope();
    try {
      return fn();
    } finally {
      tf.engine().endScope();
    }
  });
}

/** `setBackend` is asynchronous by its type only: with a backend whose factory is synchronous the switch has happened when it returns. */
function activate(backend: string): void {
  void tf.setBackend(backend);
}

/** A tensor of the active backend that holds a copy of, or a view on, the host values. */
export function toTensor(host: HostTensor): tf.Tensor {
  return tf.tensor(host.data as tf.TypedArray, host.shape as number[], host.dtype);
}

export function toTensors(hosts: HostTensors): Tensors {
  return Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, toTensor(host)]));
}

/** Copies a tensor's values out of the backend. */
export function toHost(tensor: tf.Tensor): HostTensor {
  const dtype = tensor.dtype as HostTensor['dtype'];
  return { dtype, shape: tensor.shape, data: asHostData(tensor.dataSync().slice(), dtype) };
}

export function toHosts(tensors: Tensors): HostTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toHost(tensor)]));
}
