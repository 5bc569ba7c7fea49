/**
 * What `bash run.sh` of a GPU bundle does: every engine of the machine in turn, each in a process of its own, since a driver may crash. Prints a table and
 * writes `results.json`, or the file that `--json` names. Options but `--engines` are those of `engine.ts`.
 * @module
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compared, type EngineResult } from './comparison.js';
import type { EngineReport } from './engine.js';

const ENGINES = 'compiled:webgpu,compiled:cuda,compiled:cpu';

/** After which an engine is given up. */
const MOST_MS = 3_600_000;

const passed = process.argv.slice(2);

/** Takes an option out of what is passed on. */
function taken(name: string, fallback: string): string {
  const at = passed.indexOf(name);
  return at < 0 ? fallback : passed.splice(at, 2)[1]!;
}

const engines = taken('--engines', ENGINES).split(',');
const output = taken('--json', 'results.json');

/** The name of each adapter and its driver, where `vulkaninfo` or `nvidia-smi` are there to say so. */
function said(command: string, ...args: string[]): string | null {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 30_000 });
  return status === 0 ? stdout.trim() : null;
}

function reportOf(engine: string, directory: string): EngineReport | { readonly error: string } {
  const file = join(directory, `${engine.replace(':', '-')}.json`);
  const script = fileURLToPath(new URL('./engine.js', import.meta.url));
  const { status, signal, stderr } = spawnSync(process.execPath, [script, ...passed, '--engine', engine, '--json', file], {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    timeout: MOST_MS,
  });
  if (status === 0) return JSON.parse(readFileSync(file, 'utf8')) as EngineReport;
  return { error: /Error: (.*)/.exec(stderr)?.[1] ?? `its process ended with ${signal ?? `status ${status}`}: ${stderr.slice(-2000)}` };
}

const directory = mkdtempSync(join(tmpdir(), 'gauntlet-bundle-'));
const results: EngineResult[] = [];
for (const engine of engines) {
  console.log(`${engine} …`);
  const report = reportOf(engine, directory);
  if ('error' in report) console.log(`  left out: ${report.error}`);
  results.push({ name: engine, report });
}
rmSync(directory, { recursive: true });

const machine = {
  processor: `${cpus().length} cores of ${cpus()[0]!.model}`,
  system: `${process.platform} ${release()} ${arch()}`,
  node: process.version,
  vulkan: said('vulkaninfo', '--summary'),
  nvidia: said('nvidia-smi', '--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'),
};
const comparison = compared(results);
writeFileSync(output, JSON.stringify({ machine, date: new Date().toISOString(), results, comparison }, null, 2));
console.table(comparison);
console.log(`${output}: all numbers, with what to compare them to`);
// No engine but the CPU's: nothing of a GPU was tested.
if (!results.some(({ name, report }) => name !== 'compiled:cpu' && !('error' in report))) process.exitCode = 2;
else if (comparison.some(({ agrees }) => !agrees)) process.exitCode = 1;
