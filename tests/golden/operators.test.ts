/**
 * The compiler emits as many operators of each kind as before: a rule that stops firing turns this red, where values stay the same and only a clock would tell.
 * `npm run golden -- --operators tests/golden/operators.json` writes them again after an intended change.
 */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { OperatorCounts } from '../../src/compute/index.js';
import { operatorCounts } from './operators.js';

const expected = JSON.parse(await readFile('tests/golden/operators.json', 'utf8')) as Record<string, OperatorCounts>;
const actual = await operatorCounts();

it('the compiled functions are those of before', () => expect(Object.keys(actual)).toEqual(Object.keys(expected)));

it.each(Object.keys(expected))('%s is compiled to as many operators as before', (name) => expect(actual[name]).toEqual(expected[name]));
