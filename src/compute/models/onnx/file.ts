/** Reads an ONNX file and what it says of its own, without running anything. @module */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  TensorProto_DataType as DataType,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from 'onnx-buf';
import { blockSize } from '../../engine/index.js';
import { type HostTensor, sizeOf } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';
import { Attributes, type AttributeValue } from '../dataflow/attributes.js';
import { type GraphNode, sorted } from '../dataflow/graph.js';
import { BATCH_FOR_SHAPES } from '../dataflow/network.js';
import { refuseForeignFile, refuseForeignFiles } from '../foreign-files.js';
import { isOnnxName } from '../format.js';
import { findFiles } from '../model-files.js';
import type { ModelLimits, ModelSpec } from '../types.js';
import { hasControlFlow, resolveControlFlow } from './control-flow.js';
import { type Declaration, declaration, inputsOf, type OnnxModel } from './declaration.js';
import { inlineFunctions } from './functions.js';
import { findImage } from './input.js';
import { BLOCK, NCHWC_DOMAIN } from './operators/nchwc.js';
import { KEEPS_NUMBERS, QUANTIZERS, RANGE, ZERO_POINTS } from './operators/quantization.js';
import { rangeOfType, readTensor, shapeOfTensor, takeIn, tensorInside, tensorsOf } from './tensors.js';

export interface OnnxFile {
  /** As it is computed. */
  readonly graph: GraphProto;
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, HostTensor>;
  /** Without the initializers that old files list among the inputs. */
  readonly inputs: readonly Declaration[];
  readonly outputs: readonly Declaration[];
}

/** Of a model's folder, the purifier in front of it. */
export const PREPROCESSOR_FILE = 'preprocessor.onnx';

/** Exporters write some nodes for each that computes. */
const MAXIMUM_WRITTEN_OUT = 4;

/** The oldest operator set whose operators broadcast as NumPy does. */
export const OLDEST_OPSET = 7;

/** @throws ComputeError INVALID_MODEL where there is no ONNX file, or several. */
export async function findOnnxFile(directory: string): Promise<string> {
  const found = (await findFiles(directory, isOnnxName)).filter((path) => basename(path) !== PREPROCESSOR_FILE);
  if (found.length === 1) {
    await refuseForeignFile(found[0]!);
    return found[0]!;
  }
  if (found.length === 0) await refuseForeignFiles(directory);
  const problem = found.length === 0 ? 'There is no .onnx file' : `There are ${found.length} .onnx files`;
  throw new ComputeError('INVALID_MODEL', `${problem}. Submit one .onnx file, with the files of its external data beside it.`, [
    'directory',
  ]);
}

/** The file as it is written, without its external data. @throws ComputeError INVALID_MODEL or LIMIT_EXCEEDED. */
export async function readOnnxProto(path: string, limits: ModelLimits): Promise<OnnxModel> {
  const { size } = await stat(path);
  const maximum = limits.maximumWeightBytes + limits.maximumJsonBytes;
  if (size > maximum)
    throw new ComputeError('LIMIT_EXCEEDED', `The file has ${size} bytes; at most ${maximum} are accepted.`, ['model.onnx']);
  const model = parse(await readFile(path));
  const { graph } = model;
  if (!graph || graph.node.length === 0) {
    throw new ComputeError('INVALID_MODEL', 'The file is no ONNX model: it has no graph with nodes in it.', ['graph']);
  }
  checkSizes(graph, limits);
  checkInference(graph);
  return { ...model, graph };
}

/**
 * The graph as it is computed: functions and constant branches written out, with the tensors of its attributes in memory.
 * @param given what is known of the image, on whose shape branches may depend. @throws ComputeError as {@link readOnnxFile}.
 */
export async function readWrittenOut(path: string, limits: ModelLimits, given: Partial<ModelSpec>): Promise<OnnxModel> {
  const model = inlineFunctions(await readOnnxProto(path, limits), limits);
  const directory = dirname(path);
  for (const node of model.graph.node) for (const tensor of tensorsOf(node)) await takeIn(tensor, directory);
  if (!hasControlFlow(model.graph)) return model;
  for (const tensor of model.graph.initializer) await takeIn(tensor, directory);
  const versions = versionsOf(model);
  const reader = { tensor: tensorInside, node: (node: NodeProto) => graphNode(node, 0, versions) };
  const { name, input, imageShape } = findImage(model.graph, given);
  const [height, width, channels] = imageShape;
  const image = input.layout === 'CHANNELS_FIRST' ? [channels, height, width] : imageShape;
  const shape = [input.batch ?? BATCH_FOR_SHAPES, ...(input.shape.length === 3 ? image : (input.shape as number[]))];
  const resolution = {
    input: name,
    shape,
    maximumNodes: MAXIMUM_WRITTEN_OUT * limits.maximumLayers,
    maximumElements: limits.maximumLayerValues,
  };
  const graph = resolveControlFlow(model.graph, reader, resolution);
  checkInference(graph);
  return { ...model, graph };
}

/** @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION (types, branches that depend on pixels) or LIMIT_EXCEEDED. */
export async function readOnnxFile(path: string, limits: ModelLimits, given: Partial<ModelSpec> = {}): Promise<OnnxFile> {
  const model = await readWrittenOut(path, limits, given);
  const { graph } = model;
  const versions = versionsOf(model);
  const isInBlocks = graph.node.some(({ domain }) => domain === NCHWC_DOMAIN);
  const typesOf = typeAttributes(graph, isInBlocks ? await blockSize() : undefined);
  const directory = dirname(path);
  const constants = new Map<string, HostTensor>();
  for (const tensor of graph.initializer) {
    if (constants.has(tensor.name))
      throw new ComputeError('INVALID_MODEL', `Two tensors are named ${tensor.name}.`, ['weights', tensor.name]);
    constants.set(tensor.name, await readTensor(tensor, directory));
    // So that the file's bytes can go before anything is computed.
    tensor.rawData = new Uint8Array();
  }
  if (graph.sparseInitializer.length > 0) throw new ComputeError('UNSUPPORTED_OPERATION', 'Sparse weights are not supported.', ['graph']);
  return {
    graph,
    // The standard asks for this order; some converters do not keep it, and onnxruntime does not mind.
    nodes: sorted(graph.node.map((node, i) => graphNode(node, i, versions, typesOf(node)))),
    constants,
    inputs: inputsOf(graph),
    outputs: graph.output.map(declaration),
  };
}

function parse(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (error) {
    throw new ComputeError('INVALID_MODEL', `The file is no ONNX model, or is damaged: ${(error as Error).message}.`, ['model.onnx'], {
      cause: error,
    });
  }
}

/** All tensors together, in the four bytes that each value will take. */
function checkSizes(graph: GraphProto, { maximumWeightBytes }: ModelLimits): void {
  const tensors = [...graph.initializer, ...graph.node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => (t ? [t] : [])))];
  const bytes = tensors.reduce((sum, tensor) => sum + 4 * sizeOf(shapeOfTensor(tensor)), 0);
  if (bytes <= maximumWeightBytes) return;
  throw new ComputeError('LIMIT_EXCEEDED', `The file declares ${bytes} bytes of weights; at most ${maximumWeightBytes} are accepted.`, [
    'weights',
  ]);
}

/** A file that was exported in training mode normalises by its batch: what it answers for an image depends on the images beside it. */
function checkInference({ node }: GraphProto): void {
  const training = node.find(
    ({ opType, attribute, output }) =>
      opType === 'BatchNormalization' &&
      (attribute.some(({ name, i }) => name === 'training_mode' && i === 1n) || output.slice(1).some((name) => name !== '')),
  );
  if (!training) return;
  const name = training.name || training.output[0]!;
  throw new ComputeError(
    'INVALID_MODEL',
    `Node ${name} (BatchNormalization) is in training mode: it normalises by the images of the batch, so that the answer for an image depends on those beside it. Export after model.eval().`,
    ['graph', name],
  );
}

/** Versions of the operator sets by domain. */
function versionsOf({ opsetImport }: ModelProto): Map<string, number> {
  const versions = new Map(opsetImport.map(({ domain, version }) => [domain === 'ai.onnx' ? '' : domain, Number(version)]));
  const version = versions.get('');
  if (version !== undefined && version < OLDEST_OPSET) {
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      `The file is of operator set ${version}; ${OLDEST_OPSET} is the oldest that is read. Export it again with a newer opset_version.`,
      ['opsetImport'],
    );
  }
  return versions;
}

/**
 * What operators have to know beside their inputs: types in the graph, for those of whole numbers, and channels in a block. As attributes of a node.
 */
function typeAttributes({ node: nodes, initializer }: GraphProto, block?: number): (node: NodeProto) => Record<string, AttributeValue> {
  const types = new Map(initializer.map(({ name, dataType }): [string, number] => [name, dataType]));
  for (const { opType, attribute, output } of nodes) {
    const value = opType === 'Constant' ? attribute.find(({ t }) => t)?.t : undefined;
    if (value) types.set(output[0]!, value.dataType);
  }
  const keepsNumbers = nodes.some((node) => QUANTIZERS.includes(operatorOf(node)));
  return (node): Record<string, AttributeValue> => {
    const operator = operatorOf(node);
    if (block !== undefined && node.domain === NCHWC_DOMAIN) return { [BLOCK]: block };
    const at = ZERO_POINTS[operator];
    if (at === undefined) return operator.endsWith('DequantizeLinear') && keepsNumbers ? { [KEEPS_NUMBERS]: true } : {};
    const given = Number(node.attribute.find(({ name }) => name === 'output_dtype')?.i ?? 0n);
    return { [RANGE]: rangeOfType(types.get(node.input[at] ?? '') ?? (given || DataType.UINT8)) };
  };
}

function operatorOf({ domain, opType }: NodeProto): string {
  return domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`;
}

export function graphNode(
  node: NodeProto,
  index: number,
  versions: ReadonlyMap<string, number>,
  values: Record<string, AttributeValue> = {},
): GraphNode {
  const domain = node.domain === 'ai.onnx' ? '' : node.domain;
  const name = node.name || node.output[0] || `number ${index}`;
  // Files name attributes as they like, `__proto__` too.
  const all: Record<string, AttributeValue> = Object.assign(Object.create(null), values);
  for (const attribute of node.attribute) {
    const value = attributeValue(attribute);
    if (value !== undefined) all[attribute.name] = value;
  }
  return {
    name,
    operator: operatorOf(node),
    version: versions.get(domain) ?? 1,
    inputs: node.input,
    outputs: node.output,
    attributes: new Attributes(name, all),
  };
}

const text = new TextDecoder();

/** Undefined for subgraphs and the like: what needs them is in no table of operators, and is reported with all others that are missing. */
function attributeValue(attribute: AttributeProto): AttributeValue | undefined {
  switch (attribute.type) {
    case AttributeType.FLOAT:
      return attribute.f;
    case AttributeType.INT:
      return Number(attribute.i);
    case AttributeType.STRING:
      return text.decode(attribute.s);
    case AttributeType.TENSOR:
      return attribute.t && tensorInside(attribute.t);
    case AttributeType.FLOATS:
      return attribute.floats;
    case AttributeType.INTS:
      return attribute.ints.map(Number);
    case AttributeType.STRINGS:
      return attribute.strings.map((value) => text.decode(value));
    default:
      return undefined;
  }
}
