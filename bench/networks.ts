/**
 * Networks of ImageNet's size, exported by torchvision with random weights: forward, FGSM, a step of Algorithm 1 with k = m/2, and memory.
 * `npm run bench:networks -- [--only resnet50,vit_b_16] [--batch 8] [--seconds 5]`. Each network in a process of its own, whose peak counts everything before it.
 */
import { execFile, fork } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { createEngine, loadModel, sgd } from '../src/compute/index.js';
import { attackStepOf, forwardOf } from './functions.js';
import { batchOf } from './subjects.js';
import { time } from './timing.js';
import { paperScheme, stepTime } from './training-step.js';

const EPSILON = 8 / 255;
const NETWORKS = ['mobilenet_v2', 'resnet50', 'inception_v3', 'vit_b_16'];

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: NETWORKS.join() },
    batch: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '5' },
    /** Of a process of its own: folder of one model. */
    one: { type: 'string' },
    /** For `with-exporters.sh`, which leaves TensorFlow out. */
    short: { type: 'boolean' },
  },
});
const [batch, seconds] = [Number(values.batch), Number(values.seconds)];

type Cells = Readonly<Record<string, string | number>>;

/** Most resident memory of this process so far, in MiB. */
const peak = () => Math.round(process.resourceUsage().maxRSS / 1024);

async function measure(directory: string): Promise<Cells> {
  const engine = await createEngine({ engine: 'compiled:cpu' });
  const model = await loadModel({ directory });
  const { images, labels } = batchOf(model, batch);
  const forward = await engine.batched(forwardOf(model));
  const [forwardSeconds] = await time([() => forward.run({ x: images })], seconds);
  const forwardPeak = peak();
  const fgsm = await engine.batched(attackStepOf(model, EPSILON, EPSILON));
  const [fgsmSeconds] = await time([() => fgsm.run({ original: images, adversarial: images, label: labels })], seconds);
  const fgsmPeak = peak();
  const trained = { model, scheme: paperScheme(EPSILON, batch), optimizer: sgd() };
  const { compileSeconds, step } = await stepTime(engine, trained, { batch, seconds });
  const trainedPeak = peak();
  await engine.dispose();
  return {
    'forward/s': (batch / forwardSeconds!).toFixed(1),
    'FGSM/s': (batch / fgsmSeconds!).toFixed(1),
    'Algorithm 1/s': (batch / step).toFixed(2),
    'compile s': compileSeconds.toFixed(0),
    'peak MiB: forward': forwardPeak,
    'with FGSM': fgsmPeak,
    'with Algorithm 1': trainedPeak,
  };
}

function inOwnProcess(directory: string): Promise<Cells> {
  const child = fork(fileURLToPath(import.meta.url), ['--one', directory, '--batch', values.batch, '--seconds', values.seconds]);
  return new Promise((found, failed) => {
    child.once('message', (cells: Cells) => found(cells));
    child.once('exit', (code) => failed(new Error(`${directory}: ended with ${code}.`)));
  });
}

if (values.one) {
  process.send!(await measure(values.one));
  process.disconnect();
} else {
  const python = process.env.GAUNTLET_TORCH_PYTHON;
  if (!python) throw new Error('GAUNTLET_TORCH_PYTHON names no Python with torchvision: run it by `npm run bench:networks`.');
  const folder = await mkdtemp(join(tmpdir(), 'gauntlet-bench-'));
  try {
    await promisify(execFile)(python, ['bench/export_networks.py', folder, ...values.only.split(',')]);
    const rows: Record<string, Cells> = {};
    for (const name of values.only.split(',')) {
      const directory = join(folder, name);
      await mkdir(directory);
      await copyFile(join(folder, `${name}.onnx`), join(directory, 'model.onnx'));
      rows[name] = await inOwnProcess(directory);
      console.error(name, JSON.stringify(rows[name]));
    }
    console.table(rows);
  } finally {
    await rm(folder, { recursive: true });
  }
}
