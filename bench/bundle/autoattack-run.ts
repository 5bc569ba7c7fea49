/** AutoAttack, standard version, on a network that ships with Gauntlet and images of MNIST's test set. @module */
import { join } from 'node:path';
import { type Engine, evaluateShard, loadLayersModel, openDataset } from '../../src/compute/index.js';

export interface AutoAttackRun {
  readonly model: string;
  readonly epsilon: number;
  readonly images: number;
  /** Counts of images. */
  readonly clean: number;
  readonly robust: number;
  readonly seconds: number;
  readonly queries: number;
  readonly gradients: number;
}

const MODEL = 'mnist-adversarial';

/** @param images from the first on. @param epsilon of the attack. */
export async function autoAttackRun(engine: Engine, images: number, epsilon: number): Promise<AutoAttackRun> {
  const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: join('assets', 'models', MODEL) });
  const dataset = await openDataset({ format: 'mnist', split: 'test' });
  try {
    const attack = { kind: 'AUTO_ATTACK_LINF', parameters: { epsilon } };
    const shard = { engine, model, dataset, attack, seed: 1, offset: 0, count: images, keepImages: false };
    const { seconds, count, labels, cleanPrediction, adversarialPrediction, queries, gradients } = await evaluateShard(shard);
    const right = (predictions: Int32Array) => predictions.filter((predicted, i) => predicted === labels[i]).length;
    const total = (passes: Int32Array) => passes.reduce((sum, one) => sum + one, 0);
    return {
      ...{ model: MODEL, epsilon, images: count, seconds },
      ...{ clean: right(cleanPrediction), robust: right(adversarialPrediction), queries: total(queries), gradients: total(gradients) },
    };
  } finally {
    await dataset.close();
  }
}
