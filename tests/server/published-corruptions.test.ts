/** The summary of corruptions from published images, as ImageNet-C has them, beside those that are computed here. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { finished, startEvaluation } from './support/operations.js';
import { upload, zipOf } from './support/upload.js';

const SIDE = 16;
const COUNT = 6;
const KINDS = ['SHOT_NOISE', 'FOG'];
/** Of the second kind, one severity alone. */
const MEASURED = 6;
const SEVERITIES = [1, 2, 3, 4, 5];
const NAMES = Array.from({ length: COUNT }, (_, i) => `class ${Math.floor(i / 3)}/${i}.png`);

let folder: string;
let app: TestApplication;
let original: string;
let published: string;
let models: string[];

/** Another picture for each number. */
function picture(seed: number): Promise<Buffer> {
  const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, p) => 128 + 100 * Math.sin(p * (0.01 + seed * 0.003)));
  return sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toBuffer();
}

async function register(input: object): Promise<string> {
  const query = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
    ... on RegisterDatasetSuccess { dataset { id } } ... on UserError { message } } }`;
  const { registerDataset } = await dataOf(app.graphql(query, { input }));
  const id = registerDataset.dataset.id as string;
  const read = async () => (await dataOf(app.graphql('query ($id: ID!) { dataset(id: $id) { state } }', { id }))).dataset;
  expect(
    await until(async () => {
      const { state } = await read();
      return state !== 'PENDING' && (state as string);
    }, 'the reading'),
  ).toBe('READY');
  return id;
}

async function submit(seed: number): Promise<string> {
  const architecture = { name: 'mlp', seed, width: 0.25, inputShape: [SIDE, SIDE, 3], classCount: 2 };
  const query = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) {
    ... on SubmitModelSuccess { model { id } job { id } } ... on UserError { message } } }`;
  const { submitModel } = await dataOf(app.graphql(query, { input: { name: `model ${seed}`, architecture } }));
  expect((await finished(app.graphql, submitModel.job.id)).error).toBeNull();
  return submitModel.model.id as string;
}

async function start(datasetId: string, offset: number): Promise<string[]> {
  const asked = { modelIds: models, datasetId, attacks: [{ fgsm: { epsilon: 0.01 } }], offset, sampleCount: COUNT };
  return (await startEvaluation(app.graphql, asked)).jobIds;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gauntlet-published-'));
  for (const [k, kind] of KINDS.entries())
    for (const severity of SEVERITIES)
      for (const [i, name] of NAMES.entries()) {
        const path = join(folder, kind.toLowerCase(), String(severity), name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, await picture(i + 7 * severity + 50 * k));
      }
  app = await startTestApplication({ GAUNTLET_IMAGENET_C_DIR: folder });
  const files = await Promise.all(NAMES.map(async (name, i) => [name, await picture(i)] as const));
  const uploadId = await upload(app, zipOf(Object.fromEntries(files)));
  original = await register({ name: 'original', uploadId, visibility: 'PUBLIC' });
  published = await register({ name: 'published', format: 'imagenet-c' });
  models = [await submit(1), await submit(2)];
  const jobs = await start(original, 0);
  for (let part = 0; part < MEASURED; part++) jobs.push(...(await start(published, part * COUNT)));
  for (const id of jobs) expect((await finished(app.graphql, id)).error).toBeNull();
});
afterAll(async () => {
  await app?.close();
  await rm(folder, { recursive: true });
});

const SUMMARY = `query ($input: CorruptionSummaryInput!) { corruptionSummary(input: $input) { offset sampleCount
  models { model { id } clean { value n } missing meanCorruptionError { value }
    corruptions { kind accuracy { value } corruptionError { value } severities { severity accuracy { value } evaluation { offset clean { top1 { value } } dataset { id } } } } } } }`;
const summary = (input: object) => app.graphql(SUMMARY, { input: { datasetId: original, publishedDatasetId: published, ...input } });

it('has the accuracies on the published images, each from the evaluation of its corruption and severity', async () => {
  const { corruptionSummary: found } = await dataOf(summary({ modelIds: models, baselineModelId: models[0] }));
  expect(found).toMatchObject({ offset: 0, sampleCount: COUNT });
  expect(found.models.map(({ model }: { model: { id: string } }) => model.id)).toEqual(models);
  for (const { clean, corruptions, missing, meanCorruptionError } of found.models) {
    expect(clean.n).toBe(COUNT);
    expect(missing).toHaveLength(14);
    expect(missing).toContain('FOG');
    expect(meanCorruptionError).toBeNull();
    expect(corruptions.map(({ kind }: { kind: string }) => kind)).toEqual(KINDS);
    for (const [k, { severities, accuracy }] of corruptions.entries()) {
      const values = severities.map(({ accuracy: of }: { accuracy: { value: number } }) => of.value) as number[];
      if (k === 0) expect(accuracy.value).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 5, 9);
      else expect([values.length, accuracy]).toEqual([1, null]);
      for (const { severity, accuracy: of, evaluation } of severities) {
        expect(evaluation).toMatchObject({ offset: COUNT * (5 * (k as number) + severity - 1), dataset: { id: published } });
        expect(of.value).toBe(evaluation.clean.top1.value);
      }
    }
  }
  // Of a model by itself: 1, where it has errors.
  const [{ corruptionError, accuracy }] = found.models[0].corruptions;
  if (accuracy.value < 1) expect(corruptionError.value).toBeCloseTo(1, 9);
  else expect(corruptionError).toBeNull();
});

it('what is no data set of published images, or none of these, is refused', async () => {
  const refused = async (input: object) => (await summary({ modelIds: models, ...input })).errors?.[0]?.message;
  expect(await refused({ publishedDatasetId: original })).toMatch(/"original" is of the format uploaded; published images are/);
  const mnist = await register({ name: 'mnist-test', format: 'mnist' });
  expect(await refused({ datasetId: mnist })).toMatch(/Images of "published" are 16×16×3, those of "mnist-test" 28×28×1/);
});
