/**
 * Models of third parties, submitted and attacked over HTTP: `npm run bench:models -- --cifar10 FOLDER [--only NAME,NAME] [--output docs/third-party.md]`.
 * @module
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import sharp from 'sharp';
import {
  compileWithModel,
  createEngine,
  type DifferentiableModel,
  type Engine,
  type HostTensor,
  loadModel,
  type ModelJson,
  noiseImages,
  onnxruntime,
  openDataset,
  predict,
  preprocess,
  toTensor,
} from '../src/compute/index.js';
import { writeFiles } from '../tests/compute/graph-files.js';
import { emotion, nsfwjs } from '../tests/compute/third-party-files.js';
import { startTestApplication, type TestApplication } from '../tests/server/support/application.js';
import { dataOf, until } from '../tests/server/support/client.js';
import { readJob, startEvaluation } from '../tests/server/support/operations.js';
import { type Files, readFolder, upload, zipOf } from '../tests/server/support/upload.js';
import { processorName } from './machine.js';
import { writeSection } from './section.js';

/** Key of the data sets that a server knows whose images fit; undefined: it knows none. */
type Fitting = 'mnist' | 'cifar10' | 'imagenet' | 'imagenet-224' | undefined;

interface Subject {
  readonly name: string;
  readonly from: string;
  readonly dataset: Fitting;
  readonly files: () => Promise<Files>;
}

const shipped = (name: string, dataset: Fitting): Subject => ({
  name,
  from: 'this project',
  dataset,
  files: () => readFolder(join('assets/models', name)),
});
const exported = (name: string): Subject => ({
  name,
  from: 'PyTorch, random weights',
  dataset: 'cifar10',
  files: async () => ({ 'model.onnx': await readFile(`tests/fixtures/onnx/${name}.onnx`) }),
});

const SUBJECTS: readonly Subject[] = [
  shipped('mnist-baseline', 'mnist'),
  shipped('mnist-adversarial', 'mnist'),
  shipped('cifar10-resnet-20', 'cifar10'),
  ...['resnet', 'mobilenet', 'shufflenet', 'convnext', 'vit', 'swin', 'mixed', 'lenet-fixed-batch'].map(exported),
  { name: 'emotion', from: '@vladmandic/human', dataset: undefined, files: emotion },
  { name: 'mobilenet_v2', from: 'nsfwjs', dataset: 'imagenet-224', files: () => nsfwjs('mobilenet_v2') },
  { name: 'mobilenet_v2_mid', from: 'nsfwjs', dataset: 'imagenet-224', files: () => nsfwjs('mobilenet_v2_mid') },
  { name: 'inception_v3', from: 'nsfwjs', dataset: 'imagenet', files: () => nsfwjs('inception_v3') },
];

const { values } = parseArgs({
  options: {
    cifar10: { type: 'string' },
    images: { type: 'string', default: '256' },
    only: { type: 'string' },
    output: { type: 'string', default: 'docs/third-party.md' },
  },
});

/** Classes of the models of nsfwjs, and pictures for each. */
const [CLASSES, PICTURES] = [5, 13];

/** Pictures of CIFAR-10, enlarged, in as many folders as the models of nsfwjs have classes. */
async function enlargedPictures(cifar10: string, directory: string): Promise<void> {
  const dataset = await openDataset({ format: 'cifar10', split: 'test', directory: cifar10 });
  const [height, width] = dataset.info.imageShape;
  for (let i = 0; i < CLASSES * PICTURES; i++) {
    const folder = join(directory, 'val', String(i % CLASSES));
    await mkdir(folder, { recursive: true });
    const { images } = await dataset.read(i, 1);
    await sharp(images, { raw: { width, height, channels: 3 } })
      .resize(342, 342)
      .png()
      .toFile(join(folder, `${i}.png`));
  }
  await dataset.close();
}

const SUBMIT = `mutation ($input: SubmitModelInput!) {
  submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } ... on UserError { message } }
}`;
const REGISTER = `mutation ($input: RegisterDatasetInput!) {
  registerDataset(input: $input) { ... on RegisterDatasetSuccess { dataset { id } } ... on UserError { message } }
}`;
const MODEL = `query ($id: ID!) { model(id: $id) { format operations parameterCount } }`;
const COUNT = `query ($id: ID!) { dataset(id: $id) { exampleCount } }`;
const THROUGHPUT = `query ($id: ID!) { evaluation(id: $id) { throughput } }`;

async function succeeded(app: TestApplication, jobId: string): Promise<void> {
  const { state, error } = await until(
    async () => {
      const job = await readJob(app.graphql, jobId);
      return ['SUCCEEDED', 'FAILED'].includes(job.state) && job;
    },
    `job ${jobId}`,
    600_000,
  );
  if (state === 'FAILED') throw new Error(error ?? undefined);
}

/** Images a second of one FGSM evaluation of the test set's first images. */
async function attackRate(app: TestApplication, modelId: string, datasetId: string): Promise<number> {
  const { dataset } = await dataOf(app.graphql(COUNT, { id: datasetId }));
  const sampleCount = Math.min(dataset.exampleCount as number, Number(values.images));
  const input = { modelId, datasetId, sampleCount, attacks: [{ fgsm: { epsilon: '8/255' } }] };
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, input);
  await succeeded(app, jobIds[0]!);
  return ((await dataOf(app.graphql(THROUGHPUT, { id: evaluationIds[0] }))) as { evaluation: { throughput: number } }).evaluation
    .throughput;
}

/** What the format's own runtime makes of one image, in the network's own units. */
async function reference(
  directory: string,
  files: Files,
  format: string,
  { spec }: DifferentiableModel,
  image: HostTensor,
): Promise<Float32Array> {
  await tf.setBackend('cpu');
  const x = preprocess(spec, toTensor(image) as tf.Tensor4D);
  if (format === 'ONNX') {
    const session = await onnxruntime.InferenceSession.create(join(directory, 'model.onnx'), { logSeverityLevel: 4 });
    const chw = tf.transpose(x, [0, 3, 1, 2]);
    const results = await session.run({ [session.inputNames[0]!]: new onnxruntime.Tensor('float32', chw.dataSync(), chw.shape) });
    return results[session.outputNames[0]!]!.data as Float32Array;
  }
  const json = JSON.parse(Buffer.from(files['model.json']!).toString()) as ModelJson;
  const [group] = json.weightsManifest;
  const handler: tf.io.IOHandler = {
    load: () =>
      Promise.resolve({
        modelTopology: json.modelTopology,
        weightSpecs: group!.weights as tf.io.WeightsManifestEntry[],
        weightData: new Uint8Array(Buffer.concat(group!.paths.map((path) => files[path]!))).buffer,
      }),
  };
  const model = await (format === 'LAYERS_MODEL' ? loadLayersModel(handler) : loadGraphModel(handler));
  const scores = tf.tidy(() => (model.predict(x) as tf.Tensor).dataSync().slice()) as Float32Array;
  model.dispose();
  return scores;
}

/** Largest difference as a share of the largest score; of probabilities where the file's own softmax was taken off. */
function forwardDifference(ours: Float32Array, theirs: Float32Array): number {
  const sum = theirs.reduce((total, value) => total + value, 0);
  const areProbabilities = theirs.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-3;
  const alike = areProbabilities ? softmax(ours) : ours;
  const scale = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return theirs.reduce((most, value, i) => Math.max(most, Math.abs(value - alike[i]!)), 0) / scale;
}

function softmax(scores: Float32Array): Float32Array {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** How far the slope along the gradient, by differences, is from the gradient's length, as a share of it. */
async function gradientDifference(engine: Engine, model: DifferentiableModel, images: HostTensor): Promise<number> {
  const weights = Array.from({ length: model.spec.classCount }, (_, i) => Math.sin(3 * i + 1));
  const inputs = { images: { dtype: 'float32', shape: model.spec.inputShape } } as const;
  const compiled = await compileWithModel(
    engine,
    model,
    'bench.gradient',
    inputs,
    (scores, { images: x }) => {
      const weighted = (image: tf.Tensor) => tf.sum(tf.mul(scores(image as tf.Tensor4D), tf.tensor1d(weights)));
      return { scores: scores(x as tf.Tensor4D), gradient: tf.grad(weighted)(x!) };
    },
    { fewExamples: 1 },
  );
  const { gradient } = await compiled.run({ images });
  const length = Math.sqrt(Array.from(gradient!.data).reduce((sum, value) => sum + value * value, 0));
  const at = async (step: number) => {
    const moved = Float32Array.from(images.data, (value, i) => value + (step * gradient!.data[i]!) / length);
    const { scores } = await compiled.run({ images: { ...images, data: moved } });
    return Array.from(scores!.data).reduce((sum, score, i) => sum + score * weights[i]!, 0);
  };
  const step = 1e-2;
  return Math.abs(((await at(step)) - (await at(-step))) / (2 * step) / length - 1);
}

const significant = (value: number) => value.toExponential(0);

async function row(app: TestApplication, engine: Engine, subject: Subject, datasets: ReadonlyMap<Fitting, string>): Promise<string> {
  const files = await subject.files();
  const only = Object.keys(files).length === 1 ? files['model.onnx'] : undefined;
  const bytes = only ?? zipOf(files);
  const uploadId = await upload(app, bytes);
  const start = performance.now();
  const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: subject.name, uploadId } }));
  if (!submitModel.job) throw new Error(submitModel.message);
  await succeeded(app, submitModel.job.id);
  const seconds = (performance.now() - start) / 1000;
  const { model: card } = await dataOf(app.graphql(MODEL, { id: submitModel.model.id }));
  const datasetId = datasets.get(subject.dataset);
  const rate = datasetId ? (await attackRate(app, submitModel.model.id, datasetId)).toFixed(0) : '–';

  const directory = await writeFiles(join(app.directory, 'measured', subject.name), files);
  const model = await loadModel({ directory, format: card.format });
  const image = noiseImages(model.spec.inputShape, 1);
  const ours = (await predict(engine, model, image)).data as Float32Array;
  const forward = forwardDifference(ours, await reference(directory, files, card.format, model, image));
  const gradient = await gradientDifference(engine, model, image);
  const operators = Object.entries(card.operations as Record<string, number>);
  const count = operators.reduce((sum, [, n]) => sum + n, 0);
  const cells = [
    subject.name,
    subject.from,
    card.format,
    `${count} of ${operators.length} kinds`,
    `${model.spec.inputShape.join('×')}`,
    `${(bytes.length / 1e6).toPrecision(2)} MB`,
    seconds.toFixed(1),
    significant(forward),
    significant(gradient),
    rate,
  ];
  console.error(cells.join(' | '));
  return `| ${cells.join(' | ')} |`;
}

const HEADER = ['model', 'from', 'format', 'operators', 'image', 'size', 'import s', 'forward Δ', 'gradient Δ', 'FGSM images/s'];

const pictures = await mkdtemp(join(tmpdir(), 'gauntlet-pictures-'));
const cifar10 = values.cifar10 && resolve(values.cifar10);
if (cifar10) await enlargedPictures(cifar10, pictures);
const app = await startTestApplication(cifar10 ? { GAUNTLET_CIFAR10_DIR: cifar10, GAUNTLET_IMAGENET_DIR: pictures } : {});
const engine = await createEngine({ engine: 'compiled:cpu', threads: 1, microBatch: 1 });
try {
  const datasets = new Map<Fitting, string>();
  for (const format of ['mnist', ...(cifar10 ? (['cifar10', 'imagenet', 'imagenet-224'] as const) : [])] as const) {
    const { registerDataset } = await dataOf(app.graphql(REGISTER, { input: { name: format, format } }));
    datasets.set(format, registerDataset.dataset.id as string);
  }
  const chosen = SUBJECTS.filter(({ name }) => !values.only || values.only.split(',').includes(name));
  const rows: string[] = [];
  for (const subject of chosen) rows.push(await row(app, engine, subject, datasets));
  const about = `\`npm run bench:models -- --cifar10 FOLDER\`, on ${processorName()}. Each model is uploaded and submitted to a real server over HTTP; *import* is the time from
submitting until its validation has ended, the start of that process included. *Forward Δ* is the largest difference from onnxruntime (ONNX), tfjs-layers or
tfjs-converter on the \`cpu\` backend, as a share of the largest score; where a final softmax was taken off, of probabilities. *Gradient Δ* is the difference of the slope
along the gradient (central differences, step 0.01) from its length, as a share of it; ReLUs make the quotient inexact. FGSM has ε = 8/255, on the first ${values.images}
test images of MNIST or CIFAR-10, without compiling; for the models of nsfwjs on ${CLASSES * PICTURES} pictures of CIFAR-10 enlarged to their size, whose labels mean nothing to them.
Nothing here has the size of \`emotion\`'s images.`;
  const table = [`| ${HEADER.join(' | ')} |`, `|${' --- |'.repeat(HEADER.length)}`, ...rows].join('\n');
  await writeSection(values.output, 'Submitted and attacked over HTTP', `${about}\n\n${table}`);
} finally {
  await engine.dispose();
  await app.close();
  await rm(pictures, { recursive: true });
}
