import base from './vitest.config.js';

/** Artifacts, uploads, models, images and checkpoints on an object store, and the store cut off. The rest, with GAUNTLET_TEST_S3_ALL=true, takes ten minutes more. */
const short = [
  'dist/tests/storage/{artifacts,artifact-rows,installation,stored-datasets,sweep}.test.js',
  'dist/tests/server/{imports,lost-artifacts,store-cut-off,stored-datasets,training,uploads}.test.js',
  'dist/tests/chaos/{remote-worker,training}.test.js',
];
const more = [
  'dist/tests/server/{bad-input,black-box-models,destruction,evaluation,exports,limits,model-formats,studies,training-submitted,transfer,validation}.test.js',
  'dist/tests/chaos/*.test.js',
];

export default {
  ...base,
  test: { ...base.test, include: process.env.GAUNTLET_TEST_S3_ALL === 'true' ? [...short, ...more] : short, exclude: [] },
};
