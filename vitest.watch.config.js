import base from './vitest.config.js';

// What tests import is loaded by Node, so that Vite does not know what depends on it: any change runs the chosen tests again.
export default { ...base, test: { ...base.test, forceRerunTriggers: ['**/dist/src/**'] } };
