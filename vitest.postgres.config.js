import base from './vitest.config.js';

/** Their promises are about files, formats, numbers and HTTP, and they reach the database only by way of what the others test. */
const independentOfDatabase = [
  'dist/tests/storage/{archive,artifacts,lock}.test.js',
  'dist/tests/server/results/*.test.js',
  'dist/tests/server/{black-box-models,certification,client,command-line,composite,config,destruction,exports,http,imports}.test.js',
  'dist/tests/chaos/{certification,client,training}.test.js',
  'dist/tests/server/{model-formats,schema,training,training-submitted,validation}.test.js',
  'dist/tests/server/{clean-check,command-line-jobs.whole,connections.whole,corruptions.whole,dataset-process.whole,foreign-models,fuzz-schema,inspect-model}.test.js',
  'dist/tests/server/{malformed-datasets,model-downloads,tracing.whole,uploaded-datasets,uploaded-datasets-used.whole}.test.js',
];

// What depends on SQL, transactions, locks, the queue or several connections at once, and every file that is not known not to.
export default {
  ...base,
  test: { ...base.test, include: ['dist/tests/{storage,server,chaos}/**/*.test.js'], exclude: independentOfDatabase },
};
