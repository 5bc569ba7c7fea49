/**
 * Whole evaluations over HTTP, by what their time goes into:
 * `npm run bench:evaluation -- [--cifar10 FOLDER] [--imagenet FOLDER --lite0 FILE.onnx --inception FILE.onnx] [--only m1,lite0] [--attacks fgsm,iterBasic] [--images 1000] [--pictures 256]`.
 * FGSM, then iter. basic with the paper's number of steps, or the `--attacks` that are named, each on the same examples, after one that compiles on a few others. The second finds decoded
 * pictures and clean predictions. Networks whose file or data is not given are left out. `bench/pytorch_evaluation.py` does the same work in PyTorch.
 * @module
 */
import '../src/production.js';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { startApplication } from '../src/application.js';
import { loadConfig } from '../src/config.js';
import { dataOf, graphqlClient, type GraphQLClient, until } from '../tests/server/support/client.js';
import { readJob, startEvaluation } from '../tests/server/support/operations.js';
import { readFolder, upload, zipOf } from '../tests/server/support/upload.js';
import { processorName } from './machine.js';
import { watchMemory } from './timing.js';

const { values } = parseArgs({
  options: {
    cifar10: { type: 'string' },
    imagenet: { type: 'string' },
    lite0: { type: 'string' },
    inception: { type: 'string' },
    only: { type: 'string' },
    attacks: { type: 'string', default: 'fgsm,iterBasic' },
    images: { type: 'string', default: '1000' },
    pictures: { type: 'string', default: '256' },
  },
});

interface Subject {
  readonly name: string;
  /** Key of its data set. */
  readonly format: string;
  readonly epsilon: number;
  readonly images: string;
  /** The file to submit; undefined where it was not given. */
  readonly file?: () => Promise<Buffer>;
  /** What to give. */
  readonly options: string;
}

const shipped = (name: string) => async () => zipOf(await readFolder(`assets/models/${name}`));
const fileOf = (path: string | undefined, data: string | undefined) => (path && data ? () => readFile(path) : undefined);

const SUBJECTS: readonly Subject[] = [
  { name: 'm1', format: 'mnist', epsilon: 0.3, images: values.images, file: shipped('mnist-baseline'), options: '' },
  {
    name: 'm2',
    format: 'cifar10',
    epsilon: 8 / 255,
    images: values.images,
    file: values.cifar10 ? shipped('cifar10-resnet-20') : undefined,
    options: '--cifar10',
  },
  {
    name: 'lite0',
    format: 'imagenet-224',
    epsilon: 8 / 255,
    images: values.pictures,
    file: fileOf(values.lite0, values.imagenet),
    options: '--lite0 and --imagenet',
  },
  {
    name: 'inception',
    format: 'imagenet',
    epsilon: 8 / 255,
    images: values.pictures,
    file: fileOf(values.inception, values.imagenet),
    options: '--inception and --imagenet',
  },
];

const REGISTER = `mutation ($input: RegisterDatasetInput!) {
  registerDataset(input: $input) { ... on RegisterDatasetSuccess { dataset { id exampleCount } } ... on UserError { message } }
}`;
const SUBMIT = `mutation ($input: SubmitModelInput!) {
  submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } ... on UserError { message } }
}`;
const SECONDS = `query ($id: ID!) { evaluation(id: $id) { throughput imagesPerSecond
  seconds { total compile decode clean attack predict metrics store } } }`;
/** Examples at the end of the data set, on which functions are compiled. */
const WARM_UP = 64;

async function succeeded(graphql: GraphQLClient, jobId: string): Promise<void> {
  const look = async () => {
    const job = await readJob(graphql, jobId);
    return ['SUCCEEDED', 'FAILED'].includes(job.state) && job;
  };
  const { state, error } = await until(look, `job ${jobId}`, 3_600_000);
  if (state === 'FAILED') throw new Error(error ?? undefined);
}

async function evaluate(graphql: GraphQLClient, input: object) {
  const { evaluationIds, jobIds } = await startEvaluation(graphql, input);
  await succeeded(graphql, jobIds[0]!);
  return (await dataOf(graphql(SECONDS, { id: evaluationIds[0] }))).evaluation;
}

async function measure({ name, format, epsilon, images, file }: Subject): Promise<Record<string, string | number>[]> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-bench-'));
  const given = { GAUNTLET_CIFAR10_DIR: values.cifar10, GAUNTLET_IMAGENET_DIR: values.imagenet };
  const settings = { GAUNTLET_PORT: '0', GAUNTLET_DATA_DIR: directory, GAUNTLET_DEMO: 'false', GAUNTLET_LOG_PRETTY: 'false' };
  // A server of its own, so that no other network is in its memory.
  const app = await startApplication(loadConfig({ ...settings, ...given }), pino({ level: 'silent' }));
  const authorization = `Bearer ${app.firstToken}`;
  const graphql = graphqlClient(app.graphqlUrl, authorization);
  try {
    const { registerDataset } = await dataOf(graphql(REGISTER, { input: { name: format, format } }));
    if (!registerDataset.dataset) throw new Error(registerDataset.message);
    const uploadId = await upload({ ...app, authorization }, await file!());
    const { submitModel } = await dataOf(graphql(SUBMIT, { input: { name, uploadId } }));
    if (!submitModel.job) throw new Error(submitModel.message);
    await succeeded(graphql, submitModel.job.id);
    const { id: datasetId, exampleCount } = registerDataset.dataset;
    const request = { modelId: submitModel.model.id, datasetId };
    const sampleCount = Math.min(Number(images), exampleCount - WARM_UP);
    const rows: Record<string, string | number>[] = [];
    for (const kind of values.attacks.split(',')) {
      const attacks = [{ [kind]: { epsilon } }];
      await evaluate(graphql, { ...request, attacks, sampleCount: WARM_UP, offset: exampleCount - WARM_UP });
      const before = process.cpuUsage();
      const { result, peakBytes } = await watchMemory(() => evaluate(graphql, { ...request, attacks, sampleCount }));
      const { total, compile, clean, attack, predict, ...others } = result.seconds;
      const { user, system } = process.cpuUsage(before);
      await setTimeout(2000);
      const needed = attack + clean + predict;
      const phases = Object.entries({ total, compile, clean, attack, predict, ...others }).map(([phase, s]) => [
        phase,
        Number(s).toFixed(2),
      ]);
      rows.push({
        network: name,
        kind,
        images: sampleCount,
        ...Object.fromEntries(phases),
        'whole ÷ needed': ((total - compile) / needed).toFixed(2),
        'CPU ms an image': Math.round((user + system) / 1000 / sampleCount),
        'images/s': result.imagesPerSecond.toFixed(1),
        'attack alone/s': result.throughput.toFixed(1),
        'peak MiB': Math.round(peakBytes / 2 ** 20),
        'resting MiB': Math.round(process.memoryUsage.rss() / 2 ** 20),
      });
      console.error(JSON.stringify(rows.at(-1)));
    }
    return rows;
  } finally {
    await app.close();
    await rm(directory, { recursive: true });
  }
}

console.log(
  `${processorName()}. Seconds; needed are attack, clean and predict. Compiling, which later evaluations are spared, is not counted in the quotient.`,
);
const rows: Record<string, string | number>[] = [];
for (const subject of SUBJECTS) {
  if (values.only && !values.only.split(',').includes(subject.name)) continue;
  if (subject.file) rows.push(...(await measure(subject)));
  else console.log(`${subject.name} is left out: give ${subject.options}.`);
}
console.table(rows);
