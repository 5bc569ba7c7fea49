/** ONNX as plain data, and its encoding as a protobuf file. @module */
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type ValueInfoProto,
} from 'onnx-buf';

export type OnnxType = 'float32' | 'int32' | 'int64' | 'bool';

export const ONNX_TYPE: Readonly<Record<OnnxType, number>> = {
  float32: DataType.FLOAT,
  int32: DataType.INT32,
  int64: DataType.INT64,
  bool: DataType.BOOL,
};

/** An attribute: integers are plain numbers, floats are wrapped so that 1.0 keeps its type. */
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number } | { readonly floats: readonly number[] };

export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  /** '' leaves an optional input out. */
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attrs: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxTensor {
  readonly type: OnnxType;
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly type: OnnxType;
  /** Left out where the shape is not known. */
  readonly dims?: readonly number[];
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
}

export const MICROSOFT = 'com.microsoft';
/** Operators on activations in onnxruntime's blocked layout (`NCHWc`), which its own optimizer emits too. */
export const NCHWC = 'com.microsoft.nchwc';

const IR_VERSION = 9n;
const OPSET = 20n;

/** Where an encoded model has the data of its large tensors. */
export interface ExternalData {
  /** File beside the model's. */
  readonly location: string;
  /** Tensors of fewer bytes stay in the model. */
  readonly least: number;
}

/** Files are mapped into memory by pages. */
const PAGE = 4096;

/** Large tensors, one after the other, each at the beginning of a page. */
export function externalTensors({ initializers }: OnnxModel, least: number): { name: string; offset: number; data: OnnxTensor['data'] }[] {
  let end = 0;
  return [...initializers].flatMap(([name, { data }]) => {
    if (data.byteLength < least) return [];
    const offset = end;
    end += Math.ceil(data.byteLength / PAGE) * PAGE;
    return [{ name, offset, data }];
  });
}

/** @param external leaves the data of large tensors out, at the places of {@link externalTensors}. */
export function encodeModel(model: OnnxModel, external?: ExternalData): Uint8Array {
  const outside = new Map(external && externalTensors(model, external.least).map((tensor) => [tensor.name, tensor]));
  const dataOf = (name: string, data: OnnxTensor['data']) => {
    const tensor = outside.get(name);
    if (!tensor) return { rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength) };
    const entries = { location: external!.location, offset: String(tensor.offset), length: String(data.byteLength) };
    return { dataLocation: DataLocation.EXTERNAL, externalData: Object.entries(entries).map(([key, value]) => ({ key, value })) };
  };
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      opsetImport: domainsOf(model).map((domain) => ({ domain, version: domain === '' ? OPSET : 1n })),
      graph: create(GraphProtoSchema, {
        name: 'gauntlet',
        input: model.inputs.map(encodeValueInfo),
        output: model.outputs.map(encodeValueInfo),
        node: model.nodes.map((node, i) =>
          create(NodeProtoSchema, {
            name: `${node.op}_${i}`,
            opType: node.op,
            domain: node.domain,
            input: node.inputs,
            output: node.outputs,
            attribute: Object.entries(node.attrs).map(([name, value]) => encodeAttribute(name, value)),
          }),
        ),
        initializer: [...model.initializers].map(([name, { type, dims, data }]) =>
          create(TensorProtoSchema, {
            name,
            dims: dims.map(BigInt),
            dataType: ONNX_TYPE[type],
            ...dataOf(name, data),
          }),
        ),
      }),
    }),
  );
}

/** Tensors of so many bytes are copied once where a model is encoded in shared memory; a copy for each message around them would take several times their size. */
const LARGE_TENSOR = 2 ** 14;

/**
 * The same in memory that threads can share. Large tensors come after the rest, each in a part of its own: a reader of protobuf joins the parts of a message.
 */
export function encodeShared(model: OnnxModel): Uint8Array {
  const large = [...model.initializers].filter(([, { data }]) => data.byteLength >= LARGE_TENSOR);
  const small = new Map([...model.initializers].filter(([, { data }]) => data.byteLength < LARGE_TENSOR));
  const parts = [encodeModel({ ...model, initializers: small }), ...large.flatMap(([name, tensor]) => tensorPart(name, tensor))];
  const shared = new Uint8Array(new SharedArrayBuffer(parts.reduce((sum, { length }) => sum + length, 0)));
  let offset = 0;
  for (const part of parts) {
    shared.set(part, offset);
    offset += part.length;
  }
  return shared;
}

/** A model of one tensor and nothing else: all before its data, and its data. */
function tensorPart(name: string, { type, dims, data }: OnnxTensor): [Uint8Array, Uint8Array] {
  const values = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const tensor = create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: ONNX_TYPE[type] });
  const described = joined(toBinary(TensorProtoSchema, tensor), field(TensorProtoSchema.field.rawData.number, values.length));
  const initializer = joined(field(GraphProtoSchema.field.initializer.number, described.length + values.length), described);
  return [joined(field(ModelProtoSchema.field.graph.number, initializer.length + values.length), initializer), values];
}

/** What comes before the bytes of a field. */
function field(number: number, length: number): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(length).finish();
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The standard operators', and those that nodes need beside: other runtimes refuse files that name domains they do not know. */
function domainsOf({ nodes }: OnnxModel): string[] {
  return [...new Set(['', ...nodes.map(({ domain }) => domain)])];
}

function encodeValueInfo({ name, type, dims }: OnnxValueInfo): ValueInfoProto {
  const shape = dims && { dim: dims.map((n) => ({ value: { case: 'dimValue' as const, value: BigInt(n) } })) };
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: { elemType: ONNX_TYPE[type], shape } } }),
  });
}

function encodeAttribute(name: string, value: OnnxAttribute): AttributeProto {
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  if ('float' in value) return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  if ('floats' in value) return create(AttributeProtoSchema, { name, type: AttributeType.FLOATS, floats: [...value.floats] });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}
