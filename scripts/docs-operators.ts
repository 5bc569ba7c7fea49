/** Writes docs/operators.md: `npm run docs:operators`. @module */
import { writeFile } from 'node:fs/promises';
import { OPERATORS_PAGE, operatorsPage } from './operators-page.js';

await writeFile(OPERATORS_PAGE, await operatorsPage());
