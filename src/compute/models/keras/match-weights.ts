/** Gives stored weights to the variables that a topology declares. @module */
import type { HostTensor, HostTensors } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';

const MAXIMUM_NAMES = 10;

/**
 * @param shapes of the variables by name.
 * @param unread names of weights that are left out where the files hold them.
 * @returns the weights under the variables' names and in their order.
 * @throws ComputeError INVALID_MODEL naming what is missing, left over, or of another shape.
 */
export function matchWeights(
  shapes: Readonly<Record<string, readonly number[]>>,
  stored: HostTensors,
  unread: readonly string[] = [],
): HostTensors {
  const matched = new Map<string, HostTensor>();
  const leftOver: string[] = [];
  for (const [name, weight] of Object.entries(stored)) {
    const isFree = (candidate: string) => Object.hasOwn(shapes, candidate) && !Object.hasOwn(stored, candidate) && !matched.has(candidate);
    const target = Object.hasOwn(shapes, name) ? name : (otherNames(name).find(isFree) ?? onlyEndingIn(name, shapes));
    if (target !== undefined && !matched.has(target)) matched.set(target, weight);
    else if (![name, ...otherNames(name)].some((other) => unread.includes(other) || unread.some((end) => end.endsWith(`/${other}`))))
      leftOver.push(name);
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

/**
 * What TensorFlow.js calls a weight: TensorFlow 2.2 and later put a cell's name between the layer's and the weight's, and Keras 3 the names of
 * the models around the layer in front; it calls the kernel of a depthwise convolution as any other.
 */
function otherNames(name: string): string[] {
  const parts = name.split('/');
  const withoutModels = parts.slice(0, -1).map((_, from) => parts.slice(from));
  const ofChannels = withoutModels.filter((rest) => rest.at(-1) === 'kernel').map((rest) => [...rest.slice(0, -1), 'depthwise_kernel']);
  const withoutCell = withoutModels.filter(({ length }) => length > 2).map((rest) => [...rest.slice(0, -2), rest.at(-1)!]);
  return [...withoutModels.slice(1), ...withoutCell, ...ofChannels].map((rest) => rest.join('/'));
}

/** Of a name without a layer's in front, as Keras 2 writes for statistics of normalizations. */
function onlyEndingIn(name: string, shapes: Readonly<Record<string, unknown>>): string | undefined {
  const found = name.includes('/') ? [] : Object.keys(shapes).filter((other) => other.endsWith(`/${name}`));
  return found.length === 1 ? found[0] : undefined;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, MAXIMUM_NAMES).join(', ');
  return names.length > MAXIMUM_NAMES ? `${shown} and ${names.length - MAXIMUM_NAMES} more` : shown;
}
