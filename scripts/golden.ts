/**
 * Whether the numerical part still computes the same, to the bit: `npm run golden -- --out before.json` before a change that is to leave all numbers as they are,
 * `npm run golden -- --compare before.json` after it, on the same machine. Both may be given. Exits with 1 where a bit differs.
 * `--operators tests/golden/operators.json` writes how many operators the compiler emits, and does nothing else.
 * `--micro-batch 1` shows which records another size of micro-batch moves, `--verbose` how long each took.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { operatorCounts } from '../tests/golden/operators.js';
import { goldenRecords, type GoldenRecords } from '../tests/golden/records.js';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    compare: { type: 'string' },
    operators: { type: 'string' },
    'micro-batch': { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

type Groups = Record<string, Record<string, Record<string, unknown>>>;

/** What differs, one line a record. */
function differences(before: Groups, after: Groups): string[] {
  const lines: string[] = [];
  for (const group of Object.keys({ ...before, ...after })) {
    const [old, now] = [before[group] ?? {}, after[group] ?? {}];
    for (const name of Object.keys({ ...old, ...now })) {
      const [was, is] = [old[name], now[name]];
      if (!was || !is) {
        lines.push(`${group}: ${name}: ${was ? 'is gone' : 'is new'}`);
        continue;
      }
      const members = Object.keys({ ...was, ...is }).filter((member) => !isDeepStrictEqual(was[member], is[member]));
      if (members.length > 0) lines.push(`${group}: ${name}: ${members.map((m) => described(m, was[m], is[m])).join('; ')}`);
    }
  }
  return lines;
}

/** A list by the first place that differs. */
function described(member: string, was: unknown, is: unknown): string {
  if (!Array.isArray(was) || !Array.isArray(is)) return `${member} ${String(was)} is now ${String(is)}`;
  if (was.length !== is.length) return `${member} had ${was.length} values and has ${is.length}`;
  const at = was.findIndex((value, i) => !Object.is(value, is[i]));
  return `${member}[${at}] ${String(was[at])} is now ${String(is[at])}`;
}

if (values.operators !== undefined) {
  await writeFile(values.operators, `${JSON.stringify(await operatorCounts(), null, 2)}\n`);
  process.exit();
}

const start = performance.now();
const records = await goldenRecords({
  microBatch: values['micro-batch'] === undefined ? undefined : Number(values['micro-batch']),
  log: (name, seconds) => {
    if (values.verbose) console.log(`${seconds.toFixed(2).padStart(7)} s  ${name}`);
  },
});
// As a file holds them.
const json = JSON.stringify(records);
const counts = Object.entries(records).map(([group, of]) => `${Object.keys(of as object).length} ${group}`);
console.log(`${counts.join(', ')}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
if (values.out !== undefined) await writeFile(values.out, json);
if (values.compare !== undefined) {
  const before = JSON.parse(await readFile(values.compare, 'utf8')) as GoldenRecords;
  const lines = differences(before as unknown as Groups, JSON.parse(json) as Groups);
  for (const line of lines) console.log(line);
  console.log(lines.length === 0 ? 'Every bit is the same.' : `${lines.length} records differ.`);
  if (lines.length > 0) process.exitCode = 1;
}
