/** `/metrics` for Prometheus. @module */
import type { RequestHandler } from 'express';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { ComputeProcessStatus, SupervisedCompute } from '../compute/host/index.js';
import { computeSeconds, failedJobs, storedBytes, waitingParts, workersByEngine } from '../services/metrics/measurements.js';
import type { Database, DatabaseClient } from '../storage/database.js';
import { JobState } from '../storage/generated/enums.js';
import type { Principal } from '../services/token/principal.js';
import { principalOf } from './admission.js';

export interface Metrics {
  /** Answers `GET /metrics`. */
  readonly report: RequestHandler;
  /** Measures every request. */
  readonly measure: RequestHandler;
}

export function createMetrics({ prisma, pool }: Pick<Database, 'prisma' | 'pool'>, compute: SupervisedCompute): Metrics {
  const registry = new Registry();
  // Names of owners are for admins.
  const owners = new Registry();
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
  queueMetrics(registry, prisma);
  storageMetrics(registry, { prisma, pool });
  ownerMetrics(owners, prisma);
  engineMetrics(registry, compute);
  memoryMetrics(registry, compute);
  processMetrics(registry, compute);

  const report: RequestHandler = async (_request, response) => {
    // Nobody is known where the route is public.
    const principal = principalOf(response) as Principal | undefined;
    const shown = principal?.role === 'ADMIN' ? Registry.merge([registry, owners]) : registry;
    response.type(registry.contentType).send(await shown.metrics());
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

function queueMetrics(registry: Registry, prisma: DatabaseClient): void {
  const registers = [registry];
  new Gauge({
    name: 'gauntlet_workers',
    help: 'Living workers by engine.',
    labelNames: ['engine'],
    registers,
    async collect() {
      this.reset();
      for (const [engine, count] of await workersByEngine(prisma)) this.set({ engine }, count);
    },
  });
  new Gauge({
    name: 'gauntlet_parts_waiting_seconds',
    help: 'How long the oldest part of a job has waited for a worker, by kind of job.',
    labelNames: ['kind'],
    registers,
    async collect() {
      this.reset();
      for (const { kind, seconds } of await waitingParts(prisma)) this.set({ kind }, seconds);
    },
  });
  new Gauge({
    name: 'gauntlet_parts_waiting',
    help: 'Parts of jobs that wait for a worker, by kind of job.',
    labelNames: ['kind'],
    registers,
    async collect() {
      this.reset();
      for (const { kind, count } of await waitingParts(prisma)) this.set({ kind }, count);
    },
  });
  new Gauge({
    name: 'gauntlet_jobs_failed',
    help: 'Failed jobs in the database, by kind and error code.',
    labelNames: ['kind', 'code'],
    registers,
    async collect() {
      this.reset();
      for (const { kind, code, count } of await failedJobs(prisma)) this.set({ kind, code }, count);
    },
  });
}

function storageMetrics(registry: Registry, { prisma, pool }: Pick<Database, 'prisma' | 'pool'>): void {
  const registers = [registry];
  new Gauge({
    name: 'gauntlet_database_connections',
    help: 'Connections of this server to the database, and requests that wait for one.',
    labelNames: ['state'],
    registers,
    collect() {
      const { total, idle, waiting } = pool();
      this.set({ state: 'active' }, total - idle);
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'waiting' }, waiting);
    },
  });
  new Gauge({
    name: 'gauntlet_stored_bytes',
    help: 'Bytes in the artifact store by what they are for. Bytes that two owners share count for both.',
    labelNames: ['kind'],
    registers,
    async collect() {
      this.reset();
      for (const { kind, bytes } of await storedBytes(prisma)) this.inc({ kind }, bytes);
    },
  });
}

function ownerMetrics(registry: Registry, prisma: DatabaseClient): void {
  const registers = [registry];
  new Counter({
    name: 'gauntlet_owner_compute_seconds_total',
    help: 'Seconds that the jobs of an owner have computed.',
    labelNames: ['owner'],
    registers,
    async collect() {
      this.reset();
      for (const { owner, seconds } of await computeSeconds(prisma)) this.inc({ owner }, seconds);
    },
  });
  new Gauge({
    name: 'gauntlet_owner_stored_bytes',
    help: 'Bytes of an owner in the artifact store, by what they are for.',
    labelNames: ['owner', 'kind'],
    registers,
    async collect() {
      this.reset();
      for (const { owner, kind, bytes } of await storedBytes(prisma)) this.set({ owner, kind }, bytes);
    },
  });
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
  new Gauge({
    name: 'gauntlet_memory_kept',
    help: 'How many compiled functions, models, data sets and sets of images are kept.',
    labelNames: ['kind'],
    registers,
    async collect() {
      for (const [kind, count] of Object.entries((await compute.memoryStatistics()).kept)) this.set({ kind }, count);
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
