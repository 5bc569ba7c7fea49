/** The process that reads uploaded data sets: in a sandbox where there is one, and ended where it takes too much. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openContainer } from '../../src/compute/data/index.js';
import { openSandbox, type Sandbox } from '../../src/compute/process/index.js';
import { loadConfig } from '../../src/config.js';
import type { DatasetRequest } from '../../src/jobs/dataset/messages.js';
import { readDatasetInProcess } from '../../src/jobs/dataset/process.js';
import { startTestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { npyFiles, pngs, sample } from './support/dataset-files.js';
import { upload, zipOf } from './support/upload.js';

const { datasetReading, datasetArchives, datasets } = loadConfig({});
const RGB = sample(5, 4, 3, [2, 0, 1]);

describe('the process that reads a data set', () => {
  let folder: string;
  let sandbox: Sandbox;
  let number = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gauntlet-dataset-process-'));
    sandbox = await openSandbox('auto');
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function requestOf(bytes: Uint8Array): Promise<DatasetRequest> {
    const directory = join(folder, `read ${++number}`);
    const file = join(folder, `upload ${number}`);
    await mkdir(directory);
    await writeFile(file, bytes);
    return {
      upload: file,
      fileName: null,
      directory,
      target: join(directory, 'dataset'),
      split: 'test',
      archives: datasetArchives,
      limits: datasets,
    };
  }
  const never = new AbortController().signal;

  it('writes what is kept, from pictures and from arrays', async () => {
    const pictures = Object.fromEntries((await pngs(RGB)).map((png, i) => [`class ${RGB.labels[i]!}/${i}.png`, png]));
    for (const files of [npyFiles(RGB), pictures]) {
      const request = await requestOf(zipOf(files));
      const verdict = await readDatasetInProcess(request, datasetReading, never, sandbox);
      expect(verdict).toMatchObject({ card: { imageShape: [5, 4, 3], exampleCount: 3, type: 'uint8' } });
      const kept = await openContainer(request.target);
      expect(kept.exampleCount).toBe(3);
      await kept.close();
    }
  });

  it('that takes too much memory is ended, and says which setting to raise', async () => {
    // A small file of 192 MB of pixels.
    const picture = await sharp({ create: { width: 8000, height: 8000, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const request = await requestOf(zipOf({ 'a/0.png': picture }));
    const reading = readDatasetInProcess(request, { ...datasetReading, maxBytes: 300 * 2 ** 20 }, never, sandbox);
    await expect(reading).rejects.toMatchObject({
      code: 'VALIDATION_OUT_OF_MEMORY',
      message: expect.stringMatching(/GAUNTLET_DATASET_MEMORY/) as unknown,
    });
  });

  it('keeps to the limits of the configuration', async () => {
    const cases: readonly (readonly [Partial<typeof datasets>, RegExp])[] = [
      [{ maxImages: 2 }, /more than 2 images/],
      [{ maxPixels: 19 }, /x\.npy, row 0: the image has 5×4 pixels; at most 19/],
      [{ maxClasses: 2 }, /the label is 2; whole numbers from 0 to 1 are labels/],
      [{ maxBytes: 100 }, /take more than 100 bytes/],
    ];
    for (const [limits, message] of cases) {
      const request = await requestOf(zipOf(npyFiles(RGB)));
      const verdict = await readDatasetInProcess({ ...request, limits: { ...datasets, ...limits } }, datasetReading, never, sandbox);
      expect('refusal' in verdict && verdict.refusal.message).toMatch(message);
    }
  });
});

it('a server reads an upload by such a process', async () => {
  const app = await startTestApplication({}, { readDatasets: undefined });
  try {
    const uploadId = await upload(app, zipOf(npyFiles(RGB)));
    const look = `query ($input: InspectDatasetInput!) { inspectDataset(input: $input) { format exampleCount problemCount } }`;
    const { inspectDataset } = await dataOf(app.graphql(look, { input: { uploadId } }));
    expect(inspectDataset).toEqual({ format: 'NUMPY', exampleCount: 3, problemCount: 0 });
    const register = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
      ... on RegisterDatasetSuccess { dataset { id state } job { id } } ... on UserError { message } } }`;
    const { registerDataset } = await dataOf(app.graphql(register, { input: { name: 'in a process', uploadId } }));
    expect(registerDataset.dataset.state).toBe('PENDING');
    const read = 'query ($id: ID!) { dataset(id: $id) { state error } }';
    const dataset = await until(async () => {
      const found = (await dataOf(app.graphql(read, { id: registerDataset.dataset.id }))).dataset;
      return found.state !== 'PENDING' && found;
    }, 'the reading');
    expect(dataset).toEqual({ state: 'READY', error: null });
  } finally {
    await app.close();
  }
});
