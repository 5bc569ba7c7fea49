/**
 * Throughput of adversarial training: `npm run bench:training -- [--models m1,m2] [--batch 32] [--seconds 5] [--threads N] [--engine NAME] [--profile]`, and with
 * `--inception` one step of Algorithm 1 as in the paper's own experiment: Inception v3 on 299×299, in minibatches of `--inception-batch` (4; the paper's are 32) at width
 * `--inception-width` (0.5; the paper's is 1).
 *
 * A plain step costs as much as 3 forward passes of m images: one forward, two backward. Step l.l. on k = m/2 of them adds a forward pass, which also says the
 * least likely class, and a pass back to the pixels: at best (3 m + 2 k) / 3 m = 1.33 times as much.
 * With `--profile` it also prints what each of onnxruntime's operators takes of a plain step and of one of Algorithm 1.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  buildArchitecture,
  createEngine,
  type Engine,
  type EngineName,
  NO_REGULARISATION,
  rmsprop,
  sgd,
  standard,
} from '../src/compute/index.js';
import { printable, profilesOf } from './profile.js';
import { SUBJECTS } from './subjects.js';
import { watchMemory } from './timing.js';
import { paperScheme, type Sizes, stepTime } from './training-step.js';

const IDEAL_OVERHEAD = 4 / 3;

async function measure(name: string, engine: Engine, sizes: Sizes) {
  const { architecture, title, epsilon } = SUBJECTS[name]!;
  const { batch } = sizes;
  const model = await buildArchitecture(architecture, { seed: 1 });
  const optimizer = sgd();
  const { step: plain } = await stepTime(engine, { model, scheme: standard, optimizer }, sizes);
  const { step: algorithm } = await stepTime(engine, { model, scheme: paperScheme(epsilon, batch), optimizer }, sizes);
  return {
    model: `${name} ${title}`,
    batch,
    'plain/s': (batch / plain).toFixed(0),
    'Algorithm 1/s': (batch / algorithm).toFixed(0),
    overhead: (algorithm / plain).toFixed(2),
    ideal: IDEAL_OVERHEAD.toFixed(2),
  };
}

/** The paper's experiment. */
async function measureInception(engine: Engine, { batch, width, seconds }: Sizes & { readonly width: number }) {
  const { result, peakBytes } = await watchMemory(async () => {
    const model = await buildArchitecture('inception-v3', { seed: 1, width });
    const regularisation = { ...NO_REGULARISATION, labelSmoothing: 0.1, auxiliaryWeight: 0.4 };
    const trained = { model, scheme: paperScheme(16 / 255, batch), optimizer: rmsprop(), regularisation };
    return stepTime(engine, trained, { batch, seconds });
  });
  return {
    model: `Inception v3, 299×299, ρ = ${width}`,
    batch,
    'compile s': result.compileSeconds.toFixed(1),
    'step s': result.step.toFixed(2),
    'images/s': (batch / result.step).toFixed(2),
    'loss of the first step': result.loss.toFixed(3),
    'memory MiB': Math.round(peakBytes / 2 ** 20),
  };
}

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: 'm1,m2' },
    batch: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '5' },
    threads: { type: 'string' },
    engine: { type: 'string', default: 'compiled:cpu' },
    profile: { type: 'boolean', default: false },
    inception: { type: 'boolean', default: false },
    'inception-batch': { type: 'string', default: '4' },
    'inception-width': { type: 'string', default: '0.5' },
  },
});
const threads = values.threads === undefined ? undefined : Number(values.threads);
const seconds = Number(values.seconds);
const open = (profile?: string) => createEngine({ engine: values.engine as EngineName, threads, profile });
const rows = [];
for (const name of values.inception ? [] : values.models.split(',')) {
  if (!(name in SUBJECTS)) throw new Error(`No model ${name}: choose among ${Object.keys(SUBJECTS).join(', ')}.`);
  const engine = await open();
  rows.push(await measure(name, engine, { batch: Number(values.batch), seconds }));
  await engine.dispose();
}
if (values.inception) {
  const engine = await open();
  const [batch, width] = [Number(values['inception-batch']), Number(values['inception-width'])];
  rows.push(await measureInception(engine, { batch, width, seconds }));
  await engine.dispose();
}
console.table(rows);
for (const name of values.profile ? values.models.split(',') : []) await profile(name);

/** Runs apart from what is timed: noting what every operator takes costs time. */
async function profile(name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gauntlet-profile-'));
  try {
    const engine = await open(join(folder, 'session'));
    await measure(name, engine, { batch: Number(values.batch), seconds });
    await engine.dispose();
    const [plain, algorithm] = await profilesOf(join(folder, 'session'), 3);
    for (const [title, rows] of [
      ['a plain step', plain],
      ['a step of Algorithm 1', algorithm],
    ] as const) {
      console.log(`${SUBJECTS[name]!.title}, ${title}`);
      console.table(printable(rows ?? []));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
