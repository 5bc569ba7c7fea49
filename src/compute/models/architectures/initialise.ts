/** Initial values of variables, from a seed of ours: the same on every machine and engine. @module */
import { type HostTensor, type HostTensors, sizeOf } from '../../tensors/index.js';
import { randomStream } from '../../random.js';

/**
 * He initialisation (He et al. 2015, arXiv 1502.01852) of kernels, N(0, 2 / fan-in); ones for scales and variances; zeros for the rest.
 * @param shapes of the variables by name, such as `conv1/kernel`.
 */
export function initialise(shapes: Readonly<Record<string, readonly number[]>>, seed: number): HostTensors {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, initialValue(name, shape, seed)]));
}

function initialValue(name: string, shape: readonly number[], seed: number): HostTensor {
  const data = new Float32Array(sizeOf(shape));
  const kind = name.split('/').at(-1);
  if (kind === 'kernel' || kind === 'depthwise_kernel') {
    // A depthwise filter [height, width, channels, multiplier] reads one channel.
    const deviation = Math.sqrt(2 / sizeOf(shape.slice(0, kind === 'kernel' ? -1 : 2)));
    const stream = randomStream(seed, `initialise.${name}`, 0);
    for (let i = 0; i < data.length; i++) data[i] = deviation * stream.normal();
  } else if (kind === 'gamma' || kind === 'moving_variance') {
    data.fill(1);
  }
  return { dtype: 'float32', shape, data };
}
