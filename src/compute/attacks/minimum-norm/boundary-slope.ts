/** The slope of the margin of wrong classes over the true one at some images: the normal of the nearest class boundary there. @module */
import type { BatchedFunction } from '../../engine/index.js';
import { floats, gather, type HostTensor } from '../../tensors/index.js';
import type { AttackTask } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { lossAndGradient } from '../core/losses.js';
import { goalMargin } from './goal.js';
import { classes } from './steps.js';

/** @returns a function from images, and the examples of the task that they are of, to slopes. Costs a query and a gradient of each. */
export async function compileBoundarySlope(task: AttackTask): Promise<(images: HostTensor, rows?: Int32Array) => Promise<Float32Array>> {
  const { labels, direction } = aim(task);
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const compiled: BatchedFunction = await task.compile(
    `slope.${direction}`,
    { image, aim: { dtype: 'int32', shape: [] } },
    (logits, { image: at, aim: goalClass }) => ({
      slope: lossAndGradient(task, logits, at!, goalMargin(task, goalClass as Parameters<typeof goalMargin>[1])).gradient,
    }),
  );
  return async (images, rows = Int32Array.from(labels.keys())) => {
    const { slope } = await compiled.run({ image: images, aim: gather(classes(labels), rows) }, { signal: task.signal });
    return floats(slope!);
  };
}
