/**
 * `npm run bench:large-requests -- [--budgets 400] [--models 2] [--times 3]`: the largest requests of each kind to a server with the embedded database, one after
 * the other, and how long another client waits meanwhile for a query of its own. Nothing computes. GAUNTLET_DATABASE_URL of the environment is passed on as DATABASE_URL.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dataOf, graphqlClient } from '../tests/server/support/client.js';
import { startOtherClient } from '../tests/server/support/other-client.js';
import { startProcess } from '../tests/server/support/process.js';
import { processorName } from './machine.js';

const { values } = parseArgs({
  options: {
    budgets: { type: 'string', default: '400' },
    models: { type: 'string', default: '2' },
    times: { type: 'string', default: '3' },
  },
});
const [budgets, modelCount, times] = [values.budgets, values.models, values.times].map(Number) as [number, number, number];

const directory = await mkdtemp(join(tmpdir(), 'gauntlet-large-'));
const server = await startProcess('server.js', {
  DATABASE_URL: process.env.GAUNTLET_DATABASE_URL,
  GAUNTLET_DATA_DIR: directory,
  GAUNTLET_DEMO: 'true',
  GAUNTLET_WORKER: 'false',
  GAUNTLET_REQUESTS_PER_MINUTE: '10000000',
  GAUNTLET_QUEUE_MAX_PENDING: '1000000',
  GAUNTLET_QUEUE_MAX_PER_NAME: '1000000',
  GAUNTLET_LOG_LEVEL: 'error',
});
// It reads of the database.
const other = startOtherClient({
  url: `${server.url}/graphql`,
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${server.token}` },
  body: JSON.stringify({ query: '{ jobs(first: 1) { nodes { id state } } }' }),
});
const graphql = graphqlClient(`${server.url}/graphql`, `Bearer ${server.token}`);
const mutate = async (name: string, input: object, fields = '') => {
  const type = name[0]!.toUpperCase() + name.slice(1);
  const query = `mutation ($input: ${type}Input!) { payload: ${name}(input: $input) { __typename ... on ${type}Success { __typename ${fields} } ... on UserError { message } } }`;
  const { payload } = await dataOf(graphql(query, { input }));
  if (payload.__typename !== `${type}Success`) throw new Error(`${name}: ${payload.message}`);
  return payload;
};

/** A request, how long it took, and how long another client waited meanwhile. */
async function measure<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
  // What came before is over.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await other.slowestSince();
  const began = performance.now();
  const result = await work();
  const took = performance.now() - began;
  await new Promise((resolve) => setTimeout(resolve, 200));
  console.log(`${title}: ${took.toFixed(0)} ms; another client waited ${(await other.slowestSince()).toFixed(0)} ms at most`);
  return result;
}

const { models, datasets } = await dataOf(
  graphql('{ models { nodes { id spec { inputShape } } } datasets { nodes { id name imageShape } } }'),
);
const isMnist = (shape: number[]) => shape.join() === '28,28,1';
const datasetId = datasets.nodes.find((one: { imageShape: number[] }) => isMnist(one.imageShape)).id as string;
const modelIds = (models.nodes as { id: string; spec: { inputShape: number[] } }[])
  .filter(({ spec }) => isMnist(spec.inputShape))
  .slice(0, modelCount)
  .map(({ id }) => id);
const epsilons = Array.from({ length: budgets }, (_, i) => (i + 1) / (budgets + 1));
const request = (seed: number, ids: readonly string[]) => ({
  datasetId,
  modelIds: ids,
  attacks: [{ fgsm: { epsilon: 0.1 } }],
  epsilons,
  sampleCount: 100,
  seed,
});
console.log(`${budgets} budgets, ${modelIds.length} models; ${processorName()}`);
await measure('nothing', () => new Promise((resolve) => setTimeout(resolve, 2000)));
for (let seed = 0; seed < times; seed++) {
  const one = request(seed, modelIds.slice(0, 1));
  await measure(`startEvaluation of ${budgets} that are new`, () => mutate('startEvaluation', one, 'jobs { id }'));
  await measure(`startEvaluation of ${budgets} that are there`, () => mutate('startEvaluation', one, 'jobs { id }'));
}
const large = request(times, modelIds);
await measure(`startEvaluation of ${budgets * modelIds.length} that are new`, () => mutate('startEvaluation', large, 'jobs { id }'));
const { sourceIds, ...transfer } = { ...request(times + 1, []), sourceIds: modelIds, targetIds: modelIds, modelIds: undefined };
const { job } = await measure(`startTransfer of ${budgets * modelIds.length} evaluations that are new`, () =>
  mutate('startTransfer', { ...transfer, sourceIds }, 'job { id }'),
);
await measure('cancelJob of the transfer', () => mutate('cancelJob', { jobId: job.id }));
await measure(`deleteModel with ${budgets * (times + 2)} evaluations`, () => mutate('deleteModel', { modelId: modelIds[0] }));
await other.end();
await server.kill('SIGTERM');
await rm(directory, { recursive: true, force: true });
