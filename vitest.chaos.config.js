import base from './vitest.config.js';

// Servers and workers that are killed at any moment, for every kind of job.
export default { ...base, test: { ...base.test, include: ['dist/tests/chaos/*.test.js'], exclude: [] } };
