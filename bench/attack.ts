/**
 * Speed of attacks: `npm run bench:attack -- [--models m1,m2,m3,m4] [--batch 64] [--seconds 5] [--threads N] [--engine NAME] [--json FILE]`.
 * Images a second of the forward pass, of FGSM and of the basic iterative method (10 steps), and the cost of an attack step in forward passes.
 * Random weights from a seed: speed does not depend on what a network has learned.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {
  createEngine,
  type BatchedFunction,
  type BatchedFunctionSpec,
  type Engine,
  type EngineName,
  type HostTensors,
} from '../src/compute/engine/index.js';
import { toTensors } from '../src/compute/engine/tensorflow.js';
import { buildArchitecture } from '../src/compute/models/architectures/registry.js';
import type { DifferentiableModel } from '../src/compute/models/types.js';

interface Subject {
  readonly architecture: string;
  readonly title: string;
  /** Multiplications of one forward pass. */
  readonly macs: number;
  readonly epsilon: number;
  readonly batch?: number;
}

const SUBJECTS: Readonly<Record<string, Subject>> = {
  m1: { architecture: 'mnist-cnn', title: 'MNIST CNN', macs: 13.9e6, epsilon: 0.3 },
  m2: { architecture: 'resnet-20', title: 'ResNet-20, 32×32', macs: 40.6e6, epsilon: 8 / 255 },
  m3: { architecture: 'wrn-16-4', title: 'WRN-16-4, 32×32', macs: 0.4e9, epsilon: 8 / 255 },
  m4: { architecture: 'resnet-50', title: 'ResNet-50, 224×224', macs: 4.1e9, epsilon: 8 / 255, batch: 8 },
};

const STEPS = 10;

interface Row {
  readonly model: string;
  readonly title: string;
  readonly batch: number;
  /** Images a second. */
  readonly forward: number;
  readonly fgsm: number;
  readonly iterative: number;
  /** Cost of a step of the iterative attack in forward passes; 2 is ideal. */
  readonly stepOverForward: number;
  /** Share of the measured speed of large matrix products that FGSM reaches, counting two forward passes a step. */
  readonly shareOfPeak: number;
  readonly compileSeconds: number;
}

function forwardOf(model: DifferentiableModel): BatchedFunctionSpec {
  return {
    name: 'bench.forward',
    fingerprint: model.fingerprint,
    inputs: { x: { dtype: 'float32', shape: model.spec.inputShape } },
    fn: ({ x }) => ({ logits: model.apply(toTensors(model.variables), x as tf.Tensor4D) }),
  };
}

/** `x + α · sign ∇J`, clipped to `[original - ε, original + ε]` and to the pixel range. */
function stepOf(model: DifferentiableModel, epsilon: number, alpha: number): BatchedFunctionSpec {
  const image = { dtype: 'float32', shape: model.spec.inputShape } as const;
  return {
    name: `bench.step ${alpha}`,
    fingerprint: model.fingerprint,
    inputs: { original: image, adversarial: image, label: { dtype: 'int32', shape: [] } },
    fn: ({ original, adversarial, label }) => {
      const variables = toTensors(model.variables);
      const hot = tf.oneHot(label as tf.Tensor1D, model.spec.classCount);
      const loss = (x: tf.Tensor) => tf.neg(tf.sum(tf.mul(hot, tf.logSoftmax(model.apply(variables, x as tf.Tensor4D)))));
      const moved = tf.add(adversarial!, tf.mul(tf.sign(tf.grad(loss)(adversarial!)), alpha));
      const lower = tf.maximum(tf.sub(original!, epsilon), 0);
      const upper = tf.minimum(tf.add(original!, epsilon), 1);
      return { adversarial: tf.minimum(tf.maximum(moved, lower), upper) };
    },
  };
}

function imagesOf(model: DifferentiableModel, n: number): HostTensors {
  const shape = [n, ...model.spec.inputShape];
  const pixels = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.abs(Math.sin(i * 12.9898 + i * i * 1e-3)));
  const image = { dtype: 'float32', shape, data: pixels } as const;
  return {
    original: image,
    adversarial: image,
    label: { dtype: 'int32', shape: [n], data: Int32Array.from({ length: n }, (_, i) => i % model.spec.classCount) },
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Median seconds of each task; the tasks take turns, so that what else the machine does hits all alike. */
async function time(tasks: readonly (() => Promise<unknown>)[], seconds: number): Promise<number[]> {
  for (const task of tasks) await task();
  const times = tasks.map((): number[] => []);
  const start = performance.now();
  do {
    for (const [i, task] of tasks.entries()) {
      const before = performance.now();
      await task();
      times[i]!.push((performance.now() - before) / 1000);
    }
  } while (performance.now() - start < seconds * 1000);
  return times.map(median);
}

/** Floating-point operations a second of large matrix products, on all threads of the engine. */
async function measurePeak(engine: Engine): Promise<number> {
  const size = 768;
  const repeats = 8;
  const product: BatchedFunctionSpec = {
    name: 'bench.peak',
    fingerprint: '1',
    inputs: { x: { dtype: 'float32', shape: [size, size] } },
    fn: ({ x }) => {
      const weights = tf.fill([size, size], 1e-3);
      let y = tf.reshape(x!, [-1, size]);
      for (let i = 0; i < repeats; i++) y = tf.matMul(y, weights);
      return { y: tf.sum(tf.reshape(y, [-1, size, size]), [1, 2]) };
    },
  };
  const n = 4;
  const compiled = await engine.batched(product);
  const x = { dtype: 'float32', shape: [n, size, size], data: new Float32Array(n * size * size).fill(1) } as const;
  const [seconds] = await time([() => compiled.run({ x })], 2);
  return (n * repeats * 2 * size ** 3) / seconds!;
}

async function measure(name: string, engine: Engine, peak: number, options: { batch: number; seconds: number }): Promise<Row> {
  const { architecture, title, macs, epsilon, batch = options.batch } = SUBJECTS[name]!;
  const model = await buildArchitecture(architecture, { seed: 1 });
  const before = engine.statistics().compileSeconds;
  const forward = await engine.batched(forwardOf(model));
  const fgsm = await engine.batched(stepOf(model, epsilon, epsilon));
  const iterative = await engine.batched(stepOf(model, epsilon, epsilon / 4));
  const compileSeconds = engine.statistics().compileSeconds - before;
  const inputs = imagesOf(model, batch);
  const run = (compiled: BatchedFunction, repeat: number) => () =>
    compiled.run(inputs, { repeat, feedback: { adversarial: 'adversarial' } });
  const tasks = [() => forward.run({ x: inputs.original! }), run(fgsm, 1), run(iterative, STEPS)];
  const [forwardSeconds, fgsmSeconds, iterativeSeconds] = (await time(tasks, options.seconds)) as [number, number, number];
  return {
    model: name,
    title,
    batch,
    forward: batch / forwardSeconds,
    fgsm: batch / fgsmSeconds,
    iterative: batch / iterativeSeconds,
    stepOverForward: iterativeSeconds / STEPS / forwardSeconds,
    shareOfPeak: (batch * 4 * macs) / fgsmSeconds / peak,
    compileSeconds,
  };
}

function print(rows: readonly Row[]): void {
  const number = (value: number) => value.toFixed(value < 100 ? 1 : 0);
  console.table(
    rows.map((row) => ({
      model: `${row.model} ${row.title}`,
      batch: row.batch,
      'forward/s': number(row.forward),
      'FGSM/s': number(row.fgsm),
      'iter. basic/s': number(row.iterative),
      'step ÷ forward': row.stepOverForward.toFixed(2),
      'of matmul peak': `${(100 * row.shareOfPeak).toFixed(0)} %`,
      'compile s': row.compileSeconds.toFixed(1),
    })),
  );
}

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: 'm1,m2' },
    batch: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '5' },
    threads: { type: 'string' },
    engine: { type: 'string', default: 'compiled:cpu' },
    json: { type: 'string' },
  },
});

const engine = await createEngine({ engine: values.engine as EngineName, threads: values.threads ? Number(values.threads) : undefined });
console.log(engine.description.label);
const peak = await measurePeak(engine);
console.log(`Large matrix products: ${(peak / 1e9).toFixed(0)} GFLOP/s`);
const rows: Row[] = [];
for (const name of values.models.split(','))
  rows.push(await measure(name, engine, peak, { batch: Number(values.batch), seconds: Number(values.seconds) }));
print(rows);
if (values.json) writeFileSync(values.json, JSON.stringify({ engine: engine.description, peakFlops: peak, rows }, null, 2));
await engine.dispose();
