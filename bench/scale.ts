/**
 * How jobs scale with workers, on a PostgreSQL server: `npm run bench:scale -- [--images 10000] [--autoattack 500] [--cifar10 FOLDER] [--workers 1,4,16,64] [--parts 20] [--only real,simulated]`.
 *
 * *Real*: one evaluation (FGSM, then AutoAttack) of the shipped MNIST network, or of the shipped ResNet-20 on CIFAR-10's training images, by worker processes that are
 * pinned to a core each; *one call* is the attack on all images as a single call of the library, pinned alike, *by a process* the same through a process that computes, as server and worker have one, and *two calls* are two of them on half of the images each, at once: what two cores
 * give without queue and database. *Simulated*: workers that sleep where others compute, a second a part; efficiency is the time of parts
 * spread evenly over the workers, divided by the time that passed. Statements are those that the database counted meanwhile.
 * @module
 */
import '../src/production.js';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { startApplication } from '../src/application.js';
import { findAttack } from '../src/compute/index.js';
import { loadConfig } from '../src/config.js';
import { processorName } from './machine.js';
import { prepare, startSimulated, type Simulation } from './scale-simulation.js';

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '10000' },
    autoattack: { type: 'string', default: '500' },
    cifar10: { type: 'string' },
    workers: { type: 'string', default: '1,4,16,64' },
    parts: { type: 'string', default: '20' },
    only: { type: 'string', default: 'real,simulated' },
  },
});
const url = process.env.GAUNTLET_TEST_DATABASE_URL;
if (!url) throw new Error('Run it as npm run bench:scale, which starts a PostgreSQL server.');

const directory = await mkdtemp(join(tmpdir(), 'gauntlet-scale-'));
const variables = {
  DATABASE_URL: url,
  GAUNTLET_DATA_DIR: directory,
  GAUNTLET_DEMO: 'false',
  GAUNTLET_THREADS: '1',
  GAUNTLET_LOG_LEVEL: 'warn',
  GAUNTLET_PORT: '0',
  // To see what longer parts give.
  ...(process.env.GAUNTLET_PART_SECONDS && { GAUNTLET_PART_SECONDS: process.env.GAUNTLET_PART_SECONDS }),
  ...(values.cifar10 && { GAUNTLET_CIFAR10_DIR: values.cifar10 }),
};
// The MNIST images that are shipped are of the test split; of CIFAR-10, a batch of the training split suffices. At 8/255 AutoAttack would fool all of its images within a second.
const [network, format, split, epsilon, epsilonOfAutoAttack] = values.cifar10
  ? (['cifar10-resnet-20', 'cifar10', 'TRAIN', 8 / 255, 1 / 255] as const)
  : (['mnist-baseline', 'mnist', 'TEST', 0.1, 0.1] as const);
try {
  console.log(processorName());
  if (values.only.includes('real')) await real();
  if (values.only.includes('simulated')) await simulated();
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function real(): Promise<void> {
  const app = await startApplication(loadConfig({ ...variables, GAUNTLET_WORKER: 'false' }), pino({ level: 'warn' }));
  try {
    const { evaluations, datasets, models, prisma } = app.services;
    const principal = { name: 'bench', role: 'ADMIN' as const };
    const dataset = await datasets.register({ name: `${format} ${split}`, format, split });
    const folder = join(loadConfig({}).assetsDirectory, 'models', network);
    const tables = [];
    for (const [title, kind, parameters, count] of [
      ['FGSM', 'FGSM', { epsilon }, Number(values.images)],
      ['AutoAttack', 'AUTO_ATTACK_LINF', { epsilon: epsilonOfAutoAttack }, Number(values.autoattack)],
    ] as const) {
      if (count === 0) continue;
      const seconds: number[] = [];
      for (const workers of [1, 2]) {
        const stop = await startWorkers(workers);
        // A row of its own, as the same request would be answered from what there is. The first images compile, on each worker.
        for (const [offset, sampleCount] of [
          [0, 64 * workers],
          [0, count],
        ] as const) {
          const model = await models.submitFolder(principal, { name: `${title} ${workers} ${sampleCount}`, visibility: 'PUBLIC' }, folder);
          const request = { modelIds: [model.id], datasetId: dataset.id, attacks: [{ definition: findAttack(kind), parameters }] };
          const began = performance.now();
          const [evaluation] = await evaluations.start(principal, { ...request, offset, sampleCount, seed: 0, keepImages: false });
          const { jobId } = evaluation!;
          for (;;) {
            const { state, error } = await prisma.job.findUniqueOrThrow({ where: { id: jobId } });
            if (state === 'SUCCEEDED') break;
            if (state === 'FAILED') throw new Error(error!);
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
          if (sampleCount === count) seconds.push((performance.now() - began) / 1000);
        }
        await stop();
      }
      const call = { folder, format, split: split === 'TRAIN' ? 'train' : 'test', cifar10: values.cifar10, kind, parameters };
      const single = await callsAtOnce([{ ...call, start: 0, count }]);
      const between = await callsAtOnce([{ ...call, start: 0, count, between: true }]);
      const half = Math.ceil(count / 2);
      const halves = await callsAtOnce([0, half].map((start) => ({ ...call, start, count: Math.min(half, count - start) })));
      const [one, two] = seconds as [number, number];
      tables.push({
        network,
        attack: title,
        images: count,
        'one call s': single.toFixed(2),
        'by a process s': between.toFixed(2),
        'two calls s': halves.toFixed(2),
        '1 worker s': one.toFixed(2),
        '2 workers s': two.toFixed(2),
        'process between': `${(100 * (between / single - 1)).toFixed(1)} %`,
        'overhead of parts': `${(100 * (one / single - 1)).toFixed(1)} %`,
        'speed-up': (one / two).toFixed(2),
        'speed-up of calls': (single / halves).toFixed(2),
      });
    }
    console.table(tables);
  } finally {
    await app.close();
  }
}

/** Worker processes, each on a core of its own. @returns what stops them. */
async function startWorkers(count: number): Promise<() => Promise<void>> {
  const entry = join(import.meta.dirname, '..', 'src', 'worker.js');
  const workers = Array.from({ length: count }, (_, core) =>
    spawn('taskset', ['-c', String(core), process.execPath, entry], {
      env: { PATH: process.env.PATH, ...variables, GAUNTLET_LOG_LEVEL: 'info', GAUNTLET_LOG_PRETTY: 'false' },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  await Promise.all(
    workers.map(
      (worker) =>
        new Promise<void>((resolve) => worker.stdout.on('data', (text: Buffer) => String(text).includes('waiting for jobs') && resolve())),
    ),
  );
  return async () => {
    await Promise.all(workers.map((worker) => (worker.kill('SIGTERM'), once(worker, 'exit'))));
  };
}

/** Seconds of attacks as one call each, by processes on a core each that have compiled it, until the last has ended. */
async function callsAtOnce(requests: readonly object[]): Promise<number> {
  const children = await Promise.all(
    requests.map(async (request, core) => {
      const execArgv = ['-c', String(core), process.execPath];
      const child = fork(join(import.meta.dirname, 'scale-one-call.js'), [], { execPath: 'taskset', execArgv });
      child.send(request);
      await once(child, 'message');
      return child;
    }),
  );
  const seconds = children.map(async (child) => {
    child.send('go');
    const [passed] = (await once(child, 'message')) as [number];
    return passed;
  });
  return Math.max(...(await Promise.all(seconds)));
}

async function simulated(): Promise<void> {
  const rows = [];
  const { database, jobOf, close } = await prepare({ ...variables, GAUNTLET_PART_SECONDS: '1' });
  for (const count of values.workers.split(',').map(Number)) {
    const simulation: Simulation = { workers: count, parts: count * Number(values.parts) };
    const stop = await startSimulated({ ...variables, GAUNTLET_PART_SECONDS: '1' }, count);
    const before = await database.statistics();
    const began = performance.now();
    await jobOf(simulation);
    const seconds = (performance.now() - began) / 1000;
    const after = await database.statistics();
    await stop();
    const ideal = simulation.parts / count;
    rows.push({
      workers: count,
      parts: simulation.parts,
      seconds: seconds.toFixed(1),
      efficiency: (ideal / seconds).toFixed(3),
      'transactions/s': ((after.commits - before.commits) / seconds).toFixed(0),
      'rows written/s': ((after.written - before.written) / seconds).toFixed(0),
    });
  }
  console.table(rows);
  await close();
}
