/** Whether an engine computes what the reference does. @module */
import { buildArchitecture, createEngine, type Engine } from '../src/compute/index.js';
import { inputGradientOf } from './functions.js';
import { batchOf } from './subjects.js';

/** Largest difference of a small network's input gradients from those of `eager:cpu`, as a share of the largest gradient. */
export async function gradientError(engine: Engine): Promise<number> {
  const model = await buildArchitecture('mnist-small-cnn', { seed: 1 });
  const { images: x, labels: label } = batchOf(model, 2);
  const reference = await createEngine({ engine: 'eager:cpu' });
  const run = async (each: Engine) => Array.from((await (await each.batched(inputGradientOf(model))).run({ x, label }))['gradient']!.data);
  const [actual, expected] = [await run(engine), await run(reference)];
  await reference.dispose();
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return expected.reduce((max, value, i) => Math.max(max, Math.abs(value - actual[i]!)), 0) / largest;
}
