/** `/metrics` for Prometheus. @module */
import type { RequestHandler } from 'express';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { ComputeProcessStatus, SupervisedCompute } from '../compute/host/index.js';
import type { DatabaseClient } from '../storage/database.js';
import { JobState } from '../storage/generated/enums.js';

export interface Metrics {
  /** Answers `GET /metrics`. */
  readonly report: RequestHandler;
  /** Measures every request. */
  readonly measure: RequestHandler;
}

export function createMetrics(prisma: DatabaseClient, compute: SupervisedCompute): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const durations = new Histogram({
    name: 'gauntlet_http_request_duration_seconds',
    help: 'Time to answer HTTP requests.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  new Gauge({
    name: 'gauntlet_jobs',
    help: 'Jobs by state.',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const rows = await prisma.job.groupBy({ by: ['state'], _count: { _all: true } });
      const counts = new Map(rows.map((row) => [row.state, row._count._all]));
      for (const state of Object.values(JobState)) this.set({ state }, counts.get(state) ?? 0);
    },
  });
  new Gauge({
    name: 'gauntlet_evaluated_images',
    help: 'Images attacked by all evaluations in the database, unfinished ones included.',
    registers: [registry],
    async collect() {
      const { _sum } = await prisma.job.aggregate({ where: { kind: 'evaluation' }, _sum: { done: true } });
      this.set(_sum.done ?? 0);
    },
  });
  engineMetrics(registry, compute);
  memoryMetrics(registry, compute);
  processMetrics(registry, compute);

  const report: RequestHandler = async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  };
  const measure: RequestHandler = (request, response, next) => {
    const stop = durations.startTimer();
    response.once('close', () => {
      // The pattern, not the path: ids would make endless series.
      const route = (request.route as { path?: string } | undefined)?.path ?? (request.baseUrl || 'other');
      stop({ method: request.method, route, status: response.statusCode });
    });
    next();
  };
  return { report, measure };
}

const ENGINE_COUNTERS = {
  compilations: 'Functions compiled by the engine.',
  compileSeconds: 'Time spent compiling and loading, in seconds.',
  cacheHits: 'Compiled functions found in memory.',
  diskHits: 'Compiled models found on disk.',
  runs: 'Runs of compiled functions.',
  runSeconds: 'Time spent running, in seconds.',
} as const;

const TRAINING_COUNTERS = {
  steps: 'Training steps.',
  images: 'Images trained on, each use counted.',
  seconds: 'Time spent training, in seconds.',
  dataSeconds: 'Time spent making minibatches, in seconds; most of it passes while a step runs.',
  waitSeconds: 'Time that training waited for minibatches, in seconds.',
} as const;

function engineMetrics(registry: Registry, compute: SupervisedCompute): void {
  counters(registry, 'engine', ENGINE_COUNTERS, () => compute.statistics());
  counters(registry, 'training', TRAINING_COUNTERS, () => compute.trainingStatistics());
}

function memoryMetrics(registry: Registry, compute: SupervisedCompute): void {
  const registers = [registry];
  new Gauge({
    name: 'gauntlet_memory_budget_bytes',
    help: 'Memory that the process may occupy: GAUNTLET_COMPUTE_MEMORY.',
    registers,
    async collect() {
      this.set((await compute.memoryStatistics()).budget);
    },
  });
  new Gauge({
    name: 'gauntlet_memory_resident_bytes',
    help: 'Memory that the process occupies.',
    registers,
    async collect() {
      this.set((await compute.memoryStatistics()).resident);
    },
  });
  new Gauge({
    name: 'gauntlet_memory_held_bytes',
    help: 'Memory that what is kept was measured to take when it was made and first used.',
    labelNames: ['kind'],
    registers,
    async collect() {
      for (const [kind, bytes] of Object.entries((await compute.memoryStatistics()).held)) this.set({ kind }, bytes);
    },
  });
  counters(registry, 'memory', { released: 'Things released for want of room, or because they were not used.' }, async () => ({
    released: (await compute.memoryStatistics()).released,
  }));
}

function processMetrics(registry: Registry, compute: SupervisedCompute): void {
  const gauge = (name: string, help: string, read: (status: ComputeProcessStatus) => number) =>
    new Gauge({
      name: `gauntlet_compute_process_${name}`,
      help,
      registers: [registry],
      async collect() {
        this.set(read(await compute.processStatus()));
      },
    });
  gauge('up', 'Whether the computing process runs; at rest it does not.', ({ state }) => Number(state === 'running'));
  gauge('pid', 'Number of the computing process; 0 at rest.', ({ pid }) => pid ?? 0);
  gauge('resident_bytes', 'Memory of the computing process, without files mapped into it.', ({ residentBytes }) => residentBytes);
  counters(registry, 'compute_process', { restarts: 'Ends of the computing process that nobody asked for.' }, async () => ({
    restarts: (await compute.processStatus()).restarts,
  }));
}

function counters<Name extends string>(
  registry: Registry,
  subject: string,
  helps: Readonly<Record<Name, string>>,
  read: () => Promise<Readonly<Record<Name, number>>>,
): void {
  for (const [name, help] of Object.entries(helps) as [Name, string][]) {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    new Counter({
      name: `gauntlet_${subject}_${snake}_total`,
      help,
      registers: [registry],
      async collect() {
        const statistics = await read();
        this.reset();
        this.inc(statistics[name]);
      },
    });
  }
}
