/** A defence that hides its gradient: an ONNX network behind a step that rounds pixels. @module */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, NodeProtoSchema, TensorProto_DataType as DataType, TensorProtoSchema } from 'onnx-buf';

/** @param file with one input. @param levels of a pixel: its value is a multiple of 1/levels. */
export function quantisedOnnx(file: Uint8Array, levels: number): Uint8Array {
  const model = fromBinary(ModelProtoSchema, file);
  const graph = model.graph!;
  const image = graph.input[0]!.name;
  for (const node of graph.node) node.input = node.input.map((name) => (name === image ? 'quantised' : name));
  graph.initializer.push(create(TensorProtoSchema, { name: 'levels', dims: [], dataType: DataType.FLOAT, floatData: [levels] }));
  graph.node.unshift(
    create(NodeProtoSchema, { opType: 'Mul', input: [image, 'levels'], output: ['scaled'] }),
    create(NodeProtoSchema, { opType: 'Round', input: ['scaled'], output: ['rounded'] }),
    create(NodeProtoSchema, { opType: 'Div', input: ['rounded', 'levels'], output: ['quantised'] }),
  );
  return toBinary(ModelProtoSchema, model);
}
