/**
 * Accuracy of a shipped model under every common corruption, and what each costs, as a table for the docs:
 * `npm run bench:corruptions -- --cifar10 FOLDER [--images 500] [--model cifar10-resnet-20]`.
 * @module
 */
import { parseArgs } from 'node:util';
import {
  corruptions,
  createEngine,
  evaluateShard,
  loadLayersModel,
  openDataset,
  SEVERITIES,
  type ShardResult,
  studentInterval,
} from '../src/compute/index.js';

const { values } = parseArgs({
  options: {
    cifar10: { type: 'string' },
    images: { type: 'string', default: '500' },
    model: { type: 'string', default: 'cifar10-resnet-20' },
  },
});
if (values.cifar10 === undefined) throw new Error('Name the folder of CIFAR-10, binary version: --cifar10 FOLDER.');

const count = Number(values.images);
const engine = await createEngine({ engine: 'compiled:cpu' });
const model = await loadLayersModel({ directory: `assets/models/${values.model}` });
const dataset = await openDataset({ format: 'cifar10', split: 'test', directory: values.cifar10 });
const percent = (share: number) => (100 * share).toFixed(1);
const right = (predictions: Int32Array, labels: Int32Array) => Array.from(labels, (label, i) => (predictions[i] === label ? 1 : 0));
const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

/** Of each example, over all that counts, from 0 on. */
const errors = new Float64Array(count);
let counted = 0;
let clean: ShardResult | undefined;

console.log(`| corruption | group | 1 | 2 | 3 | 4 | 5 | mean | images a second |\n|---|---|---|---|---|---|---|---|---|`);
for (const { kind, group } of corruptions) {
  const accuracies: number[] = [];
  let seconds = 0;
  for (const severity of SEVERITIES) {
    const attack = { kind: 'CORRUPTION', parameters: { kind, severity } };
    const result = await evaluateShard({ engine, model, dataset, offset: 0, count, attack, seed: 1, keepImages: false });
    const rights = right(result.adversarialPrediction, result.labels);
    clean = result;
    seconds += result.seconds;
    accuracies.push(mean(rights));
    if (group === 'EXTRA') continue;
    counted++;
    for (const [i, one] of rights.entries()) errors[i]! += 1 - one;
  }
  const speed = Math.round((SEVERITIES.length * count) / seconds);
  console.log(`| ${kind} | ${group} | ${accuracies.map(percent).join(' | ')} | ${percent(mean(accuracies))} | ${speed} |`);
}
const { mean: error, lower, upper } = studentInterval([...errors].map((sum) => sum / counted));
console.log(
  `\nClean accuracy ${percent(mean(right(clean!.cleanPrediction, clean!.labels)))} %. Mean corruption error, not divided by a baseline: ` +
    `${percent(error)} % (95 % interval ${percent(lower!)} to ${percent(upper!)}), of ${count} images.`,
);
await dataset.close();
