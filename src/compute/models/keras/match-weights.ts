/** Gives stored weights to the variables that a topology declares. @module */
import type { HostTensor, HostTensors } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';

const MAXIMUM_NAMES = 10;

/**
 * @param shapes of the variables by name.
 * @returns the weights under the variables' names and in their order.
 * @throws ComputeError INVALID_MODEL naming what is missing, left over, or of another shape.
 */
export function matchWeights(shapes: Readonly<Record<string, readonly number[]>>, stored: HostTensors): HostTensors {
  const matched = new Map<string, HostTensor>();
  const leftOver: string[] = [];
  for (const [name, weight] of Object.entries(stored)) {
    const target = Object.hasOwn(shapes, name) ? name : withoutCell(name);
    if (Object.hasOwn(shapes, target) && !matched.has(target)) matched.set(target, weight);
    else leftOver.push(name);
  }
  const missing = Object.keys(shapes).filter((name) => !matched.has(name));
  if (missing.length > 0 || leftOver.length > 0) {
    const parts = [
      missing.length > 0 && `weights are missing: ${list(missing)}`,
      leftOver.length > 0 && `weights fit no layer: ${list(leftOver)}`,
    ];
    throw new ComputeError('INVALID_MODEL', `Topology and weights differ: ${parts.filter(Boolean).join('; ')}.`, ['weights']);
  }
  for (const [name, shape] of Object.entries(shapes)) {
    const found = matched.get(name)!.shape;
    if (found.length === shape.length && found.every((size, i) => size === shape[i])) continue;
    throw new ComputeError('INVALID_MODEL', `Weight ${name} has shape [${found.join(', ')}]; the topology needs [${shape.join(', ')}].`, [
      'weights',
      name,
    ]);
  }
  return Object.fromEntries(Object.keys(shapes).map((name) => [name, matched.get(name)!]));
}

/** TensorFlow 2.2 and later put a cell's name between the layer's and the weight's; TensorFlow.js leaves it out. */
function withoutCell(name: string): string {
  const parts = name.split('/');
  return [...parts.slice(0, -2), parts.at(-1)].join('/');
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, MAXIMUM_NAMES).join(', ');
  return names.length > MAXIMUM_NAMES ? `${shown} and ${names.length - MAXIMUM_NAMES} more` : shown;
}
