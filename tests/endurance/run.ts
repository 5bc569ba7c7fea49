/**
 * Everything dies at random: `npm run chaos -- [--minutes 2] [--seed 1] [--workers 3] [--embedded]`.
 *
 * A server, workers, PostgreSQL and an object store run as processes. Clients ask for jobs of every kind, while the server and the workers are killed, PostgreSQL is
 * restarted without warning, and the store is cut off. In the end every job that a client was told of has succeeded, with the numbers of an undisturbed run to the
 * bit, no part is left, and store and rows agree. With `--embedded`, the server alone is killed, on the embedded database and a folder.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import pg from 'pg';
import { randomStream } from '../../src/compute/random.js';
import { graphqlClient, type GraphQLClient } from '../server/support/client.js';
import { startProcess, type ServerProcess } from '../server/support/process.js';
import { KINDS, prepareModels, type Fixture } from './kinds.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '3' },
    embedded: { type: 'boolean', default: false },
  },
});
const databaseUrl = values.embedded ? undefined : process.env.GAUNTLET_TEST_DATABASE_URL;
const restartCommand = process.env.GAUNTLET_TEST_DATABASE_RESTART;
const store = process.env.GAUNTLET_TEST_S3;
if (!values.embedded && (!databaseUrl || !restartCommand || !store))
  throw new Error('Run it as npm run chaos, which starts PostgreSQL and a store.');

const stream = randomStream(Number(values.seed), 'chaos', 0);
const random = () => stream.uniform();
const directory = await mkdtemp(join(tmpdir(), 'gauntlet-chaos-'));
const gate = values.embedded ? undefined : await storeGate(process.env.AWS_ENDPOINT_URL_S3!);
const common = {
  DATABASE_URL: databaseUrl,
  GAUNTLET_THREADS: '1',
  GAUNTLET_PART_SECONDS: '1',
  GAUNTLET_SHARD_SIZE: '32',
  GAUNTLET_QUEUE_HEARTBEAT_SECONDS: '10',
  ...(gate && { GAUNTLET_ARTIFACTS: `${store}/chaos`, ...awsVariables(), AWS_ENDPOINT_URL_S3: gate.url }),
};
let authorization = '';
const counts = { 'killed server': 0, 'killed workers': 0, 'restarted PostgreSQL': 0, 'cut off store': 0 };

/** A process that is started again when it is gone. */
class Restarted {
  process: ServerProcess | undefined;
  private starting: Promise<void> | undefined;

  constructor(
    private readonly entry: 'server.js' | 'worker.js',
    private readonly variables: Record<string, string | undefined>,
  ) {}

  /** Tries again while database or store are away. */
  start(): Promise<void> {
    return (this.starting ??= this.tryToStart().finally(() => (this.starting = undefined)));
  }

  private async tryToStart(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        this.process = await startProcess(this.entry, this.variables);
        if (this.process.token) authorization = `Bearer ${this.process.token}`;
        return;
      } catch (error) {
        if (tries === 60) throw error;
        await sleep(1000);
      }
    }
  }

  async kill(): Promise<void> {
    await this.process?.kill('SIGKILL');
    this.process = undefined;
    await this.start();
  }
}

const server = new Restarted('server.js', {
  ...common,
  GAUNTLET_DATA_DIR: join(directory, 'server'),
  GAUNTLET_WORKER: values.embedded ? 'true' : 'false',
});
const workers = Array.from(
  { length: values.embedded ? 0 : Number(values.workers) },
  (_, i) => new Restarted('worker.js', { ...common, GAUNTLET_DATA_DIR: join(directory, `worker-${i}`) }),
);

/** What a client asks again after: the database is away, or what was asked of it met its end. */
const RETRIED = new Set(['INTERNAL_SERVER_ERROR', 'UNAVAILABLE']);

/** Asks whichever server there is, until one answers. */
const graphql: GraphQLClient = async (query, variables) => {
  for (let tries = 0; ; tries++) {
    try {
      const answer = await graphqlClient(`${server.process!.url}/graphql`, authorization)(query, variables);
      if (!answer.errors?.some(({ extensions }) => RETRIED.has(String(extensions?.code)))) return answer as never;
      if (tries === 240) return answer as never;
    } catch (error) {
      if (tries === 240) throw error;
    }
    await sleep(500);
  }
};

try {
  await server.start();
  await Promise.all(workers.map((worker) => worker.start()));
  const undisturbed = await everyKind(await prepareModels(graphql, 'undisturbed'));
  const until = Date.now() + Number(values.minutes) * 60_000;
  const breaking = breakThings(until);
  let rounds = 0;
  const differing: string[] = [];
  while (Date.now() < until) {
    const numbers = await everyKind(await prepareModels(graphql, `round ${++rounds}`));
    for (const [kind, expected] of Object.entries(undisturbed)) {
      if (JSON.stringify(numbers[kind]) !== JSON.stringify(expected)) differing.push(`${kind} in round ${rounds}`);
    }
  }
  await breaking;
  const left = await leftovers();
  console.table([{ rounds, jobs: rounds * Object.keys(KINDS).length, ...counts, differing: differing.length, ...left }]);
  if (differing.length > 0) console.error(`Other numbers than undisturbed: ${differing.join(', ')}.`);
  if (differing.length > 0 || Object.values(left).some((count) => count > 0)) process.exitCode = 1;
} finally {
  await Promise.all([server, ...workers].map(({ process: child }) => child?.kill('SIGKILL')));
  gate?.close();
  await rm(directory, { recursive: true, force: true });
}

/** Jobs of all kinds at once. @returns their numbers by kind. */
async function everyKind(fixture: Fixture): Promise<Record<string, unknown>> {
  const entries = Object.entries(KINDS).map(async ([kind, run]) => [kind, await run(graphql, fixture)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function breakThings(until: number): Promise<void> {
  const ways = values.embedded ? [killServer] : [killServer, killWorker, killWorker, killWorker, restartDatabase, cutStore];
  while (Date.now() < until) {
    await sleep(2000 + 6000 * random());
    await ways[Math.floor(random() * ways.length)]!();
  }
}

async function killServer(): Promise<void> {
  counts['killed server']++;
  await server.kill();
}

async function killWorker(): Promise<void> {
  counts['killed workers']++;
  await workers[Math.floor(random() * workers.length)]!.kill();
}

/** At once, without letting anybody finish. */
async function restartDatabase(): Promise<void> {
  counts['restarted PostgreSQL']++;
  await promisify(execFile)(restartCommand!);
}

async function cutStore(): Promise<void> {
  counts['cut off store']++;
  gate!.cut();
  await sleep(3000);
  gate!.open();
}

/** What must not be there in the end. */
async function leftovers(): Promise<Record<string, number>> {
  if (!databaseUrl) return {};
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const count = async (sql: string) => Number((await client.query<{ count: string }>(`SELECT count(*) FROM ${sql}`)).rows[0]!.count);
    return {
      'jobs not ended': await count(`"Job" WHERE "state" IN ('QUEUED', 'RUNNING')`),
      'jobs failed': await count(`"Job" WHERE "state" = 'FAILED'`),
      'parts left': await count('"JobPart"'),
      'double rows': await count(`(SELECT FROM "Evaluation" GROUP BY "requestHash" HAVING count(*) > 1) AS doubles`),
      'rows without bytes': await count(`"Artifact" WHERE "missingSince" IS NOT NULL`),
    };
  } finally {
    await client.end();
  }
}

/** A door to the store that can be shut. */
async function storeGate(endpoint: string) {
  const { hostname, port } = new URL(endpoint);
  const sockets = new Set<Socket>();
  let isOpen = true;
  const proxy: Server = createServer((socket) => {
    if (!isOpen) return void socket.destroy();
    const target = connect(Number(port), hostname);
    for (const one of [socket, target]) {
      sockets.add(one);
      one.on('close', () => sockets.delete(one)).on('error', () => undefined);
    }
    socket.on('close', () => target.destroy());
    target.on('close', () => socket.destroy());
    socket.pipe(target).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as { port: number }).port}`,
    cut: () => {
      isOpen = false;
      for (const socket of sockets) socket.destroy();
    },
    open: () => void (isOpen = true),
    close: () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}

function awsVariables(): Record<string, string | undefined> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION } = process.env;
  return { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, GAUNTLET_S3_PATH_STYLE: 'true' };
}
