/**
 * Accuracy of a model under three attacks, each example's worst case, and a paired test between two attacks: `compute` as a library, without a server.
 * `npm run example:robust-accuracy`, or after a build `node dist/examples/robust-accuracy.js [number of images]`.
 * @module
 */
import { createEngine, evaluateShard, loadModel, mcnemarTwoSided, openDataset, type Proportion, wilson } from '../src/compute/index.js';

const COUNT = Number(process.argv[2] ?? 200);
const ATTACKS = [
  { kind: 'FGSM', parameters: { epsilon: 0.1 } },
  { kind: 'PGD', parameters: { epsilon: 0.1, steps: 20 } },
  { kind: 'APGD_DLR_LINF', parameters: { epsilon: 0.1, iterations: 20 } },
];

const percent = ({ value, lower, upper, n }: Proportion) =>
  `${(100 * (value ?? 0)).toFixed(1)} % [${(100 * lower).toFixed(1)}, ${(100 * upper).toFixed(1)}], n = ${n}`;

const engine = await createEngine({ engine: 'compiled:cpu' });
const model = await loadModel({ directory: 'assets/models/mnist-baseline' });
const dataset = await openDataset({ format: 'mnist', split: 'test' });
try {
  const right: boolean[][] = [];
  for (const attack of ATTACKS) {
    const shard = await evaluateShard({ engine, model, dataset, attack, seed: 0, offset: 0, count: COUNT, keepImages: false });
    right.push(Array.from(shard.labels, (label, i) => shard.cleanPrediction[i] === label && shard.adversarialPrediction[i] === label));
    console.log(`${attack.kind.padEnd(14)} ${percent(wilson(right.at(-1)!.filter(Boolean).length, shard.count))}`);
  }
  const robust = right[0]!.filter((_, i) => right.every((attack) => attack[i])).length;
  console.log(`${'worst case'.padEnd(14)} ${percent(wilson(robust, right[0]!.length))}`);
  const only = (a: number, b: number) => right[a]!.filter((is, i) => is && !right[b]![i]).length;
  console.log(`PGD fools others than FGSM: exact McNemar p = ${mcnemarTwoSided(only(0, 1), only(1, 0)).toExponential(1)}`);
} finally {
  await Promise.all([dataset.close(), engine.dispose()]);
}
