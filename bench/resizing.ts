/**
 * Ways to resize pictures: `npm run bench:resizing -- --pictures FOLDER --model FILE.onnx [--value-range 0,255] [--mean 127] [--std 128] [--images 1000]`. Clean
 * accuracy of a network on each, how far pixels are from those of the first way, and milliseconds a picture. FOLDER has ImageNet's layout.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { argmaxRows, createEngine, loadModel, openDataset, predict, resizings, toLevels, wilson } from '../src/compute/index.js';

const BATCH = 50;

const { values } = parseArgs({
  options: {
    pictures: { type: 'string' },
    model: { type: 'string' },
    format: { type: 'string', default: 'imagenet-224' },
    'value-range': { type: 'string', default: '0,255' },
    mean: { type: 'string', default: '127' },
    std: { type: 'string', default: '128' },
    images: { type: 'string', default: '1000' },
  },
});
const { pictures, model: file } = values;
if (!pictures || !file) throw new Error('Name a folder of pictures and an .onnx file: --pictures FOLDER --model FILE.onnx');

const directory = await mkdtemp(join(tmpdir(), 'gauntlet-bench-'));
await copyFile(file, join(directory, 'model.onnx'));
const channels = (text: string) => Array.from({ length: 3 }, () => Number(text));
const [low, high] = values['value-range'].split(',').map(Number);
const spec = { valueRange: [low!, high!] as const, mean: channels(values.mean), std: channels(values.std) };
const engine = await createEngine({ engine: 'compiled:cpu', microBatch: 4 });
const model = await loadModel({ directory, spec });
const datasets = await Promise.all(
  resizings.map(({ name }) => openDataset({ format: values.format, split: 'test', directory: pictures, resizing: name })),
);
const right = resizings.map(() => 0);
const changed = resizings.map(() => 0);
const seconds = resizings.map(() => 0);
const count = Math.min(Number(values.images), datasets[0]!.info.exampleCount);
let pixels = 0;
for (let offset = 0; offset < count; offset += BATCH) {
  const n = Math.min(BATCH, count - offset);
  let first: Uint8Array | undefined;
  for (const [way, dataset] of datasets.entries()) {
    const start = performance.now();
    const { images: levels, labels } = await dataset.read(offset, n);
    const images = toLevels(levels);
    seconds[way]! += (performance.now() - start) / 1000;
    const reference = (first ??= images);
    changed[way]! += images.reduce((sum, value, i) => sum + Math.abs(value - reference[i]!), 0);
    const data = Float32Array.from(images, (value) => value / 255);
    const predicted = argmaxRows(await predict(engine, model, { dtype: 'float32', shape: [n, ...dataset.info.imageShape], data }));
    right[way]! += labels.reduce((sum, label, i) => sum + (predicted[i] === label ? 1 : 0), 0);
  }
  pixels += first!.length;
  console.error(`${offset + n} of ${count} pictures, right: ${right.join(', ')}`);
}
console.log('| resizing | top 1 | 95 % interval | mean difference, of 255 | read, ms a picture |\n| --- | ---: | --- | ---: | ---: |');
for (const [way, { name }] of resizings.entries()) {
  const { value, lower, upper } = wilson(right[way]!, count);
  const interval = `${(100 * lower).toFixed(1)} to ${(100 * upper).toFixed(1)} %`;
  const cells = [(changed[way]! / pixels).toFixed(2), ((1000 * seconds[way]!) / count).toFixed(1)];
  console.log(`| ${[`\`${name}\``, `${(100 * value!).toFixed(1)} %`, interval, ...cells].join(' | ')} |`);
}
await Promise.all([engine.dispose(), ...datasets.map((dataset) => dataset.close())]);
await rm(directory, { recursive: true });
