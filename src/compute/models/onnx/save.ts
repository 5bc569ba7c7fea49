/**
 * Writes an ONNX file again with other weights. The graph stays as its author wrote it, with its open batch axis and its preprocessing, which a file traced by
 * the engine (`save-onnx.ts`) would not keep.
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  ModelProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  type GraphProto,
  type ModelProto,
  type TensorProto,
} from 'onnx-buf';
import type { HostTensor, HostTensors } from '../../tensors/index.js';
import { readTensor, takeIn } from './tensors.js';

/** Read as float32, and written so. */
const OTHER_FLOATS: readonly number[] = [DataType.DOUBLE, DataType.FLOAT16, DataType.BFLOAT16];
/** Of Cast, EyeLike and others: the type of what they put out. */
const TYPE_ATTRIBUTES: readonly string[] = ['to', 'dtype'];

/**
 * Writes `model.onnx`, with all data inside.
 * @param model as it was read; it is changed.
 * @param source folder of its external data.
 * @param variables those that the importer found: initializers, and values that nodes compute of constants alone, which become initializers.
 */
export async function saveOnnxModel(
  model: ModelProto & { graph: GraphProto },
  source: string,
  variables: HostTensors,
  directory: string,
): Promise<void> {
  const { graph } = model;
  const isVariable = (name: string) => Object.hasOwn(variables, name);
  graph.initializer = graph.initializer.filter(({ name }) => !isVariable(name));
  for (const node of graph.node) node.output = node.output.map((name) => (isVariable(name) ? '' : name));
  graph.node = graph.node.filter(({ output }) => output.some((name) => name !== ''));
  await toSinglePrecision(graph, source);
  for (const tensor of tensorsOf(graph)) await takeIn(tensor, source);
  for (const [name, value] of Object.entries(variables)) graph.initializer.push(floatTensor(name, value));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'model.onnx'), toBinary(ModelProtoSchema, model));
}

/** Weights are trained in float32, and operators of ONNX take no two types of floating-point numbers at once. */
async function toSinglePrecision(graph: GraphProto, source: string): Promise<void> {
  for (const { type } of [...graph.input, ...graph.output, ...graph.valueInfo]) {
    if (type?.value.case === 'tensorType' && OTHER_FLOATS.includes(type.value.value.elemType)) type.value.value.elemType = DataType.FLOAT;
  }
  for (const attribute of graph.node.flatMap(({ attribute }) => attribute)) {
    if (TYPE_ATTRIBUTES.includes(attribute.name) && OTHER_FLOATS.includes(Number(attribute.i))) attribute.i = BigInt(DataType.FLOAT);
  }
  for (const tensor of tensorsOf(graph)) {
    if (OTHER_FLOATS.includes(tensor.dataType)) Object.assign(tensor, floatTensor(tensor.name, await readTensor(tensor, source)));
  }
}

function tensorsOf({ initializer, node }: GraphProto): TensorProto[] {
  return [...initializer, ...node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => (t ? [t] : [])))];
}

function floatTensor(name: string, { shape, data }: HostTensor): TensorProto {
  const rawData = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: DataType.FLOAT, rawData });
}
