/** What image an ONNX graph takes. @module */
import { TensorProto_DataType as DataType, type GraphProto } from 'onnx-buf';
import { ComputeError } from '../../errors.js';
import { type DeclaredInput, networkShapeOf } from '../dataflow/network.js';
import { imageShapeOf } from '../spec.js';
import type { ModelSpec } from '../types.js';
import { type Declaration, inputsOf } from './declaration.js';
import { dtypeOf } from './tensors.js';

/** Numbers of channels that images have. */
const CHANNELS = [1, 3, 4];

export interface ImageInput {
  readonly name: string;
  readonly input: DeclaredInput;
}

/** @throws ComputeError INVALID_MODEL where the graph does not take one image. */
export function findInput(graph: GraphProto, given: Partial<ModelSpec>): ImageInput {
  const inputs = inputsOf(graph);
  const images = inputs.filter(({ name }) => isRead(graph, name));
  if (images.length !== 1) {
    const listed = inputs.map(({ name }) => name).join(', ');
    throw new ComputeError(
      'INVALID_MODEL',
      `The graph has ${inputs.length} inputs (${listed}); a classifier has one, the image. Give the others a default (an initializer of the same name), or make them constants, and export again.`,
      ['graph', 'input'],
    );
  }
  const declared = images[0]!;
  const { name, shape, elemType } = declared;
  const isWhole = elemType !== undefined && dtypeOf(elemType) === 'int32';
  if (!shape || !(declared.isFloat || isWhole) || shape.length < 2 || shape.length > 4) {
    const found = !shape ? 'of unknown shape' : `[${shape.map((size) => size ?? '?').join(', ')}] of ${DataType[elemType!]} values`;
    throw new ComputeError('INVALID_MODEL', `The input ${name} is ${found}; it must be an image of numbers with a batch axis in front.`, [
      'graph',
      'input',
      name,
    ]);
  }
  const [batch, ...image] = shape;
  const layout = layoutOf(graph, declared, image, given);
  return { name, input: { layout, shape: image, batch: batch!, ...(isWhole ? { whole: boundsOf(elemType) } : {}) } };
}

/** With the shape of the image, `[height, width, channels]`. */
export function findImage(graph: GraphProto, given: Partial<ModelSpec>): ImageInput & { imageShape: ModelSpec['inputShape'] } {
  const found = findInput(graph, given);
  return { ...found, imageShape: imageShapeOf(given, networkShapeOf(found.input)) };
}

/** An input that nothing reads takes no part. */
function isRead({ node, output }: GraphProto, name: string): boolean {
  return (
    node.some(({ input, attribute }) => input.includes(name) || attribute.some(({ g }) => g && isRead(g, name))) ||
    output.some((value) => value.name === name)
  );
}

/** Smallest and largest value of a type of whole numbers. */
function boundsOf(type: DataType): readonly [number, number] {
  if (type === DataType.UINT8) return [0, 255];
  return type === DataType.INT8 ? [-128, 127] : [-(2 ** 24), 2 ** 24];
}

/** Channels come first as PyTorch writes files, and last as converters from TensorFlow do, which often transpose the image at once. */
function layoutOf(
  { node }: GraphProto,
  { name }: Declaration,
  image: readonly (number | null)[],
  { inputShape, layout }: Partial<ModelSpec>,
): DeclaredInput['layout'] {
  if (layout !== undefined) return layout === 'CHANNELS_FIRST' && image.length !== 2 ? 'CHANNELS_FIRST' : 'AS_IS';
  if (image.length !== 3) return 'AS_IS';
  const isChannels = (size: number | null) => (inputShape ? size === inputShape[2] : CHANNELS.includes(size ?? 0));
  const [first, last] = [isChannels(image[0]!), isChannels(image[2]!)];
  if (first !== last) return first ? 'CHANNELS_FIRST' : 'AS_IS';
  const transposed = node.some(({ opType, input, attribute }) => {
    return (
      opType === 'Transpose' &&
      input[0] === name &&
      attribute
        .find((one) => one.name === 'perm')
        ?.ints.map(Number)
        .toString() === '0,3,1,2'
    );
  });
  return transposed ? 'AS_IS' : 'CHANNELS_FIRST';
}
