/**
 * AutoAttack, standard version, with and without the compaction that lets fooled images leave the batch:
 * `npm run bench:autoattack -- [--images 1000] [--models mnist-baseline,mnist-adversarial] [--epsilon 0.1] [--engine NAME] [--threads N]`.
 * @module
 */
import { parseArgs } from 'node:util';
import { createEngine, type EngineName, evaluateShard, loadLayersModel, openDataset } from '../src/compute/index.js';
import { processorName } from './machine.js';

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '1000' },
    models: { type: 'string', default: 'mnist-baseline,mnist-adversarial' },
    epsilon: { type: 'string', default: '0.1' },
    engine: { type: 'string', default: 'compiled:cpu' },
    threads: { type: 'string' },
  },
});
const threads = values.threads ? Number(values.threads) : undefined;
const attack = { kind: 'AUTO_ATTACK_LINF', parameters: { epsilon: Number(values.epsilon) } };
const dataset = await openDataset({ format: 'mnist', split: 'test' });
const rows: Record<string, string | number>[] = [];
for (const name of values.models.split(',')) {
  const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: `assets/models/${name}` });
  for (const compaction of [true, false]) {
    const engine = await createEngine({ engine: values.engine as EngineName, threads });
    if (rows.length === 0) console.log(`${engine.description.label}, ${processorName()}, ε = ${values.epsilon}`);
    const shard = { engine, model, dataset, attack, compaction, seed: 1, offset: 0, count: Number(values.images), keepImages: false };
    const result = await evaluateShard(shard);
    const right = (predictions: Int32Array) => predictions.filter((predicted, i) => predicted === result.labels[i]).length / result.count;
    const total = (passes: Int32Array) => passes.reduce((sum, one) => sum + one, 0);
    rows.push({
      model: name,
      compaction: compaction ? 'on' : 'off',
      images: result.count,
      seconds: Number(result.seconds.toFixed(1)),
      'clean accuracy': right(result.cleanPrediction),
      'robust accuracy': right(result.adversarialPrediction),
      queries: total(result.queries),
      gradients: total(result.gradients),
    });
    await engine.dispose();
  }
}
await dataset.close();
console.table(rows);
