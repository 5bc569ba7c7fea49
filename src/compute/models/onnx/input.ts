/** What image an ONNX graph takes. @module */
import { ComputeError } from '../../errors.js';
import type { DeclaredInput } from '../dataflow/network.js';
import type { ModelSpec } from '../types.js';
import type { Declaration, OnnxFile } from './file.js';

/** Numbers of channels that images have. */
const CHANNELS = [1, 3, 4];

/** @throws ComputeError INVALID_MODEL where the graph does not take one image. */
export function findInput(file: Pick<OnnxFile, 'nodes' | 'inputs'>, given: Partial<ModelSpec>): { name: string; input: DeclaredInput } {
  const { inputs } = file;
  if (inputs.length !== 1) {
    throw new ComputeError(
      'INVALID_MODEL',
      `The graph has ${inputs.length} inputs (${inputs.map(({ name }) => name).join(', ')}); a classifier has one, the image.`,
      ['graph', 'input'],
    );
  }
  const declared = inputs[0]!;
  const { name, shape } = declared;
  if (!shape || !declared.isFloat || shape.length < 2 || shape.length > 4) {
    const found = !shape ? 'of unknown shape' : declared.isFloat ? `[${shape.map((size) => size ?? '?').join(', ')}]` : 'of whole numbers';
    throw new ComputeError(
      'INVALID_MODEL',
      `The input ${name} is ${found}; it must be an image of floating-point numbers with a batch axis in front.`,
      ['graph', 'input', name],
    );
  }
  const [batch, ...image] = shape;
  return { name, input: { layout: layoutOf(file, declared, image, given), shape: image, batch: batch! } };
}

/** Channels come first as PyTorch writes files, and last as converters from TensorFlow do, which often transpose the image at once. */
function layoutOf(
  { nodes }: Pick<OnnxFile, 'nodes'>,
  { name }: Declaration,
  image: readonly (number | null)[],
  { inputShape }: Partial<ModelSpec>,
): DeclaredInput['layout'] {
  if (image.length !== 3) return 'AS_IS';
  const isChannels = (size: number | null) => (inputShape ? size === inputShape[2] : CHANNELS.includes(size ?? 0));
  const [first, last] = [isChannels(image[0]!), isChannels(image[2]!)];
  if (first !== last) return first ? 'CHANNELS_FIRST' : 'AS_IS';
  const transposed = nodes.some(({ operator, inputs, attributes }) => {
    return operator === 'Transpose' && inputs[0] === name && attributes.values['perm']?.toString() === '0,3,1,2';
  });
  return transposed ? 'AS_IS' : 'CHANNELS_FIRST';
}
