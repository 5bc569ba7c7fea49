import { readdirSync, readFileSync } from 'node:fs';
import base from './vitest.config.js';

const files = readdirSync('dist/tests', { recursive: true, encoding: 'utf8' }).map((file) => `dist/tests/${file}`);

// What `npm test` leaves out (*.whole.test.js), and what it runs in a short form (tests/sizes.ts), whole.
const include = files.filter(
  (file) => file.endsWith('.test.js') && (file.endsWith('.whole.test.js') || readFileSync(file, 'utf8').includes('/sizes.js')),
);

export default { ...base, test: { ...base.test, include, exclude: [] } };
