import base from './vitest.config.js';

// What is in deploy/, with the tools that scripts/with-helm.sh and scripts/with-nginx.sh bring.
export default { ...base, test: { ...base.test, include: ['dist/tests/deploy/*.test.js'], exclude: [] } };
