/** How many operators of each kind the compiler emits for the step of FGSM and for a step of training, on networks of three families. */
import { buildArchitecture, type OperatorCounts } from '../../src/compute/index.js';
import { explainFunction, FUNCTIONS } from '../../scripts/compiled-functions.js';

/** Small images: operators are as many as on large ones. */
const NETWORKS = { 'mnist-cnn': [28, 28, 1], 'resnet-20': [32, 32, 3], 'mobilenet-v2': [32, 32, 3] } as const;

/** Fixed, so that counts are those of every machine. */
const TARGET = { provider: 'cpu', blockSize: 8, threads: 1 } as const;
const SIZE = 4;

/** By network and function, as `mnist-cnn fgsm`. */
export async function operatorCounts(): Promise<Record<string, OperatorCounts>> {
  const counts: Record<string, OperatorCounts> = {};
  for (const [name, inputShape] of Object.entries(NETWORKS)) {
    const model = await buildArchitecture(name, { seed: 1, classCount: 10, inputShape });
    for (const of of FUNCTIONS) counts[`${name} ${of}`] = (await explainFunction(model, of, SIZE, TARGET)).operators;
  }
  return counts;
}
