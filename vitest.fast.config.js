import base from './vitest.config.js';

/** What needs no server, no shipped model and no training: some thousand tests in seconds, for `npm run check`. */
const fast = [
  'dist/tests/engine/{elementwise,gradients,reductions-shapes}.test.js',
  'dist/tests/engine/rewrites/*.test.js',
  'dist/tests/golden/operators.test.js',
  'dist/tests/compute/{bad-models,data,graph-models,metrics,onnx-models,operator-gradients,random,similarity,statistics}.test.js',
  'dist/tests/server/{config,schema}.test.js',
  'dist/tests/server/results/{outcomes,ranking,worst-case}.test.js',
  'dist/tests/studies/*.test.js',
];

export default { ...base, test: { ...base.test, include: fast } };
