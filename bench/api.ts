/**
 * Speed of GraphQL queries over HTTP on a database that is full:
 * `npm run bench:api -- [--models 1000] [--evaluations 100000] [--postgres URL] [--seconds 5] [--concurrency 1] [--computing]`.
 * With `--computing` all cores attack a network meanwhile. *Loop* is the delay of the event loop, which client, server and embedded database share.
 * Without a URL on the embedded database, in a temporary folder. The PostgreSQL database must be empty: `bash scripts/with-postgres.sh bash -c
 * 'npm run bench:api -- --postgres $GAUNTLET_TEST_DATABASE_URL'` starts one for it. Statements are those that a request sends, the look-up of its token included; CPU is that of
 * this process, client and server, and of the embedded database. It says more than the times where the machine has other work.
 *
 * Statistics are kept until what they rest on changes. *Cold* is each request after such a change, and no two in a row the same; *warm* is the same request again.
 * @module
 */
import '../src/production.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { startApplication, type Application } from '../src/application.js';
import { loadConfig } from '../src/config.js';
import { encodeGlobalId } from '../src/storage/global-id.js';
import { ATTACK_KINDS, DATASET_ID, epsilonOf, modelId, TARGETS, writeRows } from './api-rows.js';
import { processorName } from './machine.js';

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: '1000' },
    evaluations: { type: 'string', default: '100000' },
    postgres: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '1' },
    computing: { type: 'boolean', default: false },
  },
});
const models = Number(values.models);
const datasetId = encodeGlobalId('Dataset', DATASET_ID);
const modelIds = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => encodeGlobalId('Model', modelId((from + i) % models)));
const SHARE = '{ value lower upper n }';

interface Workload {
  readonly title: string;
  /** Whether the answer is kept. */
  readonly kept: boolean;
  readonly query: string;
  /** @param turn differs from request to request. */
  variables(turn: number): object;
  /** Number of things that the answer must have. */
  expected(data: never): number;
  readonly count: number;
}

const WORKLOADS: readonly Workload[] = [
  {
    title: '50 evaluations with model, data set and job',
    kept: false,
    query: `query ($epsilon: Magnitude) { evaluations(first: 50, filter: { epsilonMin: $epsilon, epsilonMax: $epsilon }) { nodes { id createdAt sampleCount attack { kind epsilon parameters }
      clean { top1 ${SHARE} } adversarial { top1 ${SHARE} } successRate ${SHARE} findings { code } model { id name } dataset { id name } job { id state } } } }`,
    variables: () => ({ epsilon: epsilonOf(1) }),
    expected: ({ evaluations }: { evaluations: { nodes: [] } }) => evaluations.nodes.length,
    count: 50,
  },
  {
    title: '20 × 20 transfer matrix',
    kept: true,
    query: `query ($input: TransferMatrixInput!) { transferMatrix(input: $input) { sources { id name } targets { id name }
      cells { source { id } target { id } attack { kind epsilon } n rate ${SHARE} errorRate ${SHARE} agreement ${SHARE} } } }`,
    variables: (turn) => {
      const ids = modelIds(Math.floor((turn * TARGETS) % models), TARGETS);
      return { input: { datasetId, sourceIds: ids, targetIds: ids, attackKinds: ['FGSM'], epsilons: [epsilonOf(1)] } };
    },
    expected: ({ transferMatrix }: { transferMatrix: { cells: [] } }) => transferMatrix.cells.length,
    count: TARGETS ** 2,
  },
  {
    title: `leaderboard of ${models} models`,
    kept: true,
    query: `query ($input: LeaderboardInput!) { leaderboard(input: $input) { sampleCount
      entries(first: 100) { totalCount nodes { rank tiedFrom tiedTo clean ${SHARE} robust ${SHARE} attackKinds evaluationCount model { id name } } } } }`,
    variables: () => ({ input: { datasetId, norm: 'LINF', epsilon: epsilonOf(1) } }),
    expected: ({ leaderboard }: { leaderboard: { entries: { totalCount: number } } }) => leaderboard.entries.totalCount,
    count: models,
  },
  {
    title: 'robustness curve of 10 models',
    kept: true,
    query: `query ($input: RobustnessCurveInput!) { robustnessCurve(input: $input) { curves { model { id name } sampleCount parameters points { epsilon top1 ${SHARE} top5 ${SHARE} } } } }`,
    variables: (turn) => ({
      input: { datasetId, modelIds: modelIds((turn * 37) % models, 10), attackKind: ATTACK_KINDS[turn % ATTACK_KINDS.length] },
    }),
    expected: ({ robustnessCurve }: { robustnessCurve: { curves: { points: [] }[] } }) =>
      robustnessCurve.curves.filter(({ points }) => points.length > 1).length,
    count: 10,
  },
  {
    title: `label leaking of ${models} models, 50 rows of it`,
    kept: true,
    query: `query ($input: LabelLeakingInput!) { labelLeaking(input: $input, first: 50) { totalCount nodes { scheme gained lost pValue adjustedPValue clean ${SHARE} adversarial ${SHARE}
      model { id name } evaluation { id attack { kind epsilon } } } } }`,
    variables: () => ({ input: { datasetId } }),
    expected: ({ labelLeaking }: { labelLeaking: { nodes: [] } }) => labelLeaking.nodes.length,
    count: 50,
  },
];

/** What a result that lands does to all that is kept. */
const CHANGE = 'UPDATE "Dataset" SET "revision" = "revision" + 1';
let statements = 0;

type State = 'cold' | 'warm' | '–';

async function measure(application: Application, { title, query, variables, expected, count }: Workload, state: State) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${application.firstToken}` };
  /** @returns milliseconds. */
  const ask = async (turn: number) => {
    if (state === 'cold') await application.services.prisma.$executeRawUnsafe(CHANGE);
    const before = performance.now();
    const response = await fetch(application.graphqlUrl, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables: variables(state === 'warm' ? 0 : turn) }),
    });
    const { data, errors } = (await response.json()) as { data: never; errors?: unknown };
    if (errors || expected(data) !== count) throw new Error(`${title}: ${JSON.stringify(errors ?? expected(data))}`);
    return performance.now() - before;
  };
  for (let turn = 0; turn < 10; turn++) await ask(turn);
  statements = 0;
  const times: number[] = [];
  const loopDelay = monitorEventLoopDelay({ resolution: 5 });
  loopDelay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + Number(values.seconds) * 1000;
  const loop = async () => {
    while (performance.now() < end) times.push(await ask(times.length));
  };
  await Promise.all(Array.from({ length: Number(values.concurrency) }, loop));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  loopDelay.disable();
  times.sort((a, b) => a - b);
  const quantile = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!.toFixed(1);
  return {
    query: title,
    kept: state,
    'requests/s': (times.length / seconds).toFixed(1),
    'p50 ms': quantile(0.5),
    'p99 ms': quantile(0.99),
    'loop p50 ms': (loopDelay.percentile(50) / 1e6).toFixed(1),
    'loop p99 ms': (loopDelay.percentile(99) / 1e6).toFixed(1),
    'CPU ms': ((user + system) / 1000 / times.length).toFixed(1),
    statements: Number((statements / times.length).toFixed(2)),
    requests: times.length,
  };
}

/** Attacks a network on all cores until the signal aborts. @returns examples attacked. */
async function computeUntil({ compute }: Application['runtime'], signal: AbortSignal): Promise<number> {
  const model = { format: 'LAYERS_MODEL', directory: join(config.assetsDirectory, 'models', 'mnist-baseline') } as const;
  const attack = { kind: 'PGD', parameters: { epsilon: 0.1, steps: 10 } };
  for (let shard = 0; ; shard++) {
    const request = {
      model,
      dataset: { format: 'mnist', split: 'test' },
      attack,
      seed: shard,
      offset: (shard % 39) * 256,
      count: 256,
      keepImages: true,
    } as const;
    try {
      await compute.evaluateShard(request, signal);
    } catch (error) {
      if (signal.aborted) return shard * request.count;
      throw error;
    }
  }
}

const directory = await mkdtemp(join(tmpdir(), 'gauntlet-bench-'));
const config = loadConfig({
  GAUNTLET_PORT: '0',
  GAUNTLET_DATA_DIR: directory,
  GAUNTLET_DEMO: 'false',
  GAUNTLET_WORKER: 'false',
  GAUNTLET_REQUESTS_PER_MINUTE: '10000000',
  DATABASE_URL: values.postgres,
});
const application = await startApplication(config, pino({ level: 'error' }), {
  onQuery: (sql) => {
    if (sql !== CHANGE) statements++;
  },
});
try {
  const { prisma, kind } = application.runtime.database;
  const before = performance.now();
  await writeRows(prisma, { models, evaluations: Number(values.evaluations) });
  const writing = ((performance.now() - before) / 1000).toFixed(0);
  console.log(`${models} models, ${values.evaluations} evaluations, ${kind} database, written in ${writing} s; ${processorName()}`);
  const rows = [];
  const computing = new AbortController();
  const start = performance.now();
  const attacked = values.computing ? computeUntil(application.runtime, computing.signal) : undefined;
  for (const workload of WORKLOADS) {
    for (const state of workload.kept ? (['cold', 'warm'] as const) : (['–'] as const))
      rows.push(await measure(application, workload, state));
  }
  console.table(rows);
  computing.abort();
  if (attacked)
    console.log(`Meanwhile ${((await attacked) / ((performance.now() - start) / 1000)).toFixed(0)} images a second were attacked by PGD.`);
  console.log(`Load of the machine over the last minute: ${loadavg()[0]!.toFixed(1)}`);
} finally {
  await application.close();
  await rm(directory, { recursive: true, force: true });
}
