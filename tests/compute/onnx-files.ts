/** Writes small ONNX files. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type TensorProto,
} from 'onnx-buf';

export { DataType };

type Attribute =
  number | string | readonly number[] | readonly string[] | { readonly floats: readonly number[] } | { readonly float: number };

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface GraphSpec {
  /** Shape of the input `image`; a text leaves a size open. */
  readonly input: readonly (number | string)[];
  readonly nodes: readonly NodeSpec[];
  readonly weights?: Readonly<Record<string, TensorProto>>;
  /** Names and types of the outputs; default: `scores`, of float32. */
  readonly outputs?: Readonly<Record<string, DataType>>;
  readonly opset?: number;
}

const utf8 = new TextEncoder();

function attribute(name: string, value: Attribute): AttributeProto {
  const fields = (type: AttributeType, rest: object) => create(AttributeProtoSchema, { name, type, ...rest });
  if (typeof value === 'number') return fields(AttributeType.INT, { i: BigInt(value) });
  if (typeof value === 'string') return fields(AttributeType.STRING, { s: utf8.encode(value) });
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

export function encode({ input, nodes, weights = {}, outputs = { scores: DataType.FLOAT }, opset = 13 }: GraphSpec): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [
        { domain: '', version: BigInt(opset) },
        { domain: 'ai.onnx.ml', version: 2n },
      ],
      graph: create(GraphProtoSchema, {
        name: 'test',
        input: [valueInfo('image', DataType.FLOAT, input)],
        output: Object.entries(outputs).map(([name, type]) => valueInfo(name, type)),
        initializer: Object.entries(weights).map(([name, tensor]) => create(TensorProtoSchema, { ...tensor, name })),
        node: nodes.map(({ op, inputs, outputs: results, domain = '', attributes = {} }, i) =>
          create(NodeProtoSchema, {
            name: `${op}_${i}`,
            opType: op,
            domain,
            input: [...inputs],
            output: [...results],
            attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
          }),
        ),
      }),
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
