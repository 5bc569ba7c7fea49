/** Folders of pictures, against torchvision's `ImageFolder` and Pillow. */
import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readPicture } from '../../src/compute/data/pictures/read.js';
import { openDataset } from '../../src/compute/data/registry.js';
import { failure, refusal, temporaryDirectory } from './fixtures.js';

const fixtures = 'tests/fixtures/pictures';
const directory = await temporaryDirectory();

async function folder(...path: string[]): Promise<string> {
  const made = join(directory, ...path);
  await mkdir(made, { recursive: true });
  return made;
}

/** A picture of one grey value. */
async function grey(value: number, ...path: string[]): Promise<void> {
  const file = join(directory, ...path);
  await sharp(Buffer.alloc(300 * 300, value), { raw: { width: 300, height: 300, channels: 1 } })
    .png()
    .toFile(file);
}

/** Class and grey value of every example. */
async function examplesOf(root: string): Promise<{ classes: readonly string[]; examples: string[] }> {
  const dataset = await openDataset({ format: 'imagenet-224', split: 'test', directory: root });
  const { classNames, exampleCount } = dataset.info;
  const { images, labels } = await dataset.read(0, exampleCount);
  const size = 224 * 224 * 3;
  return { classes: classNames, examples: [...labels].map((label, i) => `${classNames[label]} ${images[i * size]}`) };
}

describe('a picture has the pixels that Pillow gives it', async () => {
  const expected = JSON.parse(await readFile(join(fixtures, 'expected.json'), 'utf8')) as Record<string, [number, number, string]>;

  it.each(Object.entries(expected))('%s', async (name, [width, height, rgb]) => {
    const picture = await readPicture(join(fixtures, name));
    expect([picture.width, picture.height]).toEqual([width, height]);
    expect(Buffer.from(picture.pixels).equals(Buffer.from(rgb, 'base64'))).toBe(true);
  });

  it('of which there are all kinds that torchvision knows', () => {
    const kinds = new Set(Object.keys(expected).map((name) => name.split('.')[1]));
    expect([...kinds].sort()).toEqual(['bmp', 'jpg', 'pbm', 'pgm', 'png', 'ppm', 'tif', 'webp']);
  });

  it('whatever its name says, without alpha and without its colour profile', async () => {
    const path = join(directory, 'named.bmp');
    const colour = { r: 200, g: 100, b: 50, alpha: 0.5 };
    const image = sharp({ create: { width: 2, height: 2, channels: 4, background: colour } });
    await image.withIccProfile('p3').png().toFile(path);
    const stored = await sharp(path, { ignoreIcc: true }).removeAlpha().raw().toBuffer();
    expect([...(await readPicture(path)).pixels]).toEqual([...stored]);
    await sharp({ create: { width: 2, height: 2, channels: 4, background: colour } })
      .png()
      .toFile(path);
    expect([...(await readPicture(path)).pixels.subarray(0, 3)]).toEqual([200, 100, 50]);
  });

  it('to its edge, of bitmaps whose lines are skipped or cut off', async () => {
    const palette = Buffer.from([9, 8, 7, 0, 30, 20, 10, 0]);
    const runs = Buffer.from([2, 1, 0, 2, 1, 1, 1, 1, 0, 0, 9, 1, 0, 1]);
    const header = Buffer.alloc(54);
    header.write('BM');
    for (const [at, value] of [
      [10, 62],
      [14, 40],
      [18, 4],
      [22, 3],
      [28, 8],
      [30, 1],
    ] as const)
      header.writeUInt32LE(value, at);
    const path = join(directory, 'runs.bmp');
    await writeFile(path, Buffer.concat([header, palette, runs]));
    const { pixels } = await readPicture(path);
    const reds = Array.from({ length: 12 }, (_, i) => pixels[3 * i]);
    // The lowest line is the first of the file.
    expect(reds).toEqual([10, 10, 10, 10, 7, 7, 7, 10, 10, 10, 7, 7]);
  });
});

describe('a damaged picture is refused with its name:', () => {
  it.each([
    ['rgb.jpg', 200],
    ['rgb.png', 60],
    ['rgb.webp', 40],
    ['rgb.bmp', 80],
    ['rle8.bmp', 1082],
    ['core8.bmp', 30],
    ['rgb.ppm', 30],
    ['text.ppm', 20],
    ['one.pbm', 8],
    ['g.pgm', 9],
  ])('%s, cut after %d bytes', async (name, bytes) => {
    const path = join(directory, `cut-${name}`);
    await writeFile(path, await readFile(join(fixtures, name)));
    await truncate(path, bytes);
    expect(await failure(readPicture(path))).toMatchObject(refusal('INVALID_DATASET', new RegExp(`Cannot read .*cut-${name}: .+`)));
  });

  it.each([
    ['P6 60000 60000 255\n', /declares 60000×60000 pixels/],
    ['P5 2 2 70000\n1234', /largest value is 70000/],
    ['<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', /format svg/],
    ['no picture', /unsupported/],
    ['', /Cannot read/],
  ])('%s', async (content, why) => {
    const path = join(directory, 'bad.png');
    await writeFile(path, content);
    expect(await failure(readPicture(path))).toMatchObject(refusal('INVALID_DATASET', why));
  });
});

describe('classes and examples are those of torchvision', () => {
  it('hidden folders are none, links are followed, nested pictures count, and order is by code point', async () => {
    const root = await folder('layout');
    for (const name of ['b', 'a/x', 'a-b', 'B', '.ipynb_checkpoints', '\u{1F408}', '\uFB01', 'empty', 'a/.ipynb_checkpoints']) {
      await folder('layout/val', name);
    }
    await folder('elsewhere/deep');
    await symlink('../../elsewhere', join(root, 'val/linked'));
    await symlink('../../nowhere', join(root, 'val/broken'));
    await symlink('../../../elsewhere/deep/once.png', join(root, 'val/b/file.png'));
    await symlink('nowhere.png', join(root, 'val/b/broken.png'));
    await symlink('..', join(root, 'val/a/x/circle'));
    await mkdir(join(root, 'val/b/folder.png'));
    await grey(1, 'layout/val/a/z.png');
    await grey(2, 'layout/val/a/x/a.PNG');
    await grey(3, 'layout/val/a/.hidden.png');
    await grey(4, 'layout/val/a/.ipynb_checkpoints/z-checkpoint.png');
    await grey(5, 'layout/val/a-b/a.png');
    await grey(6, 'layout/val/B/a.png');
    await grey(7, 'elsewhere/deep/once.png');
    await grey(8, 'layout/val/.ipynb_checkpoints/a.png');
    await grey(9, 'layout/val/\u{1F408}/a.png');
    await grey(10, 'layout/val/\uFB01/a.png');
    await grey(11, 'layout/val/beside.png');
    await writeFile(join(root, 'val/b/notes.txt'), 'no picture');
    const { classes, examples } = await examplesOf(root);
    expect(classes).toEqual(['B', 'a', 'a-b', 'b', 'empty', 'linked', '\uFB01', '\u{1F408}']);
    expect(examples).toEqual(['B 6', 'a 1', 'a 2', 'a-b 5', 'b 7', 'linked 7', '\uFB01 10', '\u{1F408} 9']);
  });

  it('all kinds of names count, in capitals too', async () => {
    const root = await folder('names');
    await folder('names/val/a');
    const endings = ['jpg', 'jpeg', 'png', 'ppm', 'bmp', 'pgm', 'tif', 'tiff', 'webp', 'JPG', 'Webp', 'gif', 'txt'];
    for (const ending of endings) await writeFile(join(root, `val/a/${ending}.${ending}`), 'not looked at yet');
    const dataset = await openDataset({ format: 'imagenet-224', split: 'test', directory: root });
    expect(dataset.info.exampleCount).toBe(endings.length - 2);
  });

  it('a picture that is added to a folder in a folder makes another data set', async () => {
    const root = await folder('growing');
    await folder('growing/val/a/inner');
    await grey(1, 'growing/val/a/inner/a.png');
    const before = await openDataset({ format: 'imagenet-224', split: 'test', directory: root });
    await grey(2, 'growing/val/a/inner/b.png');
    const after = await openDataset({ format: 'imagenet-224', split: 'test', directory: root });
    expect([before.info.exampleCount, after.info.exampleCount]).toEqual([1, 2]);
    expect(after.info.fingerprint).not.toBe(before.info.fingerprint);
  });
});
