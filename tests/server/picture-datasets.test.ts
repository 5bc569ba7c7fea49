/** Data sets of pictures of any size. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPicture } from '../../src/compute/data/pictures/read.js';
import { findResizing, resizings } from '../../src/compute/data/index.js';
import { noiseImages } from '../../src/compute/index.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';

const SIDE = 224;
const REGISTER = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
  ... on RegisterDatasetSuccess { dataset { id fingerprint resizing { method crop description } } }
  ... on UserError { __typename message path }
} }`;

describe('data sets of pictures', () => {
  let app: TestApplication;
  let folder: string;
  let picture: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gauntlet-pictures-'));
    picture = join(folder, 'val', 'only', 'a.png');
    await mkdir(join(folder, 'val', 'only'), { recursive: true });
    const [height, width] = [300, 401];
    const { data } = noiseImages([height, width, 3], 1);
    await sharp(
      Uint8Array.from(data, (value) => value * 255),
      { raw: { width, height, channels: 3 } },
    )
      .png()
      .toFile(picture);
    app = await startTestApplication({ GAUNTLET_IMAGENET_DIR: folder });
  });
  afterAll(async () => {
    await app?.close();
    await rm(folder, { recursive: true });
  });

  const register = async (input: object) => (await dataOf(app.graphql(REGISTER, { input }))).registerDataset;

  it('say how their pictures are resized, show them so, and have a fingerprint for each way', async () => {
    const fingerprints = new Set<string>();
    for (const { name, description } of resizings) {
      const { dataset } = await register({ name, format: 'imagenet-224', resizing: name });
      expect(dataset.resizing).toEqual({ method: name, crop: 0.875, description });
      fingerprints.add(dataset.fingerprint as string);
      const response = await fetch(`${app.url}/datasets/${dataset.id as string}/images/0.png`, {
        headers: { authorization: app.authorization },
      });
      const shown = await sharp(await response.arrayBuffer())
        .raw()
        .toBuffer();
      const expected = await findResizing(name).middle(await readPicture(picture), SIDE);
      expect(shown.equals(Buffer.from(expected)), name).toBe(true);
    }
    expect(fingerprints.size).toBe(5);
  });

  it('are resized by libvips where nothing is said, with the fingerprint that they had before there was a choice', async () => {
    const { dataset } = await register({ name: 'as before', format: 'imagenet-224' });
    expect(dataset.resizing.method).toBe('VIPS_LINEAR');
    const { dataset: named } = await dataOf(app.graphql('{ dataset(name: "VIPS_LINEAR") { fingerprint } }'));
    expect(dataset.fingerprint).toBe(named.fingerprint);
  });

  it('alone take a way to resize', async () => {
    expect(await register({ name: 'digits', format: 'mnist', resizing: 'PIL_BICUBIC' })).toEqual({
      __typename: 'InvalidDatasetError',
      message: 'Images of MNIST all have one size: leave out `resizing`.',
      path: ['resizing'],
    });
    const { dataset } = await register({ name: 'digits', format: 'mnist' });
    expect(dataset.resizing).toBeNull();
  });
});
