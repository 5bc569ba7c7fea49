/**
 * Many clients at once for minutes, with all cores computing meanwhile: `npm run bench:clients -- [--clients 1000] [--seconds 300] [--pause 5] [--subscribers 50]`.
 * Each client asks one of a few queries, waits `--pause` seconds and asks again; subscribers hold a WebSocket with the progress of a job. Server and worker are a process of their
 * own, whose memory is read ten times. Says p50, p99, errors by kind, and how memory went: resident, and what is in use after garbage
 * collections.
 * @module
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createClient } from 'graphql-ws';
import { pino } from 'pino';
import WebSocket from 'ws';
import { startApplication } from '../src/application.js';
import { loadConfig } from '../src/config.js';
import { processorName } from './machine.js';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '300' },
    pause: { type: 'string', default: '5' },
    subscribers: { type: 'string', default: '50' },
  },
});
const [clients, seconds, pause, subscribers] = [values.clients, values.seconds, values.pause, values.subscribers].map(Number) as [
  number,
  number,
  number,
  number,
];

const READINGS = 10;

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);

/** Examples of a computing evaluation. */
const SAMPLES = 10_000;

interface Started {
  readonly url: string;
  readonly token: string;
}

async function serve(directory: string): Promise<void> {
  const config = loadConfig({
    GAUNTLET_PORT: '0',
    GAUNTLET_DATA_DIR: directory,
    GAUNTLET_REQUESTS_PER_MINUTE: '10000000',
    GAUNTLET_CONNECTIONS_MAX: '10000',
    GAUNTLET_SOCKET_MAX_COUNT: '10000',
    GAUNTLET_SUBSCRIPTION_MAX_COUNT: '10000',
  });
  const application = await startApplication(config, pino({ level: 'error' }));
  process.send!({ url: application.url, token: application.firstToken });
  process.on('message', (asked: 'memory' | 'end') => {
    if (asked === 'end') void application.close().finally(() => process.exit());
    else process.send!(memoryInUse());
  });
}

interface MemoryInUse {
  /** In bytes, all of them. */
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  readonly external: number;
}

/** After what nobody uses any more was collected. */
function memoryInUse(): MemoryInUse {
  globalThis.gc!();
  return process.memoryUsage();
}

type Ask = (query: string, variables?: object) => Promise<Record<string, never>>;

const askerOf =
  ({ url, token }: Started): Ask =>
  async (query, variables) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    const { data, errors } = (await response.json()) as { data: Record<string, never>; errors?: { extensions: { code: string } }[] };
    if (errors) throw new Error(errors[0]!.extensions.code);
    return data;
  };

/** What a dashboard asks. */
const QUERIES = [
  '{ models(first: 20) { nodes { id name visibility } } }',
  '{ evaluations(first: 20) { nodes { id sampleCount attack { kind epsilon } clean { top1 { value lower upper } } job { state progress { done total } } } } }',
  '{ jobs(first: 20) { nodes { id kind state progress { done total } } } }',
  '{ leaderboard(input: { datasetId: "DATASET", norm: LINF, epsilon: 0.1 }) { entries(first: 20) { nodes { rank clean { value } robust { value } model { name } } } } }',
];

async function datasetAndModel(ask: Ask): Promise<{ datasetId: string; modelId: string }> {
  for (;;) {
    const { models, datasets } = (await ask('{ models { nodes { id name } } datasets { nodes { id name imageShape } } }')) as unknown as {
      models: { nodes: { id: string; name: string }[] };
      datasets: { nodes: { id: string; imageShape: number[] }[] };
    };
    const model = models.nodes.find(({ name }) => name === 'mnist-baseline');
    const dataset = datasets.nodes.find(({ imageShape }) => imageShape.join() === '28,28,1');
    if (model && dataset) return { modelId: model.id, datasetId: dataset.id };
    await sleep(500);
  }
}

/** @returns the id of its job. */
async function startComputing(ask: Ask, ids: object, seed: number): Promise<string> {
  const query = `mutation ($input: StartEvaluationInput!) { startEvaluation(input: $input) { ... on StartEvaluationSuccess { jobs { id } } } }`;
  const attacks = [{ pgd: { epsilon: 0.1, steps: 40, restarts: 5 } }];
  const data = await ask(query, { input: { ...ids, attacks, sampleCount: SAMPLES, seed } });
  return (data as unknown as { startEvaluation: { jobs: { id: string }[] } }).startEvaluation.jobs[0]!.id;
}

async function residentBytes(pid: number): Promise<number> {
  const pages = Number((await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]);
  return pages * 4096;
}

const directory = process.env.GAUNTLET_BENCH_SERVER;
if (process.send && directory !== undefined) await serve(directory);
else await measure();

async function measure(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gauntlet-clients-'));
  const server = fork(fileURLToPath(import.meta.url), [], {
    env: { ...process.env, GAUNTLET_BENCH_SERVER: folder },
    execArgv: [...process.execArgv, '--expose-gc'],
  });
  const inUse = async () => {
    server.send('memory');
    const [answer] = (await once(server, 'message')) as [MemoryInUse];
    return answer;
  };
  try {
    const [started] = (await once(server, 'message')) as [Started];
    const ask = askerOf(started);
    const ids = await datasetAndModel(ask);
    const jobId = await startComputing(ask, ids, 1);
    const queries = QUERIES.map((query) => query.replace('DATASET', ids.datasetId));
    const times: number[] = [];
    const errors = new Map<string, number>();
    const end = performance.now() + seconds * 1000;
    const client = async (number: number) => {
      // They do not come all at once.
      await sleep((pause * 1000 * number) / clients);
      for (let turn = number; performance.now() < end; turn++) {
        const before = performance.now();
        try {
          await ask(queries[turn % queries.length]!);
          times.push(performance.now() - before);
        } catch (error) {
          const { message, cause } = error as Error & { cause?: { code?: string } };
          const kind = cause?.code ?? message;
          errors.set(kind, (errors.get(kind) ?? 0) + 1);
        }
        await sleep(pause * 1000);
      }
    };
    let events = 0;
    const sockets = Array.from({ length: subscribers }, () => {
      const socket = createClient({
        url: `${started.url.replace(/^http/, 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${started.token}` },
      });
      const query = `subscription { jobProgress(jobId: "${jobId}") { state progress { done } } }`;
      socket.subscribe(
        { query },
        { next: () => events++, error: (error) => errors.set(`socket: ${String(error)}`, 1), complete: () => undefined },
      );
      return socket;
    });
    const memory: number[] = [];
    const used: MemoryInUse[] = [];
    const watch = (async () => {
      for (let reading = 0; reading < READINGS; reading++) {
        await sleep((seconds * 1000) / READINGS);
        memory.push(await residentBytes(server.pid!));
        if (reading === 0 || reading === READINGS - 1) used.push(await inUse());
        // There is always something to compute.
        const { job } = (await ask('query ($id: ID!) { job(id: $id) { state } }', { id: jobId })) as unknown as { job: { state: string } };
        if (job.state !== 'RUNNING' && job.state !== 'QUEUED') await startComputing(ask, ids, reading + 2);
      }
    })();
    await Promise.all([watch, ...Array.from({ length: clients }, (_, i) => client(i))]);
    for (const socket of sockets) await socket.dispose();
    report({ times, errors, events, memory, used });
  } finally {
    server.send('end');
    await once(server, 'exit');
    await rm(folder, { recursive: true, force: true });
  }
}

function report({
  times,
  errors,
  events,
  memory,
  used,
}: {
  times: number[];
  errors: ReadonlyMap<string, number>;
  events: number;
  memory: readonly number[];
  used: readonly MemoryInUse[];
}): void {
  times.sort((a, b) => a - b);
  const quantile = (share: number) => `${(times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? NaN).toFixed(0)} ms`;
  const failed = [...errors].map(([kind, count]) => `${count} × ${kind}`).join(', ') || 'none';
  console.log(
    `${clients} clients for ${seconds} s, a request of each every ${pause} s; ${processorName()}, load ${loadavg()[0]!.toFixed(1)}`,
  );
  console.log(`${times.length} answers, p50 ${quantile(0.5)}, p99 ${quantile(0.99)}, slowest ${quantile(1)}; errors: ${failed}`);
  console.log(`${subscribers} subscribers heard ${events} events`);
  console.log(`memory of the server at each tenth, in MiB: ${memory.map(mebibytes).join(', ')}`);
  for (const [name, title] of [
    ['heapUsed', "JavaScript's heap"],
    ['arrayBuffers', 'arrays'],
    ['external', 'all outside the heap'],
  ] as const) {
    console.log(
      `in use after a collection, at the first and last tenth, in MiB: ${title} ${used.map((all) => mebibytes(all[name])).join(', ')}`,
    );
  }
}
