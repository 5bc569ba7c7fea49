/** Inception v3 (Szegedy et al. 2015) with its widths scaled by ρ, as Kurakin et al. 2016 do, one module of each kind. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Builder, Network } from './builder.js';

const RHO = 1 / 8;

type Kernel = number | readonly [number, number];

function unit(b: Builder, x: tf.Tensor, width: number, kernel: Kernel, stride = 1, pad: 'same' | 'valid' = 'same'): tf.Tensor {
  return tf.relu(b.tfjsNorm(b.conv(x, Math.round(RHO * width), kernel, { stride, pad })));
}

function units(b: Builder, x: tf.Tensor, layers: readonly (readonly [number, Kernel])[]): tf.Tensor {
  return layers.reduce((y, [width, kernel]) => unit(b, y, width, kernel), x);
}

/** 3 × 3, stride 1, same size; a border's average is over the pixels that there are. */
type AveragePool = (x: tf.Tensor4D) => tf.Tensor4D;

const averagePool: AveragePool = (x) => tf.avgPool(x, 3, 1, 'same');

/** The same values with the gradient that they have: tfjs's own gradient divides by the whole window at borders too. */
const averageBySums: AveragePool = (x) => {
  const sums = (y: tf.Tensor4D) => tf.depthwiseConv2d(y, tf.ones([3, 3, y.shape[3], 1]), 1, 'same');
  return tf.div(sums(x), sums(tf.onesLike(x)));
};

const halved = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'valid');

/** Figure 5: 1 × 1, 5 × 5, two 3 × 3, and average pooling. */
const moduleA = (b: Builder, x: tf.Tensor, average: AveragePool) =>
  tf.concat(
    [
      unit(b, x, 64, 1),
      units(b, x, [
        [48, 1],
        [64, 5],
      ]),
      units(b, x, [
        [64, 1],
        [96, 3],
        [96, 3],
      ]),
      unit(b, average(x as tf.Tensor4D), 32, 1),
    ],
    3,
  );

/** To half the height and width. */
const reduction = (b: Builder, x: tf.Tensor) => {
  const double = units(b, x, [
    [64, 1],
    [96, 3],
  ]);
  return tf.concat([unit(b, x, 384, 3, 2, 'valid'), unit(b, double, 96, 3, 2, 'valid'), halved(x)], 3);
};

/** Figure 6: 7 × 7 as 1 × 7 and 7 × 1. */
const moduleB = (b: Builder, x: tf.Tensor, average: AveragePool) =>
  tf.concat(
    [
      unit(b, x, 192, 1),
      units(b, x, [
        [128, 1],
        [128, [1, 7]],
        [192, [7, 1]],
      ]),
      units(b, x, [
        [128, 1],
        [128, [7, 1]],
        [128, [1, 7]],
        [128, [7, 1]],
        [192, [1, 7]],
      ]),
      unit(b, average(x as tf.Tensor4D), 192, 1),
    ],
    3,
  );

/** Figure 7: 3 × 3 as 1 × 3 beside 3 × 1. */
const moduleC = (b: Builder, x: tf.Tensor, average: AveragePool) => {
  const one = unit(b, x, 384, 1);
  const two = units(b, x, [
    [448, 1],
    [384, 3],
  ]);
  const split = (y: tf.Tensor) => [unit(b, y, 384, [1, 3]), unit(b, y, 384, [3, 1])];
  return tf.concat([unit(b, x, 320, 1), ...split(one), ...split(two), unit(b, average(x as tf.Tensor4D), 192, 1)], 3);
};

/** The main scores plus 0.4 of the auxiliary head's, so that one gradient goes through both. */
const inception =
  (average: AveragePool): Network =>
  (b, image) => {
    let x = unit(b, image, 32, 3, 2, 'valid');
    x = unit(b, x, 32, 3, 1, 'valid');
    x = halved(unit(b, x, 64, 3));
    x = moduleA(b, unit(b, x, 80, 1), average);
    x = moduleB(b, reduction(b, x), average);
    const pooled = tf.avgPool(x as tf.Tensor4D, 3, 2, 'valid');
    const auxiliary = b.head(unit(b, unit(b, pooled, 128, 1), 768, 2, 1, 'valid'));
    return tf.add(b.head(moduleC(b, x, average)), tf.mul(auxiliary, 0.4));
  };

export const inceptionV3 = inception(averagePool);
export const inceptionV3Reference = inception(averageBySums);
