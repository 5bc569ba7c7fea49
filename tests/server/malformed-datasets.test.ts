/** Ten broken uploads of each format of data sets, over HTTP: each is refused by the name of what is wrong, and leaves nothing behind. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyNth } from '../sizes.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import {
  cifarRecords,
  idx,
  idxFiles,
  int64,
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
import { parquetWriteBuffer } from 'hyparquet-writer';

const REGISTER = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
  ... on RegisterDatasetSuccess { dataset { id } } ... on UserError { __typename message path }
} }`;
const READ = 'query ($id: ID!) { dataset(id: $id) { state error job { state error } } }';

const RGB = sample(5, 4, 3, [2, 0, 1]);
const GREY = sample(5, 4, 1, [2, 0, 1]);
const CIFAR = sample(32, 32, 3, [3, 9, 0]);

/** What is wrong, the upload, and what its error says. */
type Broken = readonly [what: string, bytes: () => Uint8Array | Promise<Uint8Array>, error: RegExp, input?: object];

const changed = (files: Files, changes: Record<string, Uint8Array | undefined>): Uint8Array =>
  zipOf(Object.fromEntries(Object.entries({ ...files, ...changes }).filter(([, bytes]) => bytes !== undefined)) as Files);

const arrays = npyFiles(RGB);
const withX = (x: Uint8Array) => changed(arrays, { 'x.npy': x });
const withY = (y: Uint8Array) => changed(arrays, { 'y.npy': y });

const digits: Files = { 'images-idx3-ubyte': idx([3, 5, 4], GREY.pixels), 'labels-idx1-ubyte': idx([3], Uint8Array.from(GREY.labels)) };
const withImages = (bytes: Uint8Array) => changed(digits, { 'images-idx3-ubyte': bytes });
const withLabels = (bytes: Uint8Array) => changed(digits, { 'labels-idx1-ubyte': bytes });

const csv = (lines: readonly string[], files: Files) => zipOf({ 'labels.csv': text(lines.join('\n')), ...files });
const shard = async (change: (files: Files) => Files) => {
  const pictures = await pngs(RGB);
  return tarTree(
    change(
      Object.fromEntries(
        pictures.flatMap((png, i) => [
          [`s${i}.png`, png],
          [`s${i}.cls`, text(String(i))],
        ]),
      ),
    ),
  );
};
const png = (seed = 0) => pngOf(sample(5, 4, 3, [seed]), 0);

const BROKEN: Readonly<Record<string, readonly Broken[]>> = {
  NUMPY: [
    [
      'labels that are missing',
      () => changed(arrays, { 'y.npy': undefined }),
      /^The upload: it has no file with labels \(such as y\.npy\)\. Its files: x\.npy\.$/,
    ],
    [
      'images of 0 to 255 as floats',
      () => withX(npy('<f4', [3, 5, 4, 3], new Uint8Array(Float32Array.from(RGB.pixels).buffer))),
      /^x\.npy, row 0: a value is \d+; floats go from 0 to 1/,
    ],
    [
      'images that end too early',
      () => withX(npy('|u1', [3, 5, 4, 3], RGB.pixels.subarray(0, 100))),
      /^x\.npy, row 1: the file ends after \d+ bytes, \d+ are needed/,
    ],
    [
      'images that go on after their end',
      () => withX(npy('|u1', [3, 5, 4, 3], Buffer.concat([RGB.pixels, RGB.pixels]))),
      /^x\.npy: the file goes on after/,
    ],
    [
      'more labels than images',
      () => withY(npy('<i8', [4], int64([0, 1, 2, 0]))),
      /^y\.npy: it holds 4 labels for the 3 images of x\.npy\.$/,
    ],
    ['a negative label', () => withY(npy('<i8', [3], int64([0, -1, 2]))), /^y\.npy, row 1: the label is -1; whole numbers/],
    [
      'rows of labels that are not one-hot',
      () => withY(npy('<i8', [3, 3], int64([1, 0, 0, 0, 1, 1, 0, 0, 1]))),
      /^y\.npy, row 1: the row of labels is not one-hot/,
    ],
    ['Python objects', () => withX(npy('|O', [3], Buffer.from('\x80\x04'))), /^x\.npy: images of type \|O are not read/],
    ['no header', () => withX(Buffer.from('1,2,3\n4,5,6\n7,8,9')), /^x\.npy: it is no file of numpy\.save\.$/],
    [
      'images of int64 with more than 8 bits',
      () => withX(npy('<i8', [3, 5, 4, 3], int64(Array.from({ length: 180 }, (_, i) => i * 2)))),
      /^x\.npy, row 2: a value is 256; whole numbers of type <i8 are read as 8 bits/,
    ],
    [
      'floats that are no numbers',
      () => withX(npy('<f4', [3, 5, 4, 3], new Uint8Array(new Float32Array(180).fill(NaN).buffer))),
      /^x\.npy, row 0: a value is NaN/,
    ],
    [
      'an array alone',
      () => npy('|u1', [3, 5, 4, 3], RGB.pixels),
      /^The upload: the file is one array\. Upload images and labels together/,
    ],
  ],
  IDX: [
    ['labels that are missing', () => changed(digits, { 'labels-idx1-ubyte': undefined }), /no file with labels/],
    ['images that are missing', () => changed(digits, { 'images-idx3-ubyte': undefined }), /no file with images/],
    [
      'images and labels swapped',
      () => zipOf({ 'images-idx3-ubyte': digits['labels-idx1-ubyte']!, 'labels-idx1-ubyte': digits['images-idx3-ubyte']! }),
      /^images-idx3-ubyte: it has 1 dimensions, not 3 or 4\. Are images and labels swapped/,
    ],
    ['another magic number', () => withImages(Buffer.concat([text('PK34'), GREY.pixels])), /^images-idx3-ubyte: it starts with 0x504b3334/],
    [
      'values of another type',
      () => withImages(Buffer.concat([Buffer.from([0, 0, 0x0d, 3]), new Uint8Array(100)])),
      /of type 0xd; unsigned bytes \(0x8\) are read/,
    ],
    [
      'images that end too early',
      () => withImages(idx([3, 5, 4], GREY.pixels.subarray(0, 50))),
      /^images-idx3-ubyte, row 2: the file ends after 66 bytes/,
    ],
    [
      'images that go on after their end',
      () => withImages(idx([3, 5, 4], Buffer.concat([GREY.pixels, GREY.pixels]))),
      /^images-idx3-ubyte: the file goes on after the 76 bytes/,
    ],
    [
      'more labels than images',
      () => withLabels(idx([4], Uint8Array.from([0, 1, 2, 0]))),
      /^labels-idx1-ubyte: it holds 4 labels for the 3 images/,
    ],
    [
      'images without pixels',
      () => withImages(idx([3, 0, 4], new Uint8Array(0))),
      /^images-idx3-ubyte: its images are 0×4, which has no pixels/,
    ],
    [
      'a gzip that is none',
      () => zipOf({ ...idxFiles(GREY), 't10k-images-idx3-ubyte.gz': text('not gzip at all') }),
      /^t10k-images-idx3-ubyte\.gz: the file cannot be read/,
    ],
    ['a header that is cut', () => withImages(Buffer.from([0, 0, 8, 3, 0, 0])), /^images-idx3-ubyte: the file ends after 6 bytes/],
  ],
  CIFAR10_BINARY: [
    [
      'no file of the split',
      () => zipOf({ 'data_batch_1.bin': cifarRecords(CIFAR) }),
      /no file like .*test_batch.* of the split TEST\. Its files: data_batch_1\.bin/,
    ],
    [
      'a record that is cut',
      () => zipOf({ 'test_batch.bin': cifarRecords(CIFAR).subarray(0, 5000) }),
      /^test_batch\.bin: it has 5000 bytes, no multiple of the 3073/,
    ],
    ['no records', () => zipOf({ 'test_batch.bin': new Uint8Array(0) }), /^test_batch\.bin: it has 0 bytes/],
    [
      'a label of an eleventh class',
      () => zipOf({ 'test_batch.bin': cifarRecords({ ...CIFAR, labels: [3, 10, 0] }) }),
      /^test_batch\.bin, row 1: its label is 10; CIFAR-10, binary version has 10 classes/,
    ],
    [
      'records of CIFAR-100',
      () => zipOf({ 'test_batch.bin': cifarRecords(CIFAR, 19) }),
      /^test_batch\.bin: it has 9222 bytes, no multiple/,
    ],
    [
      'the version for Python',
      () => tarTree({ 'cifar-10-batches-py/test_batch': text('\x80\x03') }, true),
      /No format is recognised by the names of the files: cifar-10-batches-py\/test_batch\. This is the Python version of CIFAR-10.*binary version/,
    ],
    [
      'names of too few classes',
      () => zipOf({ 'test_batch.bin': cifarRecords(CIFAR), 'batches.meta.txt': text('a\nb') }),
      /^test_batch\.bin, row 0: the label is 3; the 2 classes have 0 to 1/,
    ],
    [
      'names that are no text',
      () => zipOf({ 'test_batch.bin': cifarRecords(CIFAR), 'batches.meta.txt': Buffer.from([0xff, 0xfe, 0x80]) }),
      /^batches\.meta\.txt: it is no text in UTF-8/,
    ],
    [
      'a class twice',
      () => zipOf({ 'test_batch.bin': cifarRecords(CIFAR), 'batches.meta.txt': text('a\na\nb\nc\nd\ne\nf\ng\nh\ni') }),
      /Two classes are called "a"/,
    ],
    [
      'an archive that is cut',
      async () => (await tarTree({ 'test_batch.bin': cifarRecords(CIFAR) }, true)).subarray(0, 300),
      /archive is damaged/,
    ],
  ],
  CIFAR100_BINARY: [
    ['no file of the split', () => zipOf({ 'train.bin': cifarRecords(CIFAR, 1) }), /no file like .*test.* of the split TEST/],
    [
      'a record that is cut',
      () => zipOf({ 'test.bin': cifarRecords(CIFAR, 1).subarray(0, 3075) }),
      /^test\.bin: it has 3075 bytes, no multiple of the 3074/,
    ],
    ['no records', () => zipOf({ 'test.bin': new Uint8Array(0) }), /^test\.bin: it has 0 bytes/],
    [
      'a fine label over 99',
      () => zipOf({ 'test.bin': cifarRecords({ ...CIFAR, labels: [3, 100, 0] }, 1) }),
      /^test\.bin, row 1: its label is 100/,
    ],
    ['records of CIFAR-10', () => zipOf({ 'test.bin': cifarRecords(CIFAR) }), /^test\.bin: it has 9219 bytes/],
    [
      'names of too few classes',
      () => zipOf({ 'test.bin': cifarRecords(CIFAR, 1), 'fine_label_names.txt': text('a\nb\nc') }),
      /^test\.bin, row 0: the label is 3; the 3 classes/,
    ],
    [
      'names that are no text',
      () => zipOf({ 'test.bin': cifarRecords(CIFAR, 1), 'fine_label_names.txt': Buffer.from([0xc3, 0x28]) }),
      /^fine_label_names\.txt: it is no text/,
    ],
    [
      'a class twice',
      () => zipOf({ 'test.bin': cifarRecords(CIFAR, 1), 'fine_label_names.txt': text('a\na') }),
      /Two classes are called "a"/,
    ],
    [
      'class names of the request that are too few',
      () => zipOf({ 'test.bin': cifarRecords(CIFAR, 1) }),
      /^test\.bin, row 0: the label is 3; the 2 classes/,
      { classNames: ['a', 'b'] },
    ],
    ['a zip that is cut', () => zipOf({ 'test.bin': cifarRecords(CIFAR, 1) }).subarray(0, 200), /archive is damaged/],
  ],
  PARQUET: [
    ['only its beginning', async () => parquetOf(await pngs(RGB), RGB.labels).subarray(0, 200), /^upload\.parquet: it is no Parquet file/],
    [
      'a file of that name that is something else',
      () => zipOf({ 'a.parquet': text('no parquet at all, but a text') }),
      /^a\.parquet: it is no Parquet file/,
    ],
    [
      'no column of pictures',
      () =>
        new Uint8Array(
          parquetWriteBuffer({
            columnData: [
              { name: 'label', data: [0, 1] },
              { name: 'text', data: ['a', 'b'] },
            ],
          }),
        ),
      /^upload\.parquet: it has no column of pictures \(image, img, picture\)\. Its columns: label, text/,
    ],
    [
      'no column of labels',
      () => new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'image', data: [new Uint8Array(3)], type: 'BYTE_ARRAY' }] })),
      /^upload\.parquet: it has no column of labels/,
    ],
    [
      'a picture without bytes',
      async () => parquetOf([...(await pngs(RGB)).slice(0, 2), null], RGB.labels),
      /^upload\.parquet, row 2: the picture has no bytes, only a path or nothing/,
    ],
    ['a row without a label', async () => parquetOf(await pngs(RGB), [0, null, 1]), /^upload\.parquet, row 1: the label is missing/],
    [
      'a label of no class',
      async () => parquetOf(await pngs(RGB), [0, 1, 7], { names: ['a', 'b'] }),
      /^upload\.parquet, row 2: the label is 7; the 2 classes have 0 to 1/,
    ],
    [
      'a picture that is none',
      async () => parquetOf([await png(), text('not a picture'), await png(1)], RGB.labels),
      /^upload\.parquet, row 1: the picture cannot be read/,
    ],
    [
      'an empty picture',
      async () => parquetOf([await png(), await png(2), new Uint8Array(0)], RGB.labels),
      /^upload\.parquet, row 2: the picture has no bytes/,
    ],
    ['no rows', () => parquetOf([], []), /holds no examples/],
    [
      'pages that are overwritten',
      async () => {
        const bytes = parquetOf(await pngs(RGB), RGB.labels);
        bytes.fill(0xff, 4, 120);
        return bytes;
      },
      /^upload\.parquet, /,
    ],
  ],
  LABELS_CSV: [
    [
      'a file that is not there',
      async () => csv(['file,label', 'images/0.png,0', 'images/9.png,1'], { 'images/0.png': await png() }),
      /^labels\.csv, line 3: the upload has no file "images\/9\.png"\.$/,
    ],
    [
      'no column of files',
      async () => csv(['picture,label', '0.png,0'], { '0.png': await png() }),
      /^labels\.csv, line 1: there is no column file, filename, .*The columns are: picture, label/,
    ],
    [
      'no column of labels',
      async () => csv(['file,kind', '0.png,0'], { '0.png': await png() }),
      /^labels\.csv, line 1: there is no column label, class/,
    ],
    [
      'a line with too few columns',
      async () => csv(['file,label', '0.png'], { '0.png': await png() }),
      /^labels\.csv: it is no table of comma-separated values: .*line 2/,
    ],
    [
      'an empty label',
      async () => csv(['file,label', '0.png,'], { '0.png': await png() }),
      /^labels\.csv, line 2: the column label is empty/,
    ],
    [
      'a picture twice',
      async () => csv(['file,label', '0.png,0', '0.png,1'], { '0.png': await png() }),
      /^labels\.csv, line 3: the picture "0\.png" has a label already/,
    ],
    [
      'numbers and names',
      async () => csv(['file,label', '0.png,0', '1.png,cat'], { '0.png': await png(), '1.png': await png(1) }),
      /^labels\.csv, line 3 \(1\.png\): the label is "cat"; those before it are numbers/,
    ],
    ['a quote that does not end', async () => csv(['file,label', '"0.png,0'], { '0.png': await png() }), /^labels\.csv: it is no table/],
    ['no lines', async () => csv(['file,label'], { '0.png': await png() }), /holds no examples/],
    [
      'a picture that is none',
      () => csv(['file,label', '0.png,0'], { '0.png': text('nothing') }),
      /^labels\.csv, line 2 \(0\.png\): the picture cannot be read/,
    ],
    [
      'a name that is not among the classes',
      async () => csv(['file,label', '0.png,cow'], { '0.png': await png() }),
      /the label is "cow", which is not among the 2 class names/,
      { classNames: ['cat', 'dog'] },
    ],
  ],
  WEBDATASET: [
    [
      'an example without a label',
      () => shard(({ 's1.cls': _, ...files }) => files),
      /^s1\.png: the example s1 has no label: add s1\.cls\.$/,
    ],
    ['a label without a picture', () => shard(({ 's1.png': _, ...files }) => files), /^s1\.cls: the example s1 has a label and no picture/],
    [
      'two pictures of one example',
      async () => {
        const more = await png(4);
        return shard((files) => ({ ...files, 's1.jpg': more }));
      },
      /the example s1 has two pictures/,
    ],
    ['an empty label', () => shard((files) => ({ ...files, 's1.cls': text(' \n') })), /^s1\.cls: the label is empty/],
    ['a negative label', () => shard((files) => ({ ...files, 's1.cls': text('-3') })), /^s1\.png: the label is -3/],
    [
      'numbers and names',
      () => shard((files) => ({ ...files, 's1.cls': text('cat') })),
      /^s1\.png: the label is "cat"; those before it are numbers/,
    ],
    [
      'JSON that is none',
      () => shard(({ 's1.cls': _, ...files }) => ({ ...files, 's1.json': text('{"label": ') })),
      /^s1\.json: it is no JSON/,
    ],
    [
      'JSON without a label',
      () => shard(({ 's1.cls': _, ...files }) => ({ ...files, 's1.json': text('{"caption": "x"}') })),
      /^s1\.json: it has none of label, cls, class/,
    ],
    ['a picture that is none', () => shard((files) => ({ ...files, 's2.png': text('nothing') })), /^s2\.png: the picture cannot be read/],
    [
      'an audio file',
      () => shard((files) => ({ ...files, 's1.wav': text('RIFF') })),
      /^s1\.wav: the file is neither a picture nor a label/,
    ],
    [
      'a shard that is cut',
      async () => {
        const inner = await shard((files) => files);
        return tarTree({ 'a-000.tar': inner.subarray(0, 700), 'a-001.tar': inner });
      },
      /^a-000\.tar: The tar archive is damaged/,
    ],
  ],
  IMAGE_FOLDER: [
    [
      'a picture in no folder',
      async () => zipOf({ 'a/0.png': await png(), '1.png': await png(1) }),
      /^1\.png: the picture is in no folder of a class/,
    ],
    [
      'a picture that is none',
      async () => zipOf({ 'a/0.png': await png(), 'b/1.png': text('nothing') }),
      /^b\/1\.png: the picture cannot be read/,
    ],
    [
      'an empty picture',
      async () => zipOf({ 'a/0.png': await png(), 'b/1.png': new Uint8Array(0) }),
      /^b\/1\.png: the picture has no bytes/,
    ],
    [
      'pictures of two sizes',
      async () => zipOf({ 'a/0.png': await png(), 'b/1.png': await pngOf(sample(6, 4, 3, [0]), 0) }),
      /^b\/1\.png: the image is 6×4, that of a\/0\.png 5×4/,
    ],
    [
      'pictures of two depths',
      async () => zipOf({ 'a/0.png': await png(), 'b/1.png': await deep() }),
      /^b\/1\.png: the image is of 16 bits, that of a\/0\.png of 8 bits/,
    ],
    ['no pictures', () => zipOf({ 'a/notes.txt': text('none yet') }), /No format is recognised by the names of the files: a\/notes\.txt/],
    ['nothing', () => zipOf({}), /^The upload: the file is an empty zip\.$/],
    ['a path out of the archive', async () => zipOf({ '../0.png': await png() }), /leads outside of it|invalid relative path/],
    [
      'a folder that is no class of the request',
      async () => zipOf({ 'a/0.png': await png(), 'c/1.png': await png(1) }),
      /^c\/1\.png: the label is "c", which is not among the 2 class names/,
      { classNames: ['a', 'b'] },
    ],
    [
      'colour where grey is asked for',
      async () => zipOf({ 'a/0.png': await png() }),
      /^a\/0\.png: the picture is in colour, and `channels` is 1/,
      { channels: 1 },
    ],
    [
      '16 bits that would be resized',
      async () => zipOf({ 'a/0.png': await deep() }),
      /^a\/0\.png: pictures of more than 8 bits are not resized/,
      { imageSize: [8, 8] },
    ],
  ],
};

const deep = async () =>
  (await import('sharp'))
    .default(
      Uint16Array.from({ length: 60 }, (_, p) => 900 * p),
      { raw: { height: 5, width: 4, channels: 3 } },
    )
    .toColourspace('rgb16')
    .png()
    .toBuffer();

describe('a broken upload', () => {
  let app: TestApplication;
  let before: Record<string, number>;
  beforeAll(async () => {
    app = await startTestApplication();
    before = await app.inventory();
  });
  afterAll(() => app?.close());

  it.each(Object.entries(BROKEN))('of %s is refused by what is wrong with it', async (format, broken) => {
    expect(broken.length).toBeGreaterThanOrEqual(10);
    const states = everyNth(4, broken).map(async ([what, bytes, error, input]) => {
      const uploadId = await upload(app, await bytes());
      const request = { input: { name: `${format} ${what}`, uploadId, ...input } };
      const { dataset, ...refusal } = (await dataOf(app.graphql(REGISTER, request))).registerDataset;
      expect(refusal, what).toEqual({});
      const now = await until(async () => {
        const found = (await dataOf(app.graphql(READ, { id: dataset.id }))).dataset;
        return found.state !== 'PENDING' && found;
      }, what);
      expect(now.error ?? 'no error', what).toMatch(error);
      expect(now, what).toMatchObject({ state: 'REJECTED', job: { state: 'FAILED', error: now.error } });
    });
    const failure = (await Promise.allSettled(states)).find(({ status }) => status === 'rejected');
    if (failure) throw (failure as PromiseRejectedResult).reason;
  });

  it('leaves nothing but its row and its job', async () => {
    const { datasets, jobs, ...after } = await app.inventory();
    const { datasets: _, jobs: __, ...rest } = before;
    expect(after).toEqual(rest);
    expect(datasets).toBe(jobs);
  });
});
