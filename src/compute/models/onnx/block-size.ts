/** How many channels onnxruntime puts into a block on this processor: files that it has optimised hold weights in that order. @module */
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
import { NCHWC_DOMAIN } from './operators/nchwc.js';

/** Channels in and out, of which blocks are made. */
const CHANNELS = 16;

let found: Promise<number> | undefined;

export function channelBlockSize(): Promise<number> {
  return (found ??= probe());
}

/** From a convolution whose weights are their own positions: that of the second channel in and the first out is a block away. */
async function probe(): Promise<number> {
  const { InferenceSession, Tensor } = await import('../../onnxruntime/index.js');
  const shape = [1, CHANNELS, 1, 1];
  const value = (name: string) => {
    const tensorType = {
      elemType: DataType.FLOAT,
      shape: { dim: shape.map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } })) },
    };
    return create(ValueInfoProtoSchema, { name, type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } }) });
  };
  const weights = Float32Array.from({ length: CHANNELS ** 2 }, (_, i) => i);
  const node = (opType: string, input: string[], output: string) =>
    create(NodeProtoSchema, { name: output, opType, domain: NCHWC_DOMAIN, input, output: [output] });
  const graph = create(GraphProtoSchema, {
    name: 'probe',
    input: [value('x')],
    output: [value('y')],
    initializer: [
      create(TensorProtoSchema, {
        name: 'w',
        dims: [CHANNELS, CHANNELS, 1, 1].map(BigInt),
        dataType: DataType.FLOAT,
        floatData: [...weights],
      }),
    ],
    node: [node('ReorderInput', ['x'], 'blocks'), node('Conv', ['blocks', 'w'], 'convolved'), node('ReorderOutput', ['convolved'], 'y')],
  });
  graph.node[2]!.attribute.push(create(AttributeProtoSchema, { name: 'channels', type: AttributeType.INT, i: BigInt(CHANNELS) }));
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [
      { domain: '', version: 13n },
      { domain: NCHWC_DOMAIN, version: 1n },
    ],
    graph,
  });
  const session = await InferenceSession.create(toBinary(ModelProtoSchema, model), { executionProviders: ['cpu'], logSeverityLevel: 4 });
  try {
    const second = Float32Array.from({ length: CHANNELS }, (_, i) => Number(i === 1));
    const { y } = await session.run({ x: new Tensor('float32', second, shape) });
    return (y!.data as Float32Array)[0]!;
  } finally {
    await session.release();
  }
}
