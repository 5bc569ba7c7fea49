/**
 * Every engine that runs on this machine beside each other: `npm run bench:gpu`, with the options of `npm run bench` but `--engine` and `--json`.
 * Each runs in a process of its own, since backends get in each other's way and a driver may crash. On a driver in software, in a minute or two:
 *
 *     bash scripts/with-swiftshader.sh npm run bench:gpu -- --models m1 --batch 2 --micro-batch 2 --product-size 64 --seconds 0
 *
 * `npm run bench:gpu -- --bundle [--output gauntlet-gpu.tar.gz]` makes an archive for a machine without Node or network: bundle/make.ts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { EngineName } from '../src/compute/index.js';
import { makeBundle } from './bundle/make.js';
import { columnsOf } from './report.js';
import type { Report } from './run.js';

const ENGINES: readonly EngineName[] = ['compiled:cuda', 'compiled:webgpu', 'eager:tfjs-node-gpu', 'eager:tfjs-node', 'compiled:cpu'];
/** Float32 sums in another order differ by about a hundredth of this. */
const TOLERANCE = 1e-4;

function measureIn(engine: EngineName, directory: string): Report | string {
  const file = join(directory, `${engine.replace(':', '-')}.json`);
  const script = fileURLToPath(new URL('./index.js', import.meta.url));
  const { status, stderr } = spawnSync(
    process.execPath,
    [script, '--models', 'm1,m2', ...process.argv.slice(2), '--engine', engine, '--json', file],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    },
  );
  if (status !== 0) return /Error: (.*)/.exec(stderr)?.[1] ?? `its process ended with status ${status}`;
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  return report.gradientError <= TOLERANCE ? report : `its gradients are off by ${report.gradientError} of the largest`;
}

function compareEngines(): void {
  const directory = mkdtempSync(join(tmpdir(), 'gauntlet-bench-'));
  const rows: Record<string, string | number>[] = [];
  for (const engine of ENGINES) {
    console.log(`${engine} …`);
    const report = measureIn(engine, directory);
    if (typeof report === 'string') console.log(`  left out: ${report}`);
    else {
      console.log(`  ${report.engine.label}; gradients within ${report.gradientError.toExponential(1)} of the reference`);
      rows.push(...report.rows.map((row) => ({ engine, ...columnsOf(row) })));
    }
  }
  console.table(rows);
  rmSync(directory, { recursive: true });
}

const { values } = parseArgs({
  options: { bundle: { type: 'boolean' }, output: { type: 'string', default: 'gauntlet-gpu.tar.gz' } },
  strict: false,
});
if (values.bundle) await makeBundle(String(values.output));
else compareEngines();
