/** From pixels as everyone gives them to what a network takes that runs elsewhere. @module */
import type { HostTensor } from '../../tensors/index.js';
import { affineOf } from '../preprocess.js';
import type { Layout } from '../layout.js';
import type { ModelSpec } from '../types.js';

export type Preprocessing = Omit<ModelSpec, 'classCount'>;

/**
 * What `preprocess` does inside of models, on the host, and the order of the axes.
 * @param images `[n, height, width, channels]`, pixels in [0, 1], RGB. @returns `[n, channels, height, width]` or `[n, height, width, channels]`.
 */
export function networkInput(spec: Preprocessing, layout: Layout, { shape, data }: HostTensor): HostTensor {
  const [n = 0, height = 0, width = 0, channels = 0] = shape;
  const { scale, shift } = affineOf(spec);
  const isReversed = spec.channelOrder === 'BGR' && channels === 3;
  const area = height * width;
  const result = new Float32Array(data.length);
  for (let image = 0; image < n; image++) {
    const start = image * area * channels;
    for (let pixel = 0; pixel < area; pixel++) {
      for (let channel = 0; channel < channels; channel++) {
        const value = data[start + pixel * channels + (isReversed ? channels - 1 - channel : channel)]!;
        const at = layout === 'CHANNELS_FIRST' ? channel * area + pixel : pixel * channels + channel;
        result[start + at] = value * scale[channel]! + shift[channel]!;
      }
    }
  }
  return {
    dtype: 'float32',
    shape: layout === 'CHANNELS_FIRST' ? [n, channels, height, width] : [n, height, width, channels],
    data: result,
  };
}
