/** What onnxruntime makes of the scores that an import takes from an ONNX file. @module */
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataType as DataType, ValueInfoProtoSchema } from 'onnx-buf';
import { type HostTensor, rows } from '../../../tensors/index.js';
import type { ModelFiles } from '../../source.js';
import type { DeclaredInput } from '../../dataflow/network.js';
import { findOnnxFile, readOnnxFile } from '../../onnx/file.js';
import { findInput } from '../../onnx/input.js';
import { findScores } from '../../onnx/outputs.js';
import type { ModelLimits, ModelSpec } from '../../types.js';
import { networkInput } from '../network-input.js';
import { readWhole } from './proto.js';
import { OnnxSession } from './session.js';

export interface Reference {
  /** Row by row; as many as the file says. */
  readonly scores: readonly number[];
  /** Whether the file casts to 16 bits. */
  readonly computesInHalf: boolean;
}

/**
 * @param images `[n, height, width, channels]`, pixels in [0, 1].
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION or LIMIT_EXCEEDED where onnxruntime cannot run the file.
 */
export async function scoresAsWritten(files: ModelFiles, spec: ModelSpec, images: HostTensor, limits: ModelLimits): Promise<Reference> {
  const path = await findOnnxFile(files.directory);
  const { input, output, computesInHalf } = await importedParts(path, files, limits);
  const model = await readWhole(path, limits);
  // onnxruntime finds out the type itself, also of a value that the file does not put out.
  const graph = { ...model.graph, output: [create(ValueInfoProtoSchema, { name: output })] };
  const session = await OnnxSession.load(toBinary(ModelProtoSchema, { ...model, graph }), input);
  try {
    const layout = input.layout === 'CHANNELS_FIRST' ? 'CHANNELS_FIRST' : 'CHANNELS_LAST';
    const scores: number[][] = [];
    for (let i = 0; i < images.shape[0]!; i++)
      scores.push(Array.from(await session.run(networkInput(spec, layout, rows(images, i, i + 1)))));
    return { scores: scores.flat(), computesInHalf };
  } finally {
    await session.close();
  }
}

async function importedParts(
  path: string,
  { spec = {} }: ModelFiles,
  limits: ModelLimits,
): Promise<{ input: DeclaredInput; output: string; computesInHalf: boolean }> {
  const file = await readOnnxFile(path, limits);
  const { name, input } = findInput(file, spec);
  const { graph } = findScores(file, name);
  const computesInHalf = file.nodes.some(
    ({ operator, attributes }) =>
      operator === 'Cast' && [DataType.FLOAT16, DataType.BFLOAT16].includes(attributes.values['to'] as DataType),
  );
  return { input, output: graph.output, computesInHalf };
}
