import { defineConfig } from 'vitest/config';

// Tests run as compiled by tsc (`npm test` builds first): the same JavaScript, decorator metadata and worker files that production runs.
export default defineConfig({
  test: {
    include: ['dist/tests/**/*.test.js'],
    // `npm run test:chaos`, `npm run test:deploy`, `npm run test:web` and `npm run test:whole` run them.
    exclude: ['dist/tests/chaos/**', 'dist/tests/deploy/**', 'dist/tests/web/**', 'dist/tests/**/*.whole.test.js'],
    globalSetup: 'dist/tests/global-setup.js',
    setupFiles: process.env.NODE_V8_COVERAGE ? ['dist/tests/take-coverage.js'] : [],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Tests of several processes depend on what a loaded machine does first. `.ci/run` tries a test that failed a second time, and vitest says "retry x1" of it.
    retry: Number(process.env.GAUNTLET_TEST_RETRIES ?? 0),
    expect: { poll: { timeout: 120_000 } },
    pool: 'forks',
    maxWorkers: 2,
    // Young objects that live a little longer are collected more cheaply.
    execArgv: ['--max-semi-space-size=64'],
    // Test files of a worker share its modules, engines and compiled functions: loading them again took a third of the time.
    isolate: false,
    // Loaded by Node as in production, which takes a third of the time that vitest takes to transform it.
    server: { deps: { external: [/\/dist\/src\//] } },
  },
  // Node takes the CommonJS of graphql and Vite the ESM beside it; two copies of it refuse each other's schemas.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
});
