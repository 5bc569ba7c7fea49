/**
 * Memory of the process over long work: `npm run bench:memory -- [--model FILE.onnx] [--attacks 40] [--only KIND,KIND] [--submissions 300] [--repeated 230] [--evaluations 300] [--memory 2GB] [--write]`.
 * One after the other: kinds of attack on one network and a fine-tuning of it, then networks that are each submitted and attacked, evaluations of 17 small networks in turn, and evaluations of mixed sizes. Printed is
 * what the process occupies (resident memory), and its peak. With 0 a part is left out; without a model, a MobileNetV2 with random weights is taken. With `--write` the curves of what was done many times
 * go into `docs/figures.md`, a section for each part.
 * @module
 */
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  type AttackDefinition,
  attacks,
  type Compute,
  ComputeError,
  ComputeService,
  findScheme,
  isRequired,
  NO_REGULARISATION,
  type ParameterValues,
  residentBytes,
  type TrainingPlan,
  validateParameters,
} from '../src/compute/index.js';
import { loadConfig } from '../src/config.js';
import { shardSizeFor } from '../src/jobs/shard-size.js';
import { processorName } from './machine.js';
import { writeSection } from './section.js';
import { cifarOf, MNIST, picturesOf, type Subject, submitted } from './memory-data.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    mean: { type: 'string', default: '0.485,0.456,0.406' },
    deviation: { type: 'string', default: '0.229,0.224,0.225' },
    images: { type: 'string', default: '16' },
    attacks: { type: 'string', default: '40' },
    only: { type: 'string' },
    training: { type: 'string', default: '4' },
    submissions: { type: 'string', default: '300' },
    repeated: { type: 'string', default: '230' },
    evaluations: { type: 'string', default: '300' },
    write: { type: 'boolean', default: false },
    memory: { type: 'string' },
    threads: { type: 'string' },
    cache: { type: 'string' },
  },
});

const MIB = 2 ** 20;
/** What the demanding attacks are cut down to: what they keep in memory does not depend on how long they run. */
const CUT: Readonly<Record<string, number>> = { steps: 3, queries: 20, searchSteps: 1, restarts: 1, restartCount: 1, samples: 4 };
const BATCH = 16;

/** Once nothing is used any more, until all has been released. */
const REST_MS = 75_000;

const mib = (bytes: number) => (bytes / MIB).toFixed(0);
const peakBytes = () => 1024 * process.resourceUsage().maxRSS;

interface Point {
  readonly done: number;
  readonly resident: number;
  readonly peak: number;
}

/** A line every so often, and the last. */
function curve(title: string, every: number, points: Point[] = []) {
  console.log(`\n${title}\n${'done'.padStart(6)} ${'resident MiB'.padStart(13)} ${'peak MiB'.padStart(9)}`);
  return (done: number, last: boolean, note = '') => {
    if (done % every !== 0 && !last) return;
    const point = { done, resident: residentBytes(), peak: peakBytes() };
    points.push(point);
    console.log(`${String(done).padStart(6)} ${mib(point.resident).padStart(13)} ${mib(point.peak).padStart(9)} ${note}`);
  };
}

/** Waits until what is idle has been released. @param heading of the section. @param what was done so many times. */
async function writeCurve(heading: string, what: string, points: readonly Point[]): Promise<void> {
  const last = points.at(-1);
  if (!last) return;
  await wait(REST_MS);
  const rest = `after ${REST_MS / 1000} s without work`;
  const left = mib(residentBytes());
  console.log(`${rest}: ${left} MiB`);
  if (!values.write) return;
  const budget = `\`GAUNTLET_COMPUTE_MEMORY\` ${mib(computeMemory)} MiB, ${processorName()}`;
  const rows = points.map(({ done, resident, peak }) => `| ${done} | ${mib(resident)} | ${mib(peak)} |`);
  const table = ['| done | resident MiB | peak MiB |', '| ---: | ---: | ---: |', ...rows, `| ${rest} | ${left} | |`].join('\n');
  const text = `\`npm run bench:memory -- --write\`, a process by itself: ${what}. ${budget}; ${last.done} were made.`;
  await writeSection('docs/figures.md', heading, `${text}\n\n${table}\n`);
}

/** Few steps, and a budget where one is needed; undefined for attacks that need other models. */
function parametersOf({ parameters, norms }: AttackDefinition): ParameterValues | undefined {
  const chosen: Record<string, ParameterValues[string]> = {};
  for (const [name, spec] of Object.entries(parameters)) {
    if (spec.type === 'models' && isRequired(spec)) return undefined;
    if (spec.type === 'attacks') chosen[name] = [{ kind: 'FGSM', parameters: { epsilon: 8 / 255 } }];
    else if (spec.type === 'integer' && name in CUT && spec.default !== undefined)
      chosen[name] = Math.max(spec.minimum, Math.min(spec.default, CUT[name]!));
    else if (isRequired(spec)) chosen[name] = { LINF: 8 / 255, L2: 3, L1: 30, L0: 50 }[norms[0]!];
  }
  return chosen;
}

async function evaluate(compute: Compute, subject: Subject, attack: AttackDefinition, count = subject.images): Promise<void> {
  const most = shardSizeFor({ shardSize: 256, computeMemory }, imageShapes.get(subject)!);
  const { model, dataset } = subject;
  for (let offset = 0; offset < count; offset += most) {
    const request = { model, dataset, offset, count: Math.min(most, count - offset), keepImages: false, seed: 1 };
    await compute.evaluateShard({ ...request, attack: { kind: attack.kind, parameters: parametersOf(attack)! } });
  }
}

async function fineTune(compute: Compute, { model, dataset }: Subject, steps: number): Promise<void> {
  const scheme = findScheme('algorithm1');
  const suite = { kind: 'FGSM', parameters: { epsilon: 8 / 255 } };
  const given = { epsilonMax: 16 / 255 };
  const plan: TrainingPlan = {
    scheme: { name: 'algorithm1', parameters: validateParameters(scheme, given, 'INVALID_TRAINING'), attacks: [] },
    optimizer: { name: 'sgd', parameters: { momentum: 0.9 } },
    schedule: { name: 'constant', parameters: { learningRate: 1e-4 } },
    warmUpSteps: 0,
    regularisation: NO_REGULARISATION,
    augmentation: { shift: 0, mirror: false },
    totalSteps: steps,
    batchSize: BATCH,
    seed: 1,
    stopping: { patience: 0, detectOverfitting: false },
    validation: { offset: 0, count: BATCH, oneStep: suite, iterative: suite },
  };
  const training = { ...dataset, split: 'train' } as const;
  await compute.train({ id: 'bench', plan, model, dataset: training, validationDataset: dataset, models: [] }, steps, undefined);
}

const config = loadConfig({ ...process.env, ...(values.memory && { GAUNTLET_COMPUTE_MEMORY: values.memory }) });
const { computeMemory } = config;
const imageShapes = new Map<Subject, readonly number[]>();
const directory = await mkdtemp(join(tmpdir(), 'gauntlet-memory-'));
// In this process, whose memory is measured; a server computes in one of its own.
const compute = new ComputeService({
  engine: {
    engine: 'compiled:cpu',
    threads: values.threads === undefined ? undefined : Number(values.threads),
    cacheDirectory: values.cache ?? join(directory, 'cache'),
  },
  memory: computeMemory,
});

const subject = async (name: string, model: Subject['model'], dataset: Subject['dataset'], images: number): Promise<Subject> => {
  const made = { name, model, dataset, images };
  imageShapes.set(made, (await compute.inspectDataset(dataset)).imageShape);
  return made;
};

async function largeSubject(): Promise<Subject> {
  const folder = join(directory, 'large');
  await mkdir(folder);
  const numbers = (list: string) => list.split(',').map(Number);
  const normalisation = { mean: numbers(values.mean), std: numbers(values.deviation) };
  if (values.model) await copyFile(values.model, join(folder, 'model.onnx'));
  const model = values.model
    ? ({ format: 'ONNX', directory: folder, spec: normalisation } as const)
    : await submitted(compute, folder, { architecture: 'mobilenet-v2', seed: 1 });
  const card = await compute.inspectModel(model);
  const [side] = card.spec.inputShape;
  const images = Number(values.images);
  const dataset = await picturesOf(join(directory, 'pictures'), side, card.spec.classCount, Math.max(images, 2 * BATCH));
  return subject(values.model ? basename(values.model, '.onnx') : 'MobileNetV2', model, dataset, images);
}

/** What does not fit is part of the result. */
async function refusalOf(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return '';
  } catch (error) {
    if (error instanceof ComputeError && error.code === 'LIMIT_EXCEEDED') return `: refused. ${error.message}`;
    throw error;
  }
}

async function overAttacks(large: Subject): Promise<void> {
  const wanted = values.only?.split(',');
  const usable = attacks
    .filter((attack) => parametersOf(attack) !== undefined && !attack.prepare && (wanted?.includes(attack.kind) ?? true))
    .slice(0, Number(values.attacks));
  const line = curve(`${usable.length} kinds of attack on ${large.images} images, one after the other: ${large.name}`, 1);
  for (const [i, attack] of usable.entries()) {
    const refused = await refusalOf(() => evaluate(compute, large, attack));
    line(i + 1, true, `${attack.kind}${refused}`);
  }
  const steps = Number(values.training);
  if (steps > 0) {
    const refused = await refusalOf(() => fineTune(compute, large, steps));
    line(usable.length + 1, true, `fine-tuning by Algorithm 1, ${steps} steps of ${BATCH} images${refused}`);
  }
}

const fgsm = attacks.find(({ kind }) => kind === 'FGSM')!;
const quickAttacks = attacks.filter(({ kind }) =>
  ['FGSM', 'PGD', 'ITER_BASIC', 'MI_FGSM', 'DEEP_FOOL_L2', 'PGD_L2', 'STEP_LL'].includes(kind),
);

async function overSubmissions(count: number): Promise<void> {
  const points: Point[] = [];
  const line = curve(`${count} networks, each submitted and attacked`, Math.max(1, Math.floor(count / 20)), points);
  for (let i = 0; i < count; i++) {
    const model = await submitted(compute, join(directory, `submission-${i}`), { architecture: 'mnist-small-cnn', seed: i });
    await evaluate(compute, await subject(`submission ${i}`, model, MNIST, 64), fgsm);
    await rm(model.directory, { recursive: true });
    line(i + 1, i + 1 === count);
  }
  await writeCurve(
    'Memory over submissions',
    'small networks for MNIST, each built, inspected as a submission is, and attacked by FGSM',
    points,
  );
}

/** What a server sees that compares a few models of its users. */
const SMALL_NETWORKS = 17;

async function overSmallNetworks(count: number): Promise<void> {
  const points: Point[] = [];
  const line = curve(`${count} evaluations of ${SMALL_NETWORKS} small networks, in turn`, Math.max(1, Math.floor(count / 10)), points);
  const cifar = await cifarOf(join(directory, 'small-cifar'));
  const small: Subject[] = [];
  for (let i = 0; i < SMALL_NETWORKS; i++) {
    const [architecture, data] =
      i % 3 === 2 ? (['resnet-20', cifar] as const) : ([i % 3 === 0 ? 'mnist-cnn' : 'mnist-small-cnn', MNIST] as const);
    small.push(await subject(`small ${i}`, await submitted(compute, join(directory, `small-${i}`), { architecture, seed: i }), data, 64));
  }
  for (let i = 0; i < count; i++) {
    await evaluate(compute, small[i % small.length]!, quickAttacks[i % quickAttacks.length]!);
    line(i + 1, i + 1 === count);
  }
  const what = `evaluations of ${SMALL_NETWORKS} small networks for MNIST and CIFAR-10 in turn, by ${quickAttacks.length} attacks`;
  await writeCurve('Memory over small networks', what, points);
}

async function soak(count: number, large: Subject): Promise<void> {
  const cifar = await cifarOf(join(directory, 'cifar'));
  const small = await submitted(compute, join(directory, 'small'), { architecture: 'mnist-cnn', seed: 1 });
  const middle = await submitted(compute, join(directory, 'middle'), { architecture: 'resnet-20', seed: 1 });
  // Of ten evaluations six are of 28 pixels, three of 32, and one of the large network.
  const [mnist, resnet] = [await subject('28', small, MNIST, 200), await subject('32', middle, cifar, 64)];
  const mixed = [mnist, mnist, resnet, mnist, large, mnist, resnet, mnist, resnet, mnist];
  const points: Point[] = [];
  const line = curve(`${count} evaluations of mixed sizes`, Math.max(1, Math.floor(count / 20)), points);
  for (let i = 0; i < count; i++) {
    const chosen = mixed[i % mixed.length]!;
    // Of other numbers of images, since each number is shared among micro-batches in another way.
    await evaluate(compute, chosen, quickAttacks[i % quickAttacks.length]!, 1 + ((i * 37) % chosen.images));
    line(i + 1, i + 1 === count);
  }
  const what = `evaluations of which of ten six are of 28 pixels, three of 32, and one of ${large.name}, of other numbers of images each time`;
  await writeCurve('Memory over mixed evaluations', what, points);
}

try {
  console.log(`${(await compute.engine()).label}, ${processorName()}; budget ${mib(computeMemory)} MiB`);
  console.log(`before anything was computed: ${mib(residentBytes())} MiB`);
  const needsLarge = Number(values.attacks) > 0 || Number(values.evaluations) > 0;
  const large = needsLarge ? await largeSubject() : undefined;
  if (large && Number(values.attacks) > 0) await overAttacks(large);
  if (Number(values.submissions) > 0) await overSubmissions(Number(values.submissions));
  if (Number(values.repeated) > 0) await overSmallNetworks(Number(values.repeated));
  if (large && Number(values.evaluations) > 0) await soak(Number(values.evaluations), large);
  const peak = peakBytes();
  await wait(REST_MS);
  console.log(`\npeak ${mib(peak)} MiB; at rest after ${REST_MS / 1000} s without work: ${mib(residentBytes())} MiB`);
  const { released, held } = await compute.memoryStatistics();
  console.log(`released ${released} times; still held: ${JSON.stringify(held)}`);
} finally {
  await compute.close();
  await rm(directory, { recursive: true, force: true });
}
