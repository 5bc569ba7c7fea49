/**
 * An uploaded data set of photographs, read into what is kept of it: images a second beside sharp alone, and the peak of memory of the process that reads. Then it
 * is streamed from the file that is kept. `node dist/bench/dataset-upload.js --images 50000 --side 224`.
 * @module
 */
import { fork } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { batches, ingestUpload, openDataset, STORED_FORMAT } from '../src/compute/index.js';

const { values } = parseArgs({
  allowPositionals: true,
  options: { images: { type: 'string', default: '2000' }, side: { type: 'string', default: '224' }, folder: { type: 'string' } },
});
const [count, side] = [Number(values.images), Number(values.side)];

/** Distinct pictures; the others are copies, which decode as slowly. */
const DISTINCT = 64;
const CLASSES = 100;
const LIMITS = { maxImages: Infinity, maxPixels: 2 ** 26, maxClasses: 1000, maxBytes: Infinity };
const STREAMED_AT_ONCE = 64;
const WATCH_MS = 20;

/** Photographs have edges and slopes, which noise has not: waves of a few frequencies. */
async function picture(seed: number): Promise<Buffer> {
  const pixels = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const [x, y] = [pixel % side, Math.floor(pixel / side)];
    return 128 + 60 * Math.sin((x * (seed + 3)) / 37 + channel) + 50 * Math.cos((y * (seed + 5)) / 23 + (x * y) / 900);
  });
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

async function makeUpload(folder: string): Promise<string[]> {
  const pictures = await Promise.all(Array.from({ length: Math.min(DISTINCT, count) }, (_, seed) => picture(seed)));
  const paths: string[] = [];
  for (let i = 0; i < count; i++) {
    const directory = join(folder, `class ${String(i % CLASSES).padStart(3, '0')}`);
    if (i < CLASSES) await mkdir(directory, { recursive: true });
    const path = join(directory, `${i}.jpg`);
    await writeFile(path, pictures[i % pictures.length]!);
    paths.push(path);
  }
  return paths;
}

/** The same files, decoded by sharp, as many at the same time. */
async function sharpAlone(paths: readonly string[], atOnce: number): Promise<number> {
  const start = performance.now();
  let next = 0;
  const work = async () => {
    while (next < paths.length)
      await sharp(await readFile(paths[next++]!))
        .raw()
        .toBuffer();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return (performance.now() - start) / 1000;
}

/** Runs `work` and watches the memory of this process. @returns seconds, and the peak in bytes. */
async function watched(work: () => Promise<unknown>): Promise<{ seconds: number; peak: number }> {
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), WATCH_MS);
  const start = performance.now();
  await work();
  clearInterval(timer);
  return { seconds: (performance.now() - start) / 1000, peak: Math.max(peak, process.memoryUsage.rss()) };
}

interface Measured {
  readonly read: { seconds: number; peak: number };
  readonly streamed: { seconds: number; peak: number };
}

/** In a process of its own, so that nothing else counts. */
async function measure(folder: string, target: string): Promise<Measured> {
  const request = { directory: folder, split: 'test' as const, limits: LIMITS };
  const read = await watched(() => ingestUpload(request, target));
  const dataset = await openDataset({ format: STORED_FORMAT, split: 'test', directory: target });
  const streamed = await watched(async () => {
    for await (const { labels } of batches(dataset, STREAMED_AT_ONCE)) if (labels.length === 0) throw new Error('an empty batch');
  });
  await dataset.close();
  return { read, streamed };
}

const perSecond = (seconds: number) => `${(count / seconds).toFixed(0)} images/s`;
const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

if (process.send) {
  const measured = await measure(process.argv[2]!, process.argv[3]!);
  process.send(measured);
  process.disconnect();
} else {
  const root = values.folder ?? (await mkdtemp(join(tmpdir(), 'gauntlet-upload-')));
  const [folder, target] = [join(root, 'files'), join(root, 'dataset')];
  try {
    const paths = await makeUpload(folder);
    const alone = await sharpAlone(paths, 8);
    const child = fork(fileURLToPath(import.meta.url), [folder, target, '--images', String(count)]);
    const { read, streamed } = await new Promise<Measured>((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code) => reject(new Error(`The process that measures ended with ${code}.`)));
    });
    const { size } = await stat(target);
    console.log(`${count} JPEG pictures of ${side}×${side}, kept in ${mebibytes(size)}`);
    console.log(`sharp alone: ${perSecond(alone)}`);
    console.log(`read into what is kept: ${perSecond(read.seconds)}, peak ${mebibytes(read.peak)}`);
    console.log(`streamed from what is kept: ${perSecond(streamed.seconds)}, peak ${mebibytes(streamed.peak)}`);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
