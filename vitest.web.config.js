import base from './vitest.config.js';

// The dashboard in a real browser, which scripts/with-chromium.sh brings.
export default { ...base, test: { ...base.test, include: ['dist/tests/web/*.test.js'], exclude: [] } };
