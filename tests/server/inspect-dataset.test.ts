/** An upload is looked at before it is registered: what it holds, and all that is wrong with it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cifarRecords, npyFiles, pngOf, sample, text } from './support/dataset-files.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { upload, zipOf } from './support/upload.js';

let app: TestApplication;

beforeAll(async () => {
  app = await startTestApplication();
});
afterAll(() => app?.close());

const INSPECT = `query ($input: InspectDatasetInput!) { inspectDataset(input: $input) {
  format files { count bytes names } exampleCount decodedCount images { shape bitDepth count at } classes { name count }
  preparation warnings problems { at code message } problemCount } }`;
const REGISTER = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
  ... on RegisterDatasetSuccess { dataset { id } job { id } } ... on UserError { message } } }`;

const inspectAt = async (input: object) => (await dataOf(app.graphql(INSPECT, { input }))).inspectDataset;
const inspect = async (bytes: Uint8Array, more = {}) => inspectAt({ uploadId: await upload(app, bytes), ...more });
const png = (height: number, width: number, seed = 0) => pngOf(sample(height, width, 3, [seed]), 0);

it('pictures have their sizes, classes and preparation, and what is wrong with each is said, not only the first', async () => {
  const files = {
    'signs/go/0.png': await png(6, 8),
    'signs/go/1.png': await png(6, 8, 1),
    'signs/go/2.png': text('no picture'),
    'signs/stop/3.png': await png(5, 4, 2),
    'signs/stop/4.png': Buffer.alloc(0),
  };
  const found = await inspect(zipOf(files));
  expect(found).toMatchObject({ format: 'IMAGE_FOLDER', exampleCount: 5, decodedCount: 5, problemCount: 3 });
  expect(found.files).toMatchObject({ count: 5, names: Object.keys(files) });
  expect(found.images).toEqual([
    { shape: [6, 8, 3], bitDepth: 8, count: 2, at: 'signs/go/0.png' },
    { shape: [5, 4, 3], bitDepth: 8, count: 1, at: 'signs/stop/3.png' },
  ]);
  expect(found.classes).toEqual([
    { name: 'go', count: 3 },
    { name: 'stop', count: 2 },
  ]);
  expect(found.problems.map(({ at, code }: { at: string; code: string }) => [at, code])).toEqual([
    ['signs/go/2.png', 'INVALID_DATASET'],
    ['signs/stop/3.png', 'INVALID_DATASET'],
    ['signs/stop/4.png', 'INVALID_DATASET'],
  ]);
  expect(found.problems[1].message).toMatch(/the image is 5×4, that of signs\/go\/0\.png 6×8 .* Give `imageSize`/);
  expect(found.preparation).toMatch(/^Decoded by sharp/);
});

it('with the size that it would be registered with, sizes are no problem, and an upload that is fine is registered after it', async () => {
  const uploadId = await upload(app, zipOf({ 'a/0.png': await png(6, 8), 'b/1.png': await png(9, 9, 1) }));
  const found = await inspectAt({ uploadId, imageSize: [4, 4], imageCount: 1 });
  expect(found).toMatchObject({ exampleCount: 2, decodedCount: 1, problems: [], problemCount: 0 });
  expect(found.preparation).toMatch(/Resized to 4×4/);
  const { registerDataset } = await dataOf(app.graphql(REGISTER, { input: { name: 'looked at', uploadId, imageSize: [4, 4] } }));
  expect(registerDataset.job.id).toBeTruthy();
});

it('arrays have their levels, and labels that are wrong are named by row', async () => {
  const arrays = npyFiles(sample(5, 4, 1, [2, 0, 1]));
  expect(await inspect(zipOf(arrays))).toMatchObject({
    format: 'NUMPY',
    images: [{ shape: [5, 4, 1], bitDepth: 8, count: 3 }],
    problems: [],
  });
  const { problems, exampleCount } = await inspect(zipOf(arrays), { classNames: ['a', 'b'] });
  expect(exampleCount).toBe(3);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ at: 'y.npy, row 0', message: expect.stringMatching(/the label is 2; the 2 classes/) as unknown });
});

it('what would be read otherwise than one may expect is said, and is a part of the preparation', async () => {
  const [test, val] = [await png(6, 8), await png(6, 8, 1)];
  const found = await inspect(zipOf({ 'test/a/0.png': test, 'test/b/1.png': val, 'val/a/2.png': val, 'val/b/3.png': test }));
  expect(found).toMatchObject({ exampleCount: 2, problems: [], warnings: ['Of the split TEST was read: test; not read: val.'] });
  expect(found.preparation).toContain(found.warnings[0]);
  expect(await inspect(zipOf(npyFiles(sample(5, 4, 1, [0, 1, 2]))))).toMatchObject({
    warnings: [],
    preparation: 'Values are those of the upload.',
  });
});

it('grey pictures among those in colour are said to be widened', async () => {
  const grey = await pngOf(sample(6, 8, 1, [3]), 0);
  const found = await inspect(zipOf({ 'a/0.png': await png(6, 8), 'b/1.png': grey, 'b/2.png': grey }));
  const said = '2 pictures are grey, and got three equal channels as the others are in colour.';
  expect(found).toMatchObject({ problemCount: 0, warnings: [said] });
  expect(found.preparation.endsWith(said)).toBe(true);
});

it('what cannot be read at all says so, and names files as people write them', async () => {
  expect(await inspect(text('hello'))).toMatchObject({
    format: null,
    files: null,
    exampleCount: 0,
    problems: [{ code: 'INVALID_DATASET' }],
  });
  const train = zipOf({ 'data_batch_1.bin': cifarRecords(sample(32, 32, 3, [3]), 1) });
  const { format, problems } = await inspect(train);
  expect(format).toBe('CIFAR10_BINARY');
  expect(problems[0].message).toBe('The upload: it has no file like test_batch.bin of the split TEST. Its files: data_batch_1.bin.');
});

it('files of the server are looked at by an admin, without an upload', async () => {
  const found = await inspectAt({ format: 'mnist' });
  expect(found).toMatchObject({
    exampleCount: 10_000,
    files: null,
    problems: [],
    images: [{ shape: [28, 28, 1], bitDepth: 8, count: 10_000 }],
  });
  expect(found.classes).toHaveLength(10);
  const { errors } = await app.graphql(INSPECT, { input: { format: 'mnist', channels: 3 } });
  expect(errors?.[0]?.message).toMatch(/`channels` belongs to uploads/);
});
