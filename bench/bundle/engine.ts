/**
 * What a GPU bundle does on one engine, in a process of its own: `node engine.js --engine compiled:webgpu --json FILE [--models m1,m2] [--images 200]`.
 * Parity with the reference, speed, AutoAttack, and a training run, each as data; one that fails leaves its error, and the others go on.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createEngine, type Engine, type EngineDescription, type EngineName } from '../../src/compute/index.js';
import { measure, type Row } from '../measure.js';
import { autoAttackRun, type AutoAttackRun } from './autoattack-run.js';
import { type Parity, parityOf } from './parity.js';
import { trainingRun, type TrainingRun } from './training-run.js';

/** Of a part that could not be done, why. */
export interface Failed {
  readonly error: string;
}

export interface EngineReport {
  readonly engine: EngineDescription;
  readonly startSeconds: number;
  readonly parity: readonly Parity[] | Failed;
  readonly speed: readonly Row[] | Failed;
  readonly autoAttack: AutoAttackRun | Failed;
  readonly training: TrainingRun | Failed;
}

const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    json: { type: 'string' },
    models: { type: 'string', default: 'm1,m2,m3' },
    networks: { type: 'string', default: 'mnist-small-cnn,mnist-cnn,resnet-20,wrn-16-4' },
    batch: { type: 'string', default: '128' },
    seconds: { type: 'string', default: '3' },
    images: { type: 'string', default: '500' },
    epsilon: { type: 'string', default: '0.1' },
    steps: { type: 'string', default: '200' },
    'training-network': { type: 'string', default: 'mnist-cnn' },
    'training-batch': { type: 'string', default: '64' },
    'held-out': { type: 'string', default: '1000' },
    'product-size': { type: 'string', default: '1024' },
    'micro-batch': { type: 'string' },
    threads: { type: 'string' },
  },
});
const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));

// Threads of an engine do not keep a process alive by themselves: on webgpu one was seen to end (status 13) while it waited for AutoAttack.
const alive = setInterval(() => undefined, 1000);

const start = performance.now();
const open = () =>
  createEngine({ engine: values.engine as EngineName, microBatch: number(values['micro-batch']), threads: number(values.threads) });
const first = await open();
const { description } = first;
const startSeconds = (performance.now() - start) / 1000;
await first.dispose();

/** Runs a part on an engine of its own, so that none has another's sessions in its memory. */
async function part<Result>(name: string, run: (engine: Engine) => Promise<Result>): Promise<Result | Failed> {
  console.log(`  ${name} …`);
  try {
    const engine = await open();
    try {
      return await run(engine);
    } finally {
      await engine.dispose();
    }
  } catch (error) {
    console.log(`  ${name} failed: ${(error as Error).message}`);
    return { error: (error as Error).message };
  }
}

const sizes = { batch: Number(values.batch), seconds: Number(values.seconds), productSize: Number(values['product-size']), training: true };
const trainingSizes = {
  network: values['training-network'],
  batch: Number(values['training-batch']),
  steps: Number(values.steps),
  heldOut: Number(values['held-out']),
};
const report: EngineReport = {
  engine: description,
  startSeconds,
  parity: await part('parity', (engine) => parityOf(engine, values.networks.split(','))),
  autoAttack: await part('AutoAttack', (engine) => autoAttackRun(engine, Number(values.images), Number(values.epsilon))),
  training: await part('training', (engine) => trainingRun(engine, trainingSizes)),
  speed: await part('speed', async (engine) => {
    const rows: Row[] = [];
    for (const name of values.models.split(',').filter(Boolean)) rows.push(await measure(name, engine, sizes));
    return rows;
  }),
};
writeFileSync(values.json!, JSON.stringify(report, null, 2));
clearInterval(alive);
