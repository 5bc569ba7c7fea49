/** `tf.image.resize` of TensorFlow, whose gradient TensorFlow.js has for square images alone. @module */
import type * as tf from '@tensorflow/tfjs-core';
import { resizeAxis, type Style } from './resampling.js';

/** Where pixels lie: TensorFlow 2 counts their centres (`half_pixel`). */
export type Coordinates = 'half_pixel' | 'asymmetric' | 'align_corners';

const MODES = { nearest: 'nearest', bilinear: 'linear', bicubic: 'cubic' };

/** @param x `[batch, height, width, channels]`. */
export function resizeImages(
  x: tf.Tensor,
  [height, width]: readonly [number, number],
  method: keyof typeof MODES,
  coordinates: Coordinates = 'half_pixel',
): tf.Tensor {
  const style: Style = {
    mode: MODES[method],
    // The nearest pixel is the one that the position lies in.
    coordinates: method === 'nearest' && coordinates === 'half_pixel' ? 'tf_half_pixel_for_nn' : coordinates,
    nearest: coordinates === 'align_corners' ? 'round_prefer_ceil' : 'floor',
    cubicCoefficient: coordinates === 'half_pixel' ? -0.5 : -0.75,
    excludeOutside: coordinates === 'half_pixel',
    isAntialiased: false,
    arithmetic: 'PRODUCT',
    // TensorFlow has the weights of its third powers in a table.
    places: method === 'bicubic' ? 1024 : undefined,
  };
  return [height, width].reduce((y, to, i) => {
    const from = x.shape[i + 1]!;
    return resizeAxis(y, i + 1, { from, to, scale: to / from }, style);
  }, x);
}
