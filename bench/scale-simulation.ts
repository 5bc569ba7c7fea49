/** Workers of bench/scale.ts that sleep where others compute. @module */
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { ShardRequest, ShardResult, SupervisedCompute } from '../src/compute/index.js';
import { loadConfig } from '../src/config.js';
import { openRuntime, type Runtime } from '../src/runtime.js';
import { DATASET_ID, modelId, writeRows } from './api-rows.js';

export interface Simulation {
  readonly workers: number;
  readonly parts: number;
}

/** Images of a part: as many as the first has, so that all are alike. */
const IMAGES = 16;
const PART_SECONDS = 1;

/** What a database has counted. */
interface Statistics {
  readonly commits: number;
  readonly written: number;
}

/** A database with one model and one data set that is large enough. */
export async function prepare(variables: Record<string, string>) {
  const runtime = await open(variables);
  const { prisma } = runtime.database;
  await writeRows(prisma, { models: 1, evaluations: 1 });
  await prisma.dataset.update({ where: { id: DATASET_ID }, data: { exampleCount: 1_000_000 } });
  // Without files, which nobody opens.
  await prisma.model.update({ where: { id: modelId(0) }, data: { endpoint: { url: 'http://127.0.0.1' }, artifactId: null } });
  let seed = 0;
  return {
    database: {
      async statistics(): Promise<Statistics> {
        const [row] = await prisma.$queryRaw<{ commits: bigint; written: bigint }[]>`
          SELECT xact_commit AS commits, tup_inserted + tup_updated + tup_deleted AS written FROM pg_stat_database WHERE datname = current_database()`;
        return { commits: Number(row!.commits), written: Number(row!.written) };
      },
    },
    /** Queues an evaluation of so many parts, and waits until it is done. */
    async jobOf({ parts }: Simulation): Promise<void> {
      const sampleCount = parts * IMAGES;
      const job = await prisma.$transaction(async (tx) => {
        const created = await tx.job.create({ data: { owner: 'bench', kind: 'evaluation', total: sampleCount, unit: 'images' } });
        const request = {
          attackKind: 'FGSM',
          parameters: { epsilon: 0.1 },
          norm: 'LINF' as const,
          epsilon: 0.1,
          offset: 0,
          keepImages: false,
        };
        const row = {
          ...request,
          sampleCount,
          seed: ++seed,
          modelId: modelId(0),
          datasetId: DATASET_ID,
          jobId: created.id,
          requestHash: `${seed}`,
        };
        await tx.evaluation.create({ data: row });
        await runtime.queue.plan(tx, created.id);
        return created;
      });
      for (;;) {
        const { state, error } = await prisma.job.findUniqueOrThrow({ where: { id: job.id } });
        if (state === 'SUCCEEDED') return;
        if (state === 'FAILED') throw new Error(error!);
        await sleep(50);
      }
    },
    close: () => runtime.close(),
  };
}

/** Starts workers in this process, each with a queue and a pool of its own. @returns what stops them. */
export async function startSimulated(variables: Record<string, string>, count: number): Promise<() => Promise<void>> {
  const runtimes: Runtime[] = [];
  for (let i = 0; i < count; i++) runtimes.push(await open({ ...variables, GAUNTLET_DATABASE_POOL: '2' }));
  for (const runtime of runtimes) await runtime.work();
  return async () => {
    for (const runtime of runtimes) await runtime.close();
  };
}

const open = (variables: Record<string, string>): Promise<Runtime> =>
  openRuntime(loadConfig(variables), pino({ level: 'error' }), { openCompute: () => Promise.resolve(sleeping()) });

/** One part after the other, as on an engine. */
function sleeping(): SupervisedCompute {
  let last: Promise<unknown> = Promise.resolve();
  const engine = { kind: 'compiled', provider: 'cpu', threads: 1, versions: {}, label: 'simulated' } as const;
  const compute = {
    engine: () => Promise.resolve(engine),
    evaluateShard: ({ count }: ShardRequest): Promise<ShardResult> => {
      const seconds = (PART_SECONDS * count) / IMAGES;
      const turn = last.then(() => sleep(1000 * seconds));
      last = turn;
      return turn.then(() => resultOf(count, seconds));
    },
    forPart: () => compute,
    close: () => Promise.resolve(),
  };
  return compute as unknown as SupervisedCompute;
}

function resultOf(count: number, seconds: number): ShardResult {
  const [floats, integers, bytes] = [new Float32Array(count), new Int32Array(count), new Uint8Array(count)];
  const diagnostics = Object.fromEntries(
    [
      'examples',
      'saturated',
      'probabilities',
      'sampled',
      'changed',
      'differentiated',
      'zeroGradients',
      'vanishingGradients',
      'nonFiniteGradients',
    ].map((name) => [name, name === 'examples' ? count : 0]),
  );
  return {
    count,
    seconds,
    labels: integers,
    cleanPrediction: integers,
    cleanConfidence: floats,
    cleanTop5: bytes,
    cleanVotes: floats,
    adversarialPrediction: integers,
    adversarialConfidence: floats,
    adversarialTop5: bytes,
    adversarialVotes: floats,
    otherPrediction: floats,
    target: floats,
    linf: floats,
    l2: floats,
    l1: floats,
    l0: floats,
    ssim: floats,
    pass: floats,
    withoutStart: bytes,
    queries: integers,
    gradients: integers,
    budgetViolations: 0,
    diagnostics,
    phases: { compile: 0, decode: 0, clean: 0, attack: seconds, predict: 0, metrics: 0 },
    engine: { kind: 'compiled', provider: 'cpu', threads: 1, versions: {}, label: 'simulated' },
  } as unknown as ShardResult;
}
