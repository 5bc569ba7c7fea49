/** Graphs of a few operators from pixels to scores, as ONNX files. @module */
import { create, toBinary } from '@bufbuild/protobuf';
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
} from 'onnx-buf';

type Attribute = number | string | readonly string[] | { readonly floats: ArrayLike<number> } | { readonly ints: ArrayLike<number> };

export interface OnnxNode {
  readonly operator: string;
  /** Default: ONNX's own operators. */
  readonly domain?: 'ai.onnx.ml';
  /** Names of values; the image is `pixels`. */
  readonly inputs: readonly string[];
  /** The last node's is `scores`. */
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface OnnxWeight {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  /** Default: float. */
  readonly type?: 'float' | 'int64';
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly weights: Readonly<Record<string, OnnxWeight>>;
}

const OPSET = 17n;
const ML_OPSET = 3n;
const encoder = new TextEncoder();

/** A file with the input `pixels` `[n, size]` and the output `scores` `[n, classes]`. */
export function onnxBytes({ nodes, weights }: OnnxGraph, size: number, classes: number): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: 'gauntlet',
      opsetImport: [
        { domain: '', version: OPSET },
        { domain: 'ai.onnx.ml', version: ML_OPSET },
      ],
      graph: create(GraphProtoSchema, {
        name: 'classifier',
        input: [matrix('pixels', size)],
        output: [matrix('scores', classes)],
        initializer: Object.entries(weights).map(([name, weight]) => tensor(name, weight)),
        node: nodes.map(({ operator, domain = '', inputs, outputs, attributes = {} }, i) =>
          create(NodeProtoSchema, {
            name: `${operator}_${i}`,
            opType: operator,
            domain,
            input: [...inputs],
            output: [...outputs],
            attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
          }),
        ),
      }),
    }),
  );
}

function matrix(name: string, columns: number) {
  const dim = [{ value: { case: 'dimParam' as const, value: 'n' } }, { value: { case: 'dimValue' as const, value: BigInt(columns) } }];
  const tensorType = { elemType: DataType.FLOAT, shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } }) });
}

function tensor(name: string, { shape, data, type = 'float' }: OnnxWeight) {
  const dims = shape.map(BigInt);
  if (type === 'int64') return create(TensorProtoSchema, { name, dims, dataType: DataType.INT64, int64Data: Array.from(data, BigInt) });
  const values = Float32Array.from(data);
  return create(TensorProtoSchema, { name, dims, dataType: DataType.FLOAT, rawData: new Uint8Array(values.buffer) });
}

function attribute(name: string, value: Attribute) {
  const made = (type: AttributeType, rest: object) => create(AttributeProtoSchema, { name, type, ...rest });
  if (typeof value === 'number') return made(AttributeType.INT, { i: BigInt(value) });
  if (typeof value === 'string') return made(AttributeType.STRING, { s: encoder.encode(value) });
  if ('floats' in value) return made(AttributeType.FLOATS, { floats: Array.from(value.floats) });
  if ('ints' in value) return made(AttributeType.INTS, { ints: Array.from(value.ints, BigInt) });
  return made(AttributeType.STRINGS, { strings: value.map((item) => encoder.encode(item)) });
}

/** `pixels · W + b` as the scores. @param matrix `[size, classes]`. */
export function linearGraph(matrix: ArrayLike<number>, bias: ArrayLike<number>, input = 'pixels'): OnnxGraph {
  const classes = bias.length;
  return {
    nodes: [{ operator: 'Gemm', inputs: [input, 'weights', 'bias'], outputs: ['scores'] }],
    weights: { weights: { shape: [matrix.length / classes, classes], data: matrix }, bias: { shape: [classes], data: bias } },
  };
}
