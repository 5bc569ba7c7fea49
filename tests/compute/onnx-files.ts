/** Writes small ONNX files. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
} from 'onnx-buf';

export { DataType };

/** A graph inside of a node, whose whole numbers and truth values are scalars; names that it does not compute are of the graph around it. */
interface InnerGraph {
  readonly inputs?: Readonly<Record<string, DataType>>;
  readonly outputs: Readonly<Record<string, DataType>>;
  readonly nodes: readonly NodeSpec[];
  readonly weights?: Readonly<Record<string, TensorProto>>;
}

type Attribute =
  | { readonly graph: InnerGraph }
  | { readonly reference: string }
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly floats: readonly number[] }
  | { readonly float: number };

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface FunctionSpec {
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: readonly string[];
  readonly nodes: readonly NodeSpec[];
  readonly opset?: number;
}

export interface GraphSpec {
  /** Shape of the input `image`; a text leaves a size open. */
  readonly input: readonly (number | string)[];
  /** Type of the input; default: float32. */
  readonly inputType?: DataType;
  readonly nodes: readonly NodeSpec[];
  readonly weights?: Readonly<Record<string, TensorProto>>;
  /** Names and types of the outputs; default: `scores`, of float32. */
  readonly outputs?: Readonly<Record<string, DataType>>;
  readonly opset?: number;
  readonly functions?: readonly FunctionSpec[];
}

const utf8 = new TextEncoder();

function attribute(name: string, value: Attribute): AttributeProto {
  const fields = (type: AttributeType, rest: object) => create(AttributeProtoSchema, { name, type, ...rest });
  if (typeof value === 'number') return fields(AttributeType.INT, { i: BigInt(value) });
  if (typeof value === 'string') return fields(AttributeType.STRING, { s: utf8.encode(value) });
  if (typeof value === 'object' && 'graph' in value) return fields(AttributeType.GRAPH, { g: innerGraph(value.graph) });
  if (typeof value === 'object' && 'reference' in value) return fields(AttributeType.INT, { refAttrName: value.reference });
  if (typeof value === 'object' && 'float' in value) return fields(AttributeType.FLOAT, { f: value.float });
  if ('floats' in value) return fields(AttributeType.FLOATS, { floats: [...value.floats] });
  if (typeof value[0] === 'string') return fields(AttributeType.STRINGS, { strings: value.map((item) => utf8.encode(item as string)) });
  return fields(AttributeType.INTS, { ints: (value as readonly number[]).map(BigInt) });
}

export function floats(shape: readonly number[], values: readonly number[]): TensorProto {
  return create(TensorProtoSchema, { dims: shape.map(BigInt), dataType: DataType.FLOAT, floatData: [...values] });
}

export function ints(values: readonly number[]): TensorProto {
  return create(TensorProtoSchema, { dims: [BigInt(values.length)], dataType: DataType.INT64, int64Data: values.map(BigInt) });
}

/** Raw little-endian bytes of any type. */
export function raw(dataType: DataType, shape: readonly number[], bytes: ArrayBufferView<ArrayBuffer>): TensorProto {
  const rawData = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return create(TensorProtoSchema, { dims: shape.map(BigInt), dataType, rawData });
}

function valueInfo(name: string, elemType: DataType, shape?: readonly (number | string)[]) {
  const dim = shape?.map((size) => ({
    value: typeof size === 'number' ? { case: 'dimValue' as const, value: BigInt(size) } : { case: 'dimParam' as const, value: size },
  }));
  const tensorType = { elemType, ...(dim && { shape: { dim } }) };
  return create(ValueInfoProtoSchema, { name, type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } }) });
}

function node({ op, inputs, outputs: results, domain = '', attributes = {} }: NodeSpec, i: number): NodeProto {
  return create(NodeProtoSchema, {
    name: `${op}_${i}`,
    opType: op,
    domain,
    input: [...inputs],
    output: [...results],
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  });
}

const initializers = (weights: Readonly<Record<string, TensorProto>>) =>
  Object.entries(weights).map(([name, tensor]) => create(TensorProtoSchema, { ...tensor, name }));

function innerGraph({ inputs = {}, outputs, nodes, weights = {} }: InnerGraph) {
  const values = (of: Readonly<Record<string, DataType>>) =>
    Object.entries(of).map(([name, type]) => valueInfo(name, type, type === DataType.FLOAT ? undefined : []));
  return create(GraphProtoSchema, {
    name: 'inner',
    input: values(inputs),
    output: values(outputs),
    initializer: initializers(weights),
    node: nodes.map(node),
  });
}

export function encode({
  input,
  inputType = DataType.FLOAT,
  nodes,
  weights = {},
  outputs = { scores: DataType.FLOAT },
  opset = 13,
  functions = [],
}: GraphSpec): Uint8Array {
  const microsoft = nodes.flatMap(({ domain }) => (domain === 'com.microsoft' ? [domain] : []));
  const domains = [...new Set([...functions.map(({ domain }) => domain), ...microsoft])].map((domain) => ({ domain, version: 1n }));
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: BigInt(opset) }, { domain: 'ai.onnx.ml', version: 2n }, ...domains],
      graph: create(GraphProtoSchema, {
        name: 'test',
        input: [valueInfo('image', inputType, input)],
        output: Object.entries(outputs).map(([name, type]) => valueInfo(name, type)),
        initializer: initializers(weights),
        node: nodes.map(node),
      }),
      functions: functions.map((fn) =>
        create(FunctionProtoSchema, {
          name: fn.name,
          domain: fn.domain,
          input: [...fn.inputs],
          output: [...fn.outputs],
          attribute: [...(fn.attributes ?? [])],
          node: fn.nodes.map(node),
          opsetImport: [{ domain: '', version: BigInt(fn.opset ?? opset) }, ...domains],
        }),
      ),
    }),
  );
}

/** @returns the folder, which is made. */
export async function writeOnnx(directory: string, graph: GraphSpec | Uint8Array): Promise<string> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'model.onnx'), graph instanceof Uint8Array ? graph : encode(graph));
  return directory;
}

/** The same network behind a layer that adds normal noise to the image, drawn again in every run. */
export function withNoise(file: Uint8Array, scale: number): Uint8Array {
  const model = fromBinary(ModelProtoSchema, file);
  const graph = model.graph!;
  const image = graph.input[0]!.name;
  for (const node of graph.node) node.input = node.input.map((name) => (name === image ? 'noisy' : name));
  const scaled = create(AttributeProtoSchema, { name: 'scale', type: AttributeType.FLOAT, f: scale });
  graph.node.unshift(
    create(NodeProtoSchema, { opType: 'RandomNormalLike', input: [image], output: ['noise'], attribute: [scaled] }),
    create(NodeProtoSchema, { opType: 'Add', input: [image, 'noise'], output: ['noisy'] }),
  );
  return toBinary(ModelProtoSchema, model);
}
