import base from './vitest.config.js';

/**
 * The engine's tests, gradients of every operator, files of ONNX' and Keras' own tests, and, in records of before, every attack, scheme and importer: on TensorFlow's
 * kernels. GAUNTLET_TEST_WHOLE takes all records, and third parties' networks, for which a processor needs half an hour.
 */
const include = [
  'dist/tests/engine/{architectures,convolution,elementwise,networks,reductions-shapes,tensorflow,training}.test.js',
  'dist/tests/compute/{dilated-convolutions,onnx-comparison,onnx-node,operator-gradients,reported-files}.test.js',
  'dist/tests/compute/keras/written-by-keras.test.js',
  'dist/tests/golden/golden.test.js',
  ...(process.env.GAUNTLET_TEST_WHOLE === 'true' ? ['dist/tests/compute/third-party-models.whole.test.js'] : []),
];

export default { ...base, test: { ...base.test, include, exclude: [], hookTimeout: 3_000_000 } };
