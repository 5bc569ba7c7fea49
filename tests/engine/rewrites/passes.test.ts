/** Every rule of the passes is tested: a group's test asserts that each of its rules has a case, and this one that each group has a test. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { passes } from '../../../src/compute/engine/compiled/rewrites/passes.js';

const FOLDER = 'tests/engine/rewrites';

/** What a file of rules exports as `readonly Rule[]`, by the name of its file. */
async function rulesOf(file: string): Promise<unknown[]> {
  const exported = (await import(new URL(`../../../src/compute/engine/compiled/rewrites/${file}.js`, import.meta.url).href)) as object;
  return Object.values(exported).flat();
}

it('every rule is in a file that has a test beside it', async () => {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.test.ts') && file !== 'passes.test.ts');
  const tested = await Promise.all(
    files.map((file) => {
      expect(readFileSync(`${FOLDER}/${file}`, 'utf8')).toContain('testRules(');
      return rulesOf(file.replace('.test.ts', ''));
    }),
  );
  const rules = new Set(tested.flat());
  const untested = passes.flatMap((pass) => pass.rules).filter((rule) => !rules.has(rule));
  expect(untested.map(({ name }) => name)).toEqual([]);
});

it.each(passes)('the rules of pass $name have different names', ({ rules }) => {
  const names = rules.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
