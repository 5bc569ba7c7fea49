/**
 * How soon an attack starts: `npm run bench:compile -- [--models m1,m2]`. Milliseconds from asking the engine for a step of FGSM until it can run:
 * in a process that has nothing, in a later process with the same cache directory, and again in that process; beside them, a batch's run.
 * Starting the engine and building the model come before.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildArchitecture, createEngine } from '../src/compute/index.js';
import { attackStepOf } from './functions.js';
import { batchOf, SUBJECTS } from './subjects.js';

const BATCH = 64;

const { values } = parseArgs({
  options: { models: { type: 'string', default: 'm1,m2' }, 'cache-directory': { type: 'string' } },
});

interface Times {
  readonly first: number;
  readonly again: number;
  readonly run: number;
  readonly diskHits: number;
}

async function millisecondsOf(task: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await task();
  return performance.now() - start;
}

/** One process's part. */
async function measureHere(name: string, cacheDirectory: string): Promise<Times> {
  const { architecture, epsilon, batch = BATCH } = SUBJECTS[name]!;
  const model = await buildArchitecture(architecture, { seed: 1 });
  const { images, labels } = batchOf(model, batch);
  const engine = await createEngine({ engine: 'compiled:cpu', cacheDirectory });
  const compiled = () => engine.batched(attackStepOf(model, epsilon, epsilon));
  const [first, again] = [await millisecondsOf(compiled), await millisecondsOf(compiled)];
  const fgsm = await compiled();
  const run = await millisecondsOf(() => fgsm.run({ original: images, adversarial: images, label: labels }));
  const { diskHits } = engine.statistics();
  await engine.dispose();
  return { first, again, run, diskHits };
}

function measureInProcess(name: string, cacheDirectory: string): Times {
  const script = fileURLToPath(import.meta.url);
  const output = execFileSync(process.execPath, [script, '--models', name, '--cache-directory', cacheDirectory], { encoding: 'utf8' });
  return JSON.parse(output) as Times;
}

const given = values['cache-directory'];
if (given) console.log(JSON.stringify(await measureHere(values.models, given)));
else {
  const rows = values.models.split(',').map((name) => {
    const directory = mkdtempSync(join(tmpdir(), 'gauntlet-compile-'));
    try {
      const [first, second] = [measureInProcess(name, directory), measureInProcess(name, directory)];
      return {
        model: `${name} ${SUBJECTS[name]!.title}`,
        'first process, ms': Math.round(first.first),
        'second process, ms': Math.round(second.first),
        'found on disk': second.diskHits,
        'again, ms': second.again.toFixed(2),
        'run, ms': Math.round(second.run),
      };
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
  console.table(rows);
}
