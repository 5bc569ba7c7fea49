/**
 * Algorithm 1 of Kurakin, Goodfellow and Bengio 2016 on a small network: accuracy on clean images and under FGSM, with plain and with adversarial training.
 * `npm run example:adversarial-training`, or after a build `node dist/examples/adversarial-training.js [epochs]`.
 * @module
 */
import {
  adam,
  algorithm1,
  buildArchitecture,
  createEngine,
  evaluateShard,
  openDataset,
  standard,
  stepLlUpTo,
  train,
} from '../src/compute/index.js';

const EPOCHS = Number(process.argv[2] ?? 1);
const BATCH_SIZE = 64;
const EPSILON = 0.3;

const engine = await createEngine({ engine: 'compiled:cpu' });
const [training, test] = [await openDataset({ format: 'mnist', split: 'train' }), await openDataset({ format: 'mnist', split: 'test' })];
try {
  const schemes = {
    'plain training': standard,
    'Algorithm 1': algorithm1({ ...stepLlUpTo(EPSILON), adversarialCount: BATCH_SIZE / 2, adversarialWeight: 0.3, delaySteps: 0 }),
  };
  for (const [title, scheme] of Object.entries(schemes)) {
    const untrained = await buildArchitecture('mnist-small-cnn', { seed: 1 });
    const start = performance.now();
    const model = await train({
      engine,
      model: untrained,
      dataset: training,
      scheme,
      optimizer: adam(),
      epochs: EPOCHS,
      batchSize: BATCH_SIZE,
      learningRate: () => 1e-3,
      seed: 1,
    });
    const attack = { kind: 'FGSM', parameters: { epsilon: EPSILON } };
    const shard = await evaluateShard({ engine, model, dataset: test, attack, seed: 0, offset: 0, count: 1000, keepImages: false });
    const accuracy = (predictions: Int32Array) =>
      (100 * predictions.filter((prediction, i) => prediction === shard.labels[i]).length) / shard.count;
    const [clean, adversarial] = [accuracy(shard.cleanPrediction), accuracy(shard.adversarialPrediction)];
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`${title.padEnd(15)} clean ${clean.toFixed(1)} %, FGSM at ε = ${EPSILON}: ${adversarial.toFixed(1)} % (${seconds} s)`);
  }
} finally {
  await Promise.all([training.close(), test.close(), engine.dispose()]);
}
