/**
 * Imports thousands of mutated models and counts how that ended: `npm run fuzz -- [--files 10000] [--seed 1] [--offenders FOLDER] [--output docs/third-party.md]`.
 * Accepted ones have predicted and been differentiated. Fails where a file crashed or hung its process, took long or much memory, or failed in a way that nobody
 * foresaw; those are written to the folder.
 * @module
 */
import { fork } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeSection } from '../../bench/section.js';
import type { Outcome } from './fuzz-child.js';
import { mutant } from './mutations.js';

/** A new process now and then, so that what one file leaves behind is not blamed on another. */
const FILES_PER_PROCESS = 500;
const HANGS_AFTER_SECONDS = 120;
const SLOW_SECONDS = 10;
const MUCH_MEMORY = 2 ** 30;
/** Verdicts that blame whoever is to blame: an import that differs through a fault of its own is none. */
const ALLOWED = ['accepted', 'IMPORT_DIFFERS', 'INVALID_ARCHIVE', 'INVALID_MODEL', 'LIMIT_EXCEEDED', 'UNSUPPORTED_OPERATION'];

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    offenders: { type: 'string', default: 'data/fuzz' },
    output: { type: 'string' },
  },
});
const [files, seed] = [Number(values.files), Number(values.seed)];
/** Number of files by what they were made of and how they ended. */
const counts = new Map<string, Map<string, number>>();
let offenders = 0;

/** @returns the index to go on from. */
function run(from: number, root: string): Promise<number> {
  const to = Math.min(files, from + FILES_PER_PROCESS);
  let [next, hung, errors] = [from, false, ''];
  const child = fork(new URL('./fuzz-child.js', import.meta.url), [String(seed), String(from), String(to), root], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.stderr!.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)));
  const hang = () => {
    hung = true;
    child.kill('SIGKILL');
  };
  let timer = setTimeout(hang, HANGS_AFTER_SECONDS * 1000);
  const records: Promise<void>[] = [];
  child.on('message', (found: Outcome) => {
    clearTimeout(timer);
    timer = setTimeout(hang, HANGS_AFTER_SECONDS * 1000);
    next = found.index + 1;
    records.push(record(found.index, found.of, classify(found), found.message));
  });
  return new Promise((resolve) =>
    child.once('exit', () => {
      clearTimeout(timer);
      if (next < to) records.push(record(next, mutant(seed, next).of, hung ? 'hang' : 'crash', errors));
      void Promise.all(records).then(() => resolve(next < to ? next + 1 : to));
    }),
  );
}

function classify({ outcome, message, seconds, residentBytes }: Outcome): string {
  if (seconds > SLOW_SECONDS) return 'slow';
  if (residentBytes > MUCH_MEMORY) return 'memory';
  return /fault of the import/.test(message) ? 'wrong import' : outcome;
}

async function record(index: number, of: string, outcome: string, message: string): Promise<void> {
  const row = counts.get(of) ?? new Map<string, number>();
  counts.set(of, row.set(outcome, (row.get(outcome) ?? 0) + 1));
  if (ALLOWED.includes(outcome)) return;
  offenders++;
  console.error(`File ${index} (${of}): ${outcome}. ${message}`);
  await mkdir(values.offenders, { recursive: true });
  await writeFile(join(values.offenders, `${seed}-${index}-${outcome}`), mutant(seed, index).bytes);
}

function table(): string {
  const outcomes = [
    ...new Set([...ALLOWED, 'INTERNAL', 'crash', 'hang', 'slow', 'memory', ...[...counts.values()].flatMap((row) => [...row.keys()])]),
  ];
  const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);
  const row = (name: string, numbers: number[]) => `| ${[name, ...numbers, sum(numbers)].join(' | ')} |`;
  const rows = [...counts].map(([of, found]) =>
    row(
      of,
      outcomes.map((outcome) => found.get(outcome) ?? 0),
    ),
  );
  const totals = outcomes.map((outcome) => sum([...counts.values()].map((found) => found.get(outcome) ?? 0)));
  return [`| mutated | ${outcomes.join(' | ')} | all |`, `|${' --- |'.repeat(outcomes.length + 2)}`, ...rows, row('all', totals)].join(
    '\n',
  );
}

const root = await mkdtemp(join(tmpdir(), 'gauntlet-fuzz-'));
try {
  for (let next = 0; next < files; next = await run(next, root)) console.error(`${next} of ${files}`);
} finally {
  await rm(root, { recursive: true, force: true });
}
const result = `\`npm run fuzz -- --files ${files} --seed ${seed}\`:\n\n${table()}`;
console.log(result);
if (values.output) await writeSection(values.output, 'Fuzzing', result);
process.exitCode = offenders > 0 ? 1 : 0;
