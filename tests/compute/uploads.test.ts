/** What an upload is taken for: its parts, layouts, types and names. Each is read as it is meant, said where it may be meant otherwise, or refused. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ingestUpload, inspectUpload, openContainer } from '../../src/compute/data/index.js';
import { bytesOf, idx, int64, npy, parquetOf, pngOf, sample, text } from '../server/support/dataset-files.js';
import type { Files } from '../server/support/upload.js';

const LIMITS = { maxImages: 1000, maxPixels: 10_000, maxClasses: 100, maxBytes: 2 ** 20 };

let folder: string;
let number = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gauntlet-uploads-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Files): Promise<string> {
  const directory = join(folder, `upload-${++number}`);
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), bytes);
  }
  return directory;
}

/** What is kept, with its values and labels. */
async function read(files: Files, split: 'train' | 'test' = 'test') {
  const target = join(folder, `kept-${++number}`);
  const { preparation, exampleCount } = await ingestUpload({ directory: await write(files), split, limits: LIMITS }, target);
  const { close, read: readExamples, ...rest } = await openContainer(target);
  const { images, labels } = await readExamples(0, exampleCount);
  await close();
  return { ...rest, preparation, exampleCount, images: [...images], labels: [...labels] };
}

const refused = async (files: Files, split: 'train' | 'test' = 'test') =>
  ingestUpload({ directory: await write(files), split, limits: LIMITS }, join(folder, `kept-${++number}`)).then(
    () => 'read',
    (error: Error) => error.message,
  );

const inspect = async (files: Files) => inspectUpload({ directory: await write(files), split: 'test', limits: LIMITS, imageCount: 100 });

const png = (seed = 0) => pngOf(sample(5, 4, 3, [seed]), 0);
/** Folders with a picture of each of two classes. */
const folders = async (...parts: readonly string[]): Promise<Files> => {
  const picture = await png();
  return Object.fromEntries(parts.flatMap((part) => ['a', 'b'].map((name) => [`${part}${name}/0.png`, picture])));
};
const numbers = (values: readonly number[]) => Uint8Array.from(values);
const images = (count: number) =>
  npy(
    '|u1',
    [count, 5, 4],
    sample(
      5,
      4,
      1,
      Array.from({ length: count }, () => 0),
    ).pixels,
  );
const labels = (count: number) => npy('|u1', [count], new Uint8Array(count));
const arrays = (count: number, end: string): Files => ({ [`x${end}.npy`]: images(count), [`y${end}.npy`]: labels(count) });

describe('of the parts of an upload', () => {
  const parquet = async (count: number) =>
    parquetOf(
      await Promise.all(Array.from({ length: count }, (_, i) => png(i))),
      Array.from({ length: count }, () => 0),
    );

  it('the test split is the test set, and the validation set only where there is no test set; both are said', async () => {
    const all = await read(await folders('train/', 'val/', 'test/'));
    expect(all).toMatchObject({ exampleCount: 2, classNames: ['a', 'b'] });
    expect(all.preparation).toMatch(/Of the split TEST was read: test; not read: val\.$/);
    const validation = await read(await folders('mine/train/', 'mine/val/'));
    expect(validation.exampleCount).toBe(2);
    expect(validation.preparation).toMatch(/Of the split TEST was read: val; there is no test set\.$/);
    const files = {
      'data/validation-00000-of-00001.parquet': await parquet(2),
      'data/test-00000-of-00001.parquet': await parquet(3),
      'data/train-00000-of-00001.parquet': await parquet(4),
    };
    expect(await read(files)).toMatchObject({ exampleCount: 3 });
    expect(await read(files, 'train')).toMatchObject({ exampleCount: 4 });
    expect(await read({ 'default/train/0000.parquet': await parquet(2), 'default/test/0000.parquet': await parquet(3) })).toMatchObject({
      exampleCount: 3,
    });
    const numpy = await read({ ...arrays(3, '_test'), ...arrays(2, '_val'), ...arrays(4, '_train') });
    expect(numpy).toMatchObject({
      exampleCount: 3,
      preparation: expect.stringMatching(/read: x_test\.npy; not read: x_val\.npy/) as unknown,
    });
  });

  it('those of a split are read without a word where there is nothing else', async () => {
    expect(await read({ ...arrays(3, '_test'), ...arrays(4, '_train') })).toMatchObject({ preparation: 'Values are those of the upload.' });
    expect(await read(arrays(3, ''))).toMatchObject({ preparation: 'Values are those of the upload.' });
    expect(await inspect(await folders(''))).toMatchObject({ warnings: [], problems: [] });
  });

  it.each([
    ['train/', 'test', 'TEST; there is: train. Give `split: TRAIN`, or call files or folders `test` or `validation`.'],
    ['deep/test/', 'train', 'TRAIN; there is: test. Give `split: TEST`, or call files or folders `train`.'],
    ['Training/', 'test', 'TEST; there is: Training. '],
  ] as const)('%s alone is not the split %s', async (part, split, message) => {
    expect(await refused(await folders(part), split)).toContain(`it has nothing of the split ${message}`);
    expect(await read(await folders(part), split === 'train' ? 'test' : 'train')).toMatchObject({ classNames: ['a', 'b'] });
  });

  it('arrays of the other split alone, and labels of another part than the images, are refused', async () => {
    expect(await refused(arrays(2, '_train'))).toMatch(/nothing of the split TEST; there is: x_train\.npy\. Give `split: TRAIN`/);
    expect(await refused({ 'x_test.npy': images(2), 'y_val.npy': labels(2) })).toBe(
      'y_val.npy: it has the labels of validation, x_test.npy the images of test. Upload both of one part.',
    );
    const idxFiles = {
      'train-images-idx3-ubyte': idx([1, 2, 2], new Uint8Array(4)),
      'train-labels-idx1-ubyte': idx([1], new Uint8Array(1)),
    };
    expect(await refused(idxFiles)).toMatch(/nothing of the split TEST/);
    expect(await read(idxFiles, 'train')).toMatchObject({ exampleCount: 1 });
  });

  it('folders beside them are no classes', async () => {
    expect(await refused(await folders('train/', 'test/', 'unlabelled/'))).toMatch(/beside test\/ and train\/ it has unlabelled\//);
    expect(await read({ 'bus/0.png': await png(), 'train/1.png': await png() })).toMatchObject({ classNames: ['bus', 'train'] });
  });
});

describe('labels.csv', () => {
  const table = async (bytes: Uint8Array, more: Files = {}): Promise<Files> => ({
    'labels.csv': bytes,
    'images/0.png': await png(),
    'images/1.png': await png(1),
    ...more,
  });
  const lines = (...rows: readonly string[]) => text(rows.join('\n'));

  it('is UTF-8: names in another encoding would become one', async () => {
    const rows = ['file,label', 'images/0.png,Käfer', 'images/1.png,Köfer'];
    expect(await refused(await table(Buffer.from(rows.join('\n'), 'latin1')))).toBe(
      'labels.csv: it is no text in UTF-8. Save it as UTF-8.',
    );
    expect(await read(await table(lines(...rows)))).toMatchObject({ classNames: ['Käfer', 'Köfer'] });
    expect(await read(await table(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), lines(...rows)])))).toMatchObject({ exampleCount: 2 });
    const start = lines('file,label');
    expect(await refused(await table(Buffer.concat([start, text('\nimages/0.png,'), Buffer.from([0xc3])])))).toMatch(/no text in UTF-8/);
  });

  it('may be separated by semicolons, as Excel does where decimals have commas', async () => {
    expect(await read(await table(lines('file;label', 'images/0.png;1,5', 'images/1.png;2,5')))).toMatchObject({
      classNames: ['1,5', '2,5'],
    });
  });

  it('without names of its columns is refused by its first line', async () => {
    expect(await refused(await table(lines('images/0.png,cat', 'images/1.png,dog')))).toMatch(
      /^labels\.csv, line 1: there is no column file, .*The columns are: images\/0\.png, cat\. The first line names them, as in "file,label"\.$/,
    );
  });

  it('that leaves pictures out says so', async () => {
    const { preparation } = await read(await table(lines('file,label', 'images/1.png,0')));
    expect(preparation).toMatch(/1 pictures are not in labels\.csv and were not read: images\/0\.png\.$/);
  });
});

describe('arrays of images', () => {
  const y = labels(2);
  const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) % 256);
  const shapeOf = async (shape: readonly number[]) => {
    const { imageShape, preparation } = await read({
      'x.npy': npy('|u1', [2, ...shape], ramp(2 * shape.reduce((a, b) => a * b))),
      'y.npy': y,
    });
    return [imageShape, /was read as \[n, ([a-z, ]+)\]/.exec(preparation)?.[1]];
  };

  it('have channels last, or first where that axis is shorter than both others; what is unusual is said', async () => {
    expect(await shapeOf([9, 9, 103])).toEqual([[9, 9, 103], 'height, width, channels']);
    expect(await shapeOf([8, 8, 100])).toEqual([[8, 8, 100], 'height, width, channels']);
    expect(await shapeOf([7, 9, 103])).toEqual([[9, 103, 7], 'channels, height, width']);
    expect(await shapeOf([3, 9, 8])).toEqual([[9, 8, 3], undefined]);
    expect(await shapeOf([9, 8, 3])).toEqual([[9, 8, 3], undefined]);
    expect(await shapeOf([3, 3, 3])).toEqual([[3, 3, 3], 'height, width, channels']);
  });

  const values = Array.from({ length: 24 }, (_, i) => i * 11);
  it.each([
    ['int64', '<i8', int64(values)],
    ['big-endian int16', '>i2', bytesOf(Int16Array.from(values, (value) => value << 8))],
  ] as const)('of %s from 0 to 255 are of 8 bits', async (_, type, bytes) => {
    const found = await read({ 'x.npy': npy(type, [2, 3, 4], bytes), 'y.npy': y });
    expect(found).toMatchObject({ bitDepth: 8, images: values });
    expect(found.preparation).toMatch(/were read as 8 bits, 0 to 255\.$/);
  });

  it('of booleans are 0 and 255', async () => {
    const found = await read({ 'x.npy': npy('|b1', [2, 1, 2], numbers([0, 1, 1, 0])), 'y.npy': y });
    expect(found).toMatchObject({ bitDepth: 8, images: [0, 255, 255, 0] });
  });

  it('of big-endian numbers are what they are', async () => {
    const floats = Buffer.alloc(16);
    [0, 0.25, 0.5, 1].forEach((value, i) => floats.writeFloatBE(value, 4 * i));
    expect(await read({ 'x.npy': npy('>f4', [2, 1, 2], floats), 'y.npy': y })).toMatchObject({ images: [0, 0.25, 0.5, 1] });
    const words = Buffer.from([0, 1, 0xff, 0xff, 1, 0, 0, 0]);
    expect(await read({ 'x.npy': npy('>u2', [2, 1, 2], words), 'y.npy': y })).toMatchObject({ bitDepth: 16, images: [1, 65_535, 256, 0] });
  });

  it('in Fortran order are those of C order', async () => {
    const shape = [2, 3, 4, 5];
    const plain = ramp(120);
    const fortran = new Uint8Array(120);
    let at = 0;
    for (let l = 0; l < 5; l++)
      for (let k = 0; k < 4; k++)
        for (let j = 0; j < 3; j++) for (let i = 0; i < 2; i++) fortran[at++] = plain[((i * 3 + j) * 4 + k) * 5 + l]!;
    const wide = (bytes: Uint8Array) => bytesOf(Float64Array.from(bytes, (value) => value / 255));
    expect((await read({ 'x.npy': npy('|u1', shape, fortran, true), 'y.npy': y })).fingerprint).toBe(
      (await read({ 'x.npy': npy('|u1', shape, plain), 'y.npy': y })).fingerprint,
    );
    expect((await read({ 'x.npy': npy('<f8', shape, wide(fortran), true), 'y.npy': y })).fingerprint).toBe(
      (await read({ 'x.npy': npy('<f8', shape, wide(plain)), 'y.npy': y })).fingerprint,
    );
    expect(await refused({ 'x.npy': npy('|u1', shape, fortran.subarray(1), true), 'y.npy': y })).toMatch(/^x\.npy: the file ends after/);
  });

  it.each([
    [
      '12 bits in uint16',
      '<u2',
      bytesOf(Uint16Array.from([0, 4095, 9, 7])),
      'The largest value is 4095 of 65535, .* If 4095 is white, multiply by 16\\.',
    ],
    ['0 and 1 in uint8', '|u1', numbers([0, 1, 1, 0]), 'The largest value is 1 of 255, .* If 1 is white, multiply by 255\\.'],
    [
      'floats that were divided twice',
      '<f4',
      bytesOf(Float32Array.from([0, 0.00390625, 0, 0])),
      'The largest value is 0.00390625 of 1, .*',
    ],
  ] as const)('that are nearly black are said to be: %s', async (_, type, bytes, said) => {
    const files = { 'x.npy': npy(type, [2, 1, 2], bytes), 'y.npy': y };
    expect((await read(files)).preparation).toMatch(new RegExp(`${said}$`));
    expect((await inspect(files)).warnings).toEqual([expect.stringMatching(new RegExp(`^${said}$`))]);
  });
});

describe('arrays of labels', () => {
  const withY = (y: Uint8Array): Files => ({ 'x.npy': images(3), 'y.npy': y });
  const floats = (values: readonly number[]) => bytesOf(Float32Array.from(values));
  const wide = Buffer.concat([...'bab'].map((name) => Buffer.from([name.charCodeAt(0), 0, 0, 0, 0, 0, 0, 0])));

  it('are whole numbers of any type, names, or one-hot rows, which have a class for each column', async () => {
    expect(await read(withY(npy('<f4', [3], floats([2, 0, 1]))))).toMatchObject({ labels: [2, 0, 1] });
    expect(await read(withY(npy('>i4', [3], Buffer.from([0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1]))))).toMatchObject({ labels: [2, 0, 1] });
    expect(await read(withY(npy('<U2', [3], wide)))).toMatchObject({ labels: [1, 0, 1], classNames: ['a', 'b'] });
    const rows = [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0];
    const expected = { labels: [1, 0, 2], classNames: ['0', '1', '2', '3'] };
    expect(await read(withY(npy('<f4', [3, 4], floats(rows))))).toMatchObject(expected);
    expect(await read(withY(npy('|b1', [3, 4], numbers(rows))))).toMatchObject(expected);
    const fortran = [0, 1, 2, 3].flatMap((column) => [0, 1, 2].map((row) => rows[row * 4 + column]!));
    expect(await read(withY(npy('|u1', [3, 4], numbers(fortran), true)))).toMatchObject(expected);
  });

  it.each([
    [[1, 2, 2], '1 of 3 classes have no example: 0\\. Labels count from 0: if yours count from 1, take 1 from each\\.'],
    [[0, 3, 9], '7 of 10 classes have no example: 1, 2, 4, 5, 6, …\\.'],
  ])('that leave classes empty are said to: %j', async (labels, said) => {
    const files = withY(npy('<f4', [3], floats(labels)));
    expect((await read(files)).preparation).toMatch(new RegExp(`${said}$`));
    expect((await inspect(files)).warnings).toEqual([expect.stringMatching(new RegExp(`^${said}$`))]);
  });

  it('that are wrong are named by their own file and row', async () => {
    expect(await refused(withY(npy('<f4', [3], floats([0, 1.5, 1]))))).toMatch(/^y\.npy, row 1: the label is 1\.5; whole numbers/);
    expect(await refused(withY(npy('<f4', [3, 2], floats([0, 1, 0.5, 0.5, 1, 0]))))).toMatch(
      /^y\.npy, row 1: the row of labels is not one-hot/,
    );
    expect(await refused(withY(npy('|i1', [3], Uint8Array.from([0, 255, 0]))))).toMatch(/^y\.npy, row 1: the label is -1/);
    expect(await refused(withY(npy('|u1', [3, 2, 2], new Uint8Array(12))))).toMatch(/^y\.npy: the array of labels has shape \(3, 2, 2\)/);
  });
});

describe('files that are not read', () => {
  it('are named picture by picture, rather than left out', async () => {
    const picture = await png();
    const files = { 'a/0.png': picture, 'a/1.gif': text('GIF89a'), 'a/2.HEIC': text('x'), 'b/0.png': picture, 'b/1.jp2': text('x') };
    const found = await inspect(files);
    expect(found).toMatchObject({ exampleCount: 5, problemCount: 3 });
    expect(found.problems.map(({ at, message }) => [at, message])).toEqual([
      ['a/1.gif', 'a/1.gif: files of GIF are not read. Save it as PNG, or leave it out.'],
      ['a/2.HEIC', 'a/2.HEIC: files of HEIC are not read. Save it as PNG, or leave it out.'],
      ['b/1.jp2', 'b/1.jp2: files of JPEG 2000 are not read. Save it as PNG, or leave it out.'],
    ]);
    expect(await refused({ 'a/0.gif': text('GIF89a') })).toMatch(/^a\/0\.gif: files of GIF are not read/);
  });

  it('and are no pictures by their names are said', async () => {
    const { warnings, problems } = await inspect({ ...(await folders('')), 'a/photo': await png(), 'readme.txt': text('x') });
    expect(warnings).toEqual(['2 files are no pictures by their names and were not read: a/photo, readme.txt.']);
    expect(problems).toEqual([]);
  });

  it.each([
    ['cifar-10-batches-py/data_batch_1', /This is the Python version of CIFAR-10: .*Take the "binary version"/],
    ['cifar-100-python/train', /This is the Python version of CIFAR-100/],
    ['tensors/data.pkl', /torch\.save.*numpy\.savez\(file, x=images\.numpy\(\), y=labels\.numpy\(\)\)/],
    ['data/set.h5', /HDF5 is not read\. Save the images/],
    ['data/other.xyz', /Known: NumPy arrays; IDX; CIFAR-10, binary version; CIFAR-100, binary version; /],
  ])('such as %s are refused by what to do', async (name, message) => {
    expect(await refused({ [name]: text('x') })).toMatch(message);
  });
});
