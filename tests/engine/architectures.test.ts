import { describe, it } from 'vitest';
import { expectSame, floats, tf, withGradient } from './helpers.js';

/** Building blocks of well-known families, forward and backward, as their layers call tfjs. */
const weights = (shape: number[], seed: number, scale = 0.4) => tf.mul(tf.tensor(floats(shape, seed).data as Float32Array, shape), scale);
const conv = (x: tf.Tensor, k: number | [number, number], cout: number, seed: number, stride = 1, pad: 'same' | 'valid' = 'same') => {
  const [kh, kw] = typeof k === 'number' ? [k, k] : k;
  return tf.conv2d(x as tf.Tensor4D, weights([kh, kw, x.shape[3]!, cout], seed) as tf.Tensor4D, stride, pad);
};
const depthwise = (x: tf.Tensor, k: number, seed: number, stride = 1) =>
  tf.depthwiseConv2d(x as tf.Tensor4D, weights([k, k, x.shape[3]!, 1], seed) as tf.Tensor4D, stride, 'same');
const norm = (x: tf.Tensor, seed: number) => tf.add(tf.mul(x, tf.add(weights([x.shape[3]!], seed), 1)), weights([x.shape[3]!], seed + 1));
const swish = (x: tf.Tensor) => tf.mul(x, tf.sigmoid(x));
const hardSigmoid = (x: tf.Tensor) => tf.div(tf.relu6(tf.add(x, 3)), 6);
const hardSwish = (x: tf.Tensor) => tf.mul(x, hardSigmoid(x));
const squeezeExcite = (x: tf.Tensor, act: (x: tf.Tensor) => tf.Tensor, gate: (x: tf.Tensor) => tf.Tensor) =>
  tf.mul(x, gate(conv(act(conv(tf.mean(x, [1, 2], true), 1, 8, 70)), 1, x.shape[3]!, 71)));

const layerNorm = (x: tf.Tensor, seed: number) => {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(
    tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), tf.add(weights([x.shape[2]!], seed), 1)),
    weights([x.shape[2]!], seed + 1),
  );
};
const gelu = (x: tf.Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1));
const dense = (x: tf.Tensor, units: number, seed: number) => {
  const flat = tf.reshape(x, [-1, x.shape[x.rank - 1]!]);
  return tf.reshape(tf.add(tf.matMul(flat, weights([flat.shape[1]!, units], seed)), weights([units], seed + 1)), [
    ...x.shape.slice(0, -1),
    units,
  ]);
};

function attention(x: tf.Tensor, heads: number): tf.Tensor {
  const [n, tokens, width] = x.shape as [number, number, number];
  const split = (seed: number) => tf.transpose(tf.reshape(dense(x, width, seed), [n, tokens, heads, width / heads]), [0, 2, 1, 3]);
  const scores = tf.softmax(tf.mul(tf.matMul(split(40), split(42), false, true), 1 / Math.sqrt(width / heads)));
  return dense(tf.reshape(tf.transpose(tf.matMul(scores, split(44)), [0, 2, 1, 3]), [n, tokens, width]), width, 46);
}

const networks: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  'MobileNet v1': (x) => tf.relu6(norm(conv(tf.relu6(norm(depthwise(tf.relu6(norm(conv(x, 3, 32, 1, 2), 2)), 3, 3, 1), 4)), 1, 64, 5), 6)),
  'MobileNet v2': (x) => {
    const stem = norm(conv(x, 3, 24, 1, 2), 2);
    const wide = tf.relu6(norm(conv(stem, 1, 144, 3), 4));
    const first = tf.add(stem, norm(conv(tf.relu6(norm(depthwise(wide, 3, 5), 6)), 1, 24, 7), 8));
    return norm(conv(tf.relu6(norm(depthwise(tf.relu6(norm(conv(first, 1, 144, 9), 10)), 3, 11, 2), 12)), 1, 32, 13), 14);
  },
  'MobileNet v3': (x) => {
    const stem = hardSwish(norm(conv(x, 3, 16, 1, 2), 2));
    return norm(
      conv(squeezeExcite(hardSwish(norm(depthwise(hardSwish(norm(conv(stem, 1, 64, 3), 4)), 5, 5, 2), 6)), tf.relu, hardSigmoid), 1, 24, 7),
      8,
    );
  },
  EfficientNet: (x) => {
    const stem = swish(norm(conv(x, 3, 32, 1, 2), 2));
    const block = norm(conv(squeezeExcite(swish(norm(depthwise(stem, 3, 5), 6)), swish, tf.sigmoid), 1, 32, 7), 8);
    return tf.add(stem, block);
  },
  DenseNet: (x) => {
    let y = conv(x, 3, 16, 1);
    for (let i = 0; i < 3; i++) y = tf.concat([y, conv(tf.relu(norm(conv(tf.relu(norm(y, 2 + i)), 1, 32, 5 + i), 9)), 3, 12, 15 + i)], 3);
    return tf.avgPool(conv(tf.relu(norm(y, 20)), 1, 26, 21) as tf.Tensor4D, 2, 2, 'valid');
  },
  Inception: (x) => {
    const stem = tf.maxPool(tf.relu(norm(conv(x, 3, 32, 1, 1, 'valid'), 2)) as tf.Tensor4D, 3, 2, 'valid');
    const branches = [
      tf.relu(norm(conv(stem, 1, 16, 3), 4)),
      tf.relu(norm(conv(tf.relu(norm(conv(tf.relu(norm(conv(stem, 1, 16, 5), 6)), [1, 7], 16, 7), 8)), [7, 1], 32, 9), 10)),
      tf.maxPool(stem as tf.Tensor4D, 3, 1, 'same'),
      tf.relu(norm(conv(stem, 1, 20, 11), 12)),
    ];
    return tf.concat(branches, 3);
  },
  VGG: (x) => {
    const features = tf.maxPool(tf.relu(conv(tf.relu(conv(x, 3, 16, 1)), 3, 16, 2)) as tf.Tensor4D, 2, 2, 'valid');
    return tf.relu(dense(tf.relu(dense(tf.reshape(features, [features.shape[0], -1]), 24, 3)), 10, 5));
  },
  ViT: (x) => {
    const patches = conv(x, 4, 32, 1, 4, 'valid');
    const n = patches.shape[0]!;
    const tokens = tf.concat([tf.tile(weights([1, 1, 32], 2), [n, 1, 1]), tf.reshape(patches, [n, -1, 32])], 1);
    let y = tf.add(tokens, weights([1, tokens.shape[1]!, 32], 3));
    y = tf.add(y, attention(layerNorm(y, 4), 4));
    y = tf.add(y, dense(gelu(dense(layerNorm(y, 6), 64, 8)), 32, 10));
    return dense(tf.reshape(tf.slice(layerNorm(y, 12), [0, 0, 0], [-1, 1, -1]), [n, 32]), 10, 14);
  },
};

describe('the compiled engine computes as the reference does the blocks of', () => {
  for (const [name, network] of Object.entries(networks)) {
    it(name, () => expectSame(withGradient(network), { x: floats([2, 12, 12, 3]) }, 1e-4));
  }
});
