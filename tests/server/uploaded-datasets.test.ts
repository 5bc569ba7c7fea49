/** Data sets that users upload, of every format, over HTTP. */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noiseImages } from '../../src/compute/index.js';
import { everyNth } from '../sizes.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, type GraphQLClient, until } from './support/client.js';
import {
  bytesOf,
  cifarRecords,
  idxFiles,
  imageOf,
  npy,
  npyFiles,
  parquetOf,
  pngOf,
  pngs,
  sample,
  tarTree,
  text,
} from './support/dataset-files.js';
import { type Files, upload, zipOf } from './support/upload.js';

const REGISTER = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
  ... on RegisterDatasetSuccess { dataset { id state visibility owner } job { id state } }
  ... on UserError { __typename message path }
} }`;
const READ = `query ($id: ID!) { dataset(id: $id) {
  id name state error format imageShape classNames exampleCount bitDepth fingerprint preparation visibility owner job { state error }
} }`;

/** Heights, widths and classes that no two of them share by chance. */
const RGB = sample(5, 4, 3, [2, 0, 1, 1, 0]);
const GREY = sample(5, 4, 1, [2, 0, 1, 1, 0]);
const CIFAR = sample(32, 32, 3, [3, 9, 0]);
const NAMES = ['bus', 'cat', 'dog'];

/** As the server's own formats compute it: openDataset. */
function fingerprintOf({ height, width, channels, pixels, labels }: typeof RGB): string {
  const header = JSON.stringify({ shape: [height, width, channels], count: labels.length });
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
  return createHash('sha256')
    .update(header)
    .update(sha256(pixels))
    .update(sha256(Uint8Array.from(labels)))
    .digest('hex');
}

let app: TestApplication;
let alice: { url: string; authorization: string; graphql: GraphQLClient };
let number = 0;

beforeAll(async () => {
  app = await startTestApplication();
  const authorization = await app.authorizationOf('alice', 'SUBMITTER');
  alice = { url: app.url, authorization, graphql: graphqlClient(app.graphqlUrl, authorization) };
});
afterAll(() => app?.close());

async function register(bytes: Uint8Array, input: object = {}) {
  const uploadId = await upload(alice, bytes);
  return (await dataOf(alice.graphql(REGISTER, { input: { name: `set ${++number}`, uploadId, ...input } }))).registerDataset;
}

async function registered(bytes: Uint8Array, input: object = {}) {
  const { dataset, ...refusal } = await register(bytes, input);
  if (!dataset) throw new Error(JSON.stringify(refusal));
  return until(async () => {
    const { dataset: now } = await dataOf(alice.graphql(READ, { id: dataset.id }));
    return now.state !== 'PENDING' && now;
  }, 'the reading of a data set');
}

async function pixelsOf(id: string, index: number, isGrey = false): Promise<Buffer> {
  const response = await fetch(`${app.url}/datasets/${id}/images/${index}.png`, { headers: { authorization: alice.authorization } });
  return sharp(await response.arrayBuffer())
    .toColourspace(isGrey ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
}

/** A folder for each class. */
const folders = async (images: typeof RGB, root = ''): Promise<Files> =>
  Object.fromEntries((await pngs(images)).map((png, i) => [`${root}${NAMES[images.labels[i]!]!}/${i}.png`, png]));

/** Examples in the order of names of classes and files. */
function sorted(images: typeof RGB): typeof RGB {
  const order = [...images.labels.keys()].sort((a, b) => images.labels[a]! - images.labels[b]! || a - b);
  return { ...images, pixels: Buffer.concat(order.map((i) => imageOf(images, i))), labels: order.map((i) => images.labels[i]!) };
}

const webdataset = async (images: typeof RGB): Promise<Files> =>
  Object.fromEntries(
    (await pngs(images)).flatMap((png, i) => [
      [`00${i}.png`, png],
      [`00${i}.cls`, text(String(images.labels[i]))],
    ]),
  );

const table = (images: typeof RGB) => text(['file,label', ...images.labels.map((label, i) => `images/${i}.png,${label}`)].join('\n'));
const withTable = async (images: typeof RGB): Promise<Files> => ({
  'labels.csv': table(images),
  ...Object.fromEntries((await pngs(images)).map((png, i) => [`images/${i}.png`, png])),
});

describe('a data set is read, with the fingerprint of its pixels and labels, from', () => {
  const cases: Record<
    string,
    { format: string; images: typeof RGB; classNames?: readonly string[]; bytes: () => Promise<Uint8Array> | Uint8Array; input?: object }
  > = {
    'a .npz of numpy.savez': { format: 'NUMPY', images: RGB, bytes: () => zipOf(npyFiles(RGB)) },
    'a .npz, channels first': {
      format: 'NUMPY',
      images: sample(5, 4, 3, RGB.labels),
      bytes: () => {
        const { pixels, labels } = RGB;
        const first = Uint8Array.from({ length: pixels.length }, (_, p) => {
          const [image, rest] = [Math.floor(p / 60), p % 60];
          return pixels[image * 60 + (rest % 20) * 3 + Math.floor(rest / 20)]!;
        });
        return zipOf({ 'images.npy': npy('|u1', [5, 3, 5, 4], first), 'labels.npy': npy('|u1', [5, 1], Uint8Array.from(labels)) });
      },
    },
    'a tar.gz of two .npy, of which the split takes its own': {
      format: 'NUMPY',
      images: RGB,
      bytes: () => {
        const { 'x.npy': x, 'y.npy': y } = npyFiles(RGB);
        const other = npyFiles(GREY);
        return tarTree({ 'x_test.npy': x!, 'y_test.npy': y!, 'x_train.npy': other['x.npy']!, 'y_train.npy': other['y.npy']! }, true);
      },
    },
    'a zip of gzipped IDX files': { format: 'IDX', images: GREY, bytes: () => zipOf(idxFiles(GREY)) },
    'the binary version of CIFAR-10': {
      format: 'CIFAR10_BINARY',
      images: CIFAR,
      classNames: [...'abcdefghij'],
      bytes: () =>
        tarTree(
          {
            'cifar/test_batch.bin': cifarRecords(CIFAR),
            'cifar/data_batch_1.bin': cifarRecords(sample(32, 32, 3, [1])),
            'cifar/batches.meta.txt': text('a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n'),
          },
          true,
        ),
    },
    'the binary version of CIFAR-100': {
      format: 'CIFAR100_BINARY',
      images: { ...CIFAR, labels: [99, 0, 41] },
      classNames: Array.from({ length: 100 }, (_, i) => `fine ${i}`),
      bytes: () =>
        zipOf({
          'test.bin': cifarRecords({ ...CIFAR, labels: [99, 0, 41] }, 7),
          'fine_label_names.txt': text(Array.from({ length: 100 }, (_, i) => `fine ${i}`).join('\n')),
        }),
    },
    'Parquet as Hugging Face writes it': {
      format: 'PARQUET',
      images: RGB,
      classNames: NAMES,
      bytes: async () => parquetOf(await pngs(RGB), RGB.labels, { names: NAMES }),
    },
    'a zip of Parquet files, of which the split takes its own': {
      format: 'PARQUET',
      images: GREY,
      classNames: NAMES,
      bytes: async () =>
        zipOf({
          'data/test-00000-of-00002.parquet': parquetOf((await pngs(GREY)).slice(0, 3), GREY.labels.slice(0, 3), { names: NAMES }),
          'data/test-00001-of-00002.parquet': parquetOf((await pngs(GREY)).slice(3), GREY.labels.slice(3), { names: NAMES }),
          'data/train-00000-of-00001.parquet': parquetOf(await pngs(RGB), RGB.labels, { names: NAMES }),
        }),
    },
    'a zip of a folder for each class': {
      format: 'IMAGE_FOLDER',
      images: sorted(RGB),
      classNames: NAMES,
      bytes: async () => zipOf(await folders(RGB)),
    },
    "a tar.gz in ImageNet's layout, of which the split takes its own": {
      format: 'IMAGE_FOLDER',
      images: sorted(GREY),
      classNames: NAMES,
      bytes: async () => tarTree({ ...(await folders(GREY, 'mine/val/')), ...(await folders(RGB, 'mine/train/')) }, true),
    },
    'a zip of pictures and labels.csv': { format: 'LABELS_CSV', images: RGB, bytes: async () => zipOf(await withTable(RGB)) },
    'a shard of WebDataset': { format: 'WEBDATASET', images: RGB, bytes: async () => tarTree(await webdataset(RGB)) },
    'a tar of shards of WebDataset': {
      format: 'WEBDATASET',
      images: GREY,
      bytes: async () => {
        const all = Object.entries(await webdataset(GREY));
        return tarTree({
          'test-000.tar': await tarTree(Object.fromEntries(all.slice(0, 4))),
          'test-001.tar': await tarTree(Object.fromEntries(all.slice(4))),
        });
      },
    },
  };

  it.concurrent.each(everyNth(3, Object.entries(cases)))('%s', async (_, { format, images, classNames, bytes, input }) => {
    const dataset = await registered(await bytes(), input);
    expect(dataset.error).toBeNull();
    const { height, width, channels, labels } = images;
    expect(dataset).toMatchObject({
      state: 'READY',
      format,
      imageShape: [height, width, channels],
      exampleCount: labels.length,
      bitDepth: 8,
      classNames: classNames ?? ['0', '1', '2'],
      fingerprint: fingerprintOf(images),
      owner: 'alice',
      visibility: 'PRIVATE',
      job: { state: 'SUCCEEDED', error: null },
    });
    expect((await pixelsOf(dataset.id as string, 1, channels === 1)).equals(imageOf(images, 1))).toBe(true);
  });
});

describe('pictures', () => {
  /** What one picture becomes, in a folder beside it that has another. */
  const read = async (picture: Uint8Array, input: object = {}) =>
    registered(zipOf({ 'a/0.png': picture }), { classNames: ['a'], ...input });
  const raw = (channels: 1 | 3 | 4, values: Uint8Array | Uint16Array, height = 2, width = 2) =>
    sharp(values, { raw: { height, width, channels } });
  const colours = Uint8Array.from([200, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 255]);

  it.each([
    ['PNG', () => raw(3, colours).png().toBuffer()],
    ['PNG with a palette', () => raw(3, colours).png({ palette: true, colours: 256 }).toBuffer()],
    ['lossless WebP', () => raw(3, colours).webp({ lossless: true }).toBuffer()],
    ['TIFF', () => raw(3, colours).tiff({ compression: 'lzw' }).toBuffer()],
    ['PNG with opaque alpha', () => raw(3, colours).ensureAlpha().png().toBuffer()],
    ['BMP', () => Promise.resolve(bitmap(colours))],
  ])('keep the pixels of a %s', async (_, picture) => {
    const dataset = await read(await picture());
    expect(dataset).toMatchObject({ state: 'READY', imageShape: [2, 2, 3], bitDepth: 8, error: null });
    expect([...(await pixelsOf(dataset.id as string, 0))]).toEqual([...colours]);
  });

  it('of a JPEG are those that sharp decodes, upright as its EXIF says', async () => {
    const plain = await raw(
      3,
      Uint8Array.from({ length: 48 }, (_, p) => (p < 24 ? 20 : 230)),
      4,
      4,
    )
      .jpeg({ quality: 100 })
      .toBuffer();
    const turned = await sharp(plain).withMetadata({ orientation: 6 }).toBuffer();
    const dataset = await read(turned);
    const expected = await sharp(turned).autoOrient().raw().toBuffer();
    expect(await pixelsOf(dataset.id as string, 0)).toEqual(expected);
    expect(expected.equals(await sharp(turned).raw().toBuffer())).toBe(false);
  });

  it('of CMYK are RGB by the rule of thumb', async () => {
    const dataset = await read(await raw(3, colours).toColourspace('cmyk').jpeg().toBuffer());
    expect(dataset).toMatchObject({ state: 'READY', imageShape: [2, 2, 3] });
  });

  it('of 16 bits keep their levels, grey and RGB', async () => {
    for (const channels of [1, 3] as const) {
      const values = Uint16Array.from({ length: 4 * channels }, (_, p) => 257 * p + 300);
      const space = channels === 1 ? 'grey16' : 'rgb16';
      const picture = await raw(channels, values).toColourspace(space).png().toBuffer();
      const dataset = await read(picture);
      expect(dataset).toMatchObject({ error: null, state: 'READY', bitDepth: 16, imageShape: [2, 2, channels] });
      const { artifactId } = await app.services.prisma.dataset.findFirstOrThrow({ where: { name: dataset.name as string } });
      const stored = await app.runtime.artifacts.readRange(artifactId!, 0, values.byteLength);
      expect(new Uint16Array(Uint8Array.from(stored!).buffer)).toEqual(values);
    }
  });

  it.each([
    [
      'pixels that are not opaque',
      () =>
        raw(
          4,
          Uint8Array.from({ length: 16 }, () => 128),
        )
          .png()
          .toBuffer(),
      /not opaque/,
    ],
    [
      'several pages',
      async () =>
        sharp(await Promise.all([0, 1].map((i) => pngOf(sample(2, 2, 3, [0, 1]), i))), { join: { animated: true } })
          .webp({ lossless: true, minSize: false, mixed: false })
          .toBuffer(),
      /2 pages or frames/,
    ],
    ['a drawing', () => Promise.resolve(text('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>')), /format svg/],
    [
      'half of its bytes',
      async () =>
        (
          await raw(
            3,
            Uint8Array.from(noiseImages([32, 32, 3], 1).data, (value) => 255 * value),
            32,
            32,
          )
            .png()
            .toBuffer()
        ).subarray(0, 1500),
      /cannot be read/,
    ],
  ])('with %s are refused, by their name', async (_, picture, reason) => {
    const dataset = await read(await picture());
    expect(dataset).toMatchObject({ state: 'REJECTED', exampleCount: 0 });
    expect(dataset.error).toMatch(/^a\/0\.png: /);
    expect(dataset.error).toMatch(reason);
  });

  it('of any size get the one that is asked for, and say how', async () => {
    const [small, large] = [await pngOf(sample(40, 60, 3, [0]), 0), await pngOf(sample(100, 50, 3, [0]), 0)];
    const files = zipOf({ 'a/0.png': small, 'b/1.png': large });
    const rejected = await registered(files);
    expect(rejected.error).toBe(
      'b/1.png: the image is 100×50, that of a/0.png 40×60 (height × width). Give `imageSize`, to which pictures are resized.',
    );
    const wide = await registered(files, { imageSize: [24, 32] });
    expect(wide).toMatchObject({ imageShape: [24, 32, 3], exampleCount: 2 });
    expect(wide.preparation).toMatch(/sharp \d.*EXIF.*Resized to 24×32 \(height × width\).*linear kernel/);
    const square = await registered(files, { imageSize: [24, 24], resizing: 'PIL_BICUBIC' });
    expect(square.preparation).toMatch(/Resized to 24×24.*Pillow's bicubic kernel/);
  });

  it('in grey become RGB among those in colour, and where that is asked for', async () => {
    const [grey, colour] = [await pngOf(sample(4, 4, 1, [0]), 0), await pngOf(sample(4, 4, 3, [0]), 0)];
    const dataset = await registered(zipOf({ 'a/0.png': colour, 'b/1.png': grey }));
    expect(dataset).toMatchObject({ imageShape: [4, 4, 3], error: null });
    expect([...(await pixelsOf(dataset.id as string, 1))]).toEqual(
      [...sample(4, 4, 1, [0]).pixels].flatMap((value) => [value, value, value]),
    );
    expect((await registered(zipOf({ 'a/0.png': grey, 'b/1.png': colour }))).error).toMatch(/^b\/1\.png: .*3 channels.*Give `channels: 3`/);
    expect(await registered(zipOf({ 'a/0.png': grey, 'b/1.png': colour }), { channels: 3 })).toMatchObject({ imageShape: [4, 4, 3] });
  });
});

/** A Windows bitmap of 24 bits. @param rgb 2×2 pixels. */
function bitmap(rgb: Uint8Array): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + 16, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(2, 18);
  header.writeInt32LE(2, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  const row = (y: number) => [0, 1].flatMap((x) => [2, 1, 0].map((c) => rgb[(y * 2 + x) * 3 + c]!));
  return Buffer.concat([header, Buffer.from([...row(1), 0, 0, ...row(0), 0, 0])]);
}

describe('arrays', () => {
  it('of floats from 0 to 1 are kept as such, those of 16 bits with their levels', async () => {
    const values = Float32Array.from({ length: 24 }, (_, p) => p / 23);
    const y = npy('|u1', [2], Uint8Array.from([0, 1]));
    const floats = await registered(zipOf({ 'x.npy': npy('<f4', [2, 3, 4], bytesOf(values)), 'y.npy': y }));
    expect(floats).toMatchObject({ bitDepth: 32, imageShape: [3, 4, 1], error: null });
    const doubles = await registered(zipOf({ 'x.npy': npy('<f8', [2, 3, 4], bytesOf(Float64Array.from(values))), 'y.npy': y }));
    expect(doubles.fingerprint).toBe(floats.fingerprint);
    const levels = await registered(
      zipOf({ 'x.npy': npy('<u2', [2, 3, 4], bytesOf(Uint16Array.from({ length: 24 }, (_, p) => 2600 * p))), 'y.npy': y }),
    );
    expect(levels).toMatchObject({ bitDepth: 16, error: null });
  });

  it('of any number of channels are images', async () => {
    const y = npy('|u1', [2], Uint8Array.from([0, 1]));
    const { pixels } = sample(20, 15, 13, [0, 1]);
    const last = await registered(zipOf({ 'x.npy': npy('|u1', [2, 20, 15, 13], pixels), 'y.npy': y }));
    expect(last).toMatchObject({ imageShape: [20, 15, 13], error: null });
    const first = await registered(zipOf({ 'x.npy': npy('|u1', [2, 13, 15, 20], pixels), 'y.npy': y }));
    expect(first).toMatchObject({ imageShape: [15, 20, 13], error: null });
    const response = await fetch(`${app.url}/datasets/${last.id as string}/images/1.png`, {
      headers: { authorization: alice.authorization },
    });
    expect(response.status).toBe(200);
  });
});
