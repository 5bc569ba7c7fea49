/**
 * Memory that the validation of an ONNX file takes, beside the size of its weights: `npm run bench:validation-memory -- FILE.onnx [FILE.onnx ...]`.
 * Each file in a process of its own, as the server validates it. Counted are anonymous and shared pages, as `GAUNTLET_VALIDATION_MEMORY` counts them: Linux only.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ComputeService } from '../src/compute/index.js';

const MIB = 2 ** 20;
const EVERY_MS = 20;

/** @param pid of a process, or `self`. */
function bytesOf(pid: number | string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return 1024 * ['RssAnon', 'RssShmem'].reduce((sum, name) => sum + Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0), 0);
}

interface Found {
  readonly resting: number;
  readonly seconds: number;
}

/** In a process of its own: the first message says what it has before it reads the file, the second that it has ended. */
async function validate(file: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'gauntlet-bench-'));
  try {
    await copyFile(file, join(directory, 'model.onnx'));
    const compute = new ComputeService({ engine: { engine: 'compiled:cpu', threads: 1, cacheDirectory: join(directory, 'cache') } });
    await compute.engine();
    const resting = bytesOf('self');
    const start = performance.now();
    await compute.inspectModel({ format: 'ONNX', directory });
    process.send!({ resting, seconds: (performance.now() - start) / 1000 } satisfies Found);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function measure(file: string): Promise<Found & { peak: number }> {
  const child = fork(fileURLToPath(import.meta.url), ['--one', file]);
  let peak = 0;
  const timer = setInterval(() => {
    const bytes = bytesOf(child.pid!);
    peak = Math.max(peak, bytes);
  }, EVERY_MS);
  return new Promise((found, failed) => {
    child.once('message', (message: Found) => {
      clearInterval(timer);
      found({ ...message, peak });
      child.kill();
    });
    child.once('exit', (code) => {
      clearInterval(timer);
      failed(new Error(`${file}: the validation ended with ${code}.`));
    });
  });
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--one') {
  await validate(rest[0]!);
  process.disconnect();
} else if (first === undefined) {
  throw new Error('Name the .onnx files: npm run bench:validation-memory -- FILE.onnx [FILE.onnx ...]');
} else {
  console.log('| file | weights MiB | peak MiB | ÷ weights | seconds |\n| --- | ---: | ---: | ---: | ---: |');
  for (const file of [first, ...rest]) {
    const weights = statSync(file).size;
    const { resting, seconds, peak } = await measure(file);
    const cells = [weights / MIB, (peak - resting) / MIB].map((mib) => mib.toFixed(0));
    console.log(`| ${[basename(file), ...cells, ((peak - resting) / weights).toFixed(1), seconds.toFixed(0)].join(' | ')} |`);
  }
}
