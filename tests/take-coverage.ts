/** For `npm run test:coverage`: test processes are ended from outside, without the chance to write what they ran. @module */
import { takeCoverage } from 'node:v8';
import { afterAll } from 'vitest';

afterAll(takeCoverage);
