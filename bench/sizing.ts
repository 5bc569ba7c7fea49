/**
 * What work takes of a machine: `npm run bench:sizing -- [--cifar10 FOLDER] [--images 200] [--threads 2] [--output docs/operations.md]`.
 * Seconds of a core, which do not depend on what else the machine does, and the most memory that the computing process and the server have occupied. Each network has a
 * server of its own. Writes a section of `--output`; without it, prints the table.
 * @module
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dataOf, graphqlClient, type GraphQLClient } from '../tests/server/support/client.js';
import { finished, startEvaluation } from '../tests/server/support/operations.js';
import { startProcess } from '../tests/server/support/process.js';
import { readFolder, upload, zipOf } from '../tests/server/support/upload.js';
import { processorName } from './machine.js';
import { writeSection } from './section.js';

const { values } = parseArgs({
  options: {
    cifar10: { type: 'string' },
    images: { type: 'string', default: '200' },
    threads: { type: 'string', default: '2' },
    output: { type: 'string' },
  },
});
const images = Number(values.images);

interface Subject {
  readonly title: string;
  /** In assets/models. */
  readonly folder: string;
  /** Key of its data set. */
  readonly format: string;
  readonly epsilon: number;
}

const SUBJECTS: readonly Subject[] = [
  { title: 'MNIST CNN, 28×28×1', folder: 'mnist-baseline', format: 'mnist', epsilon: 0.3 },
  ...(values.cifar10 ? [{ title: 'ResNet-20, 32×32×3', folder: 'cifar10-resnet-20', format: 'cifar10', epsilon: 8 / 255 }] : []),
];

/** Attacks of a kind each: one gradient, many, scores, labels, and the ensemble that leaderboards use. */
const ATTACKS = {
  FGSM: (epsilon: number) => ({ fgsm: { epsilon } }),
  'PGD, 40 steps': (epsilon: number) => ({ pgd: { epsilon, steps: 40 } }),
  'Square, 1,000 queries': (epsilon: number) => ({ squareLinf: { epsilon, queries: 1000 } }),
  'Carlini-Wagner L2': () => ({ cwL2: {} }),
  AutoAttack: (epsilon: number) => ({ autoAttackLinf: { epsilon } }),
};

const TICKS_A_SECOND = 100;

/** Of a process of this machine: seconds of a core so far, and the most memory so far. */
async function use(pid: number): Promise<{ seconds: number; peakBytes: number }> {
  // After the name, which may have blanks: fields 14 and 15 are ticks in user and system mode.
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ');
  const peak = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))!;
  return { seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND, peakBytes: Number(peak[1]) * 1024 };
}

const REGISTER = `mutation ($input: RegisterDatasetInput!) {
  registerDataset(input: $input) { ... on RegisterDatasetSuccess { dataset { id } } ... on UserError { message } } }`;
const SUBMIT = `mutation ($input: SubmitModelInput!) {
  submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } ... on UserError { message } } }`;

async function succeeded(graphql: GraphQLClient, jobId: string): Promise<void> {
  const { state, error } = await finished(graphql, jobId, 3_600_000);
  if (state !== 'SUCCEEDED') throw new Error(error ?? state);
}

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** The peak is counted from now on. */
const forgetPeak = (pid: number) => writeFile(`/proc/${pid}/clear_refs`, '5');

/** @returns rows of the table. */
async function measure({ title, folder, format, epsilon }: Subject): Promise<string[][]> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-sizing-'));
  const server = await startProcess('server.js', {
    GAUNTLET_DATA_DIR: directory,
    GAUNTLET_CIFAR10_DIR: values.cifar10,
    GAUNTLET_THREADS: values.threads,
    GAUNTLET_LOG_LEVEL: 'error',
  });
  const authorization = `Bearer ${server.token}`;
  const graphql = graphqlClient(`${server.url}/graphql`, authorization);
  const computing = async () => {
    const ready = await fetch(`${server.url}/readyz`, { headers: { authorization } });
    return ((await ready.json()) as { compute: { pid: number } }).compute.pid;
  };
  try {
    const { registerDataset } = await dataOf(graphql(REGISTER, { input: { name: format, format } }));
    const uploadId = await upload({ url: server.url, authorization }, zipOf(await readFolder(`assets/models/${folder}`)));
    const { submitModel } = await dataOf(graphql(SUBMIT, { input: { name: folder, uploadId } }));
    await succeeded(graphql, submitModel.job.id);
    const request = { modelId: submitModel.model.id, datasetId: registerDataset.dataset.id };
    const evaluate = async (attacks: readonly object[], sampleCount: number, offset: number) => {
      const { jobIds } = await startEvaluation(graphql, { ...request, attacks, sampleCount, offset });
      await succeeded(graphql, jobIds[0]!);
    };
    const rows: string[][] = [];
    for (const [name, attackOf] of Object.entries(ATTACKS)) {
      const attacks = [attackOf(epsilon)];
      // Compiles what later evaluations find.
      await evaluate(attacks, 8, images);
      const pid = await computing();
      await Promise.all([pid, server.pid].map(forgetPeak));
      const before = await use(pid);
      await evaluate(attacks, images, 0);
      const after = await use(pid);
      const { peakBytes } = await use(server.pid);
      const milliseconds = ((after.seconds - before.seconds) * 1000) / images;
      rows.push([title, name, milliseconds.toFixed(milliseconds < 10 ? 1 : 0), gibibytes(after.peakBytes), gibibytes(peakBytes)]);
      console.error(rows.at(-1)!.join(' | '));
    }
    return rows;
  } finally {
    await server.kill('SIGTERM');
    await rm(directory, { recursive: true, force: true });
  }
}

const rows: string[][] = [];
for (const subject of SUBJECTS) rows.push(...(await measure(subject)));
const header = ['network', 'attack', 'core milliseconds an image', 'peak of the computing process', 'peak of the server'];
const table = [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const about = `\`npm run bench:sizing -- --cifar10 FOLDER\`, on ${processorName()} with ${values.threads} threads: ${images} images of each evaluation, after one that compiles. Seconds that an evaluation takes are images × core milliseconds ÷ 1000 ÷ cores, where nothing else computes.`;
if (values.output) await writeSection(values.output, 'Size, measured', `${about}\n\n${table}`);
else console.log(`${about}\n\n${table}`);
