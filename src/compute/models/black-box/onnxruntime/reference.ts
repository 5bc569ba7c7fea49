/** What onnxruntime makes of the scores that an import takes from an ONNX file. @module */
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, ValueInfoProtoSchema } from 'onnx-buf';
import { type HostTensor, rows } from '../../../tensors/index.js';
import type { ModelFiles } from '../../source.js';
import { findOnnxFile } from '../../onnx/file.js';
import type { ImportedOnnx, ModelLimits, ModelSpec } from '../../types.js';
import { networkInput } from '../network-input.js';
import { readWhole } from './proto.js';
import { OnnxSession } from './session.js';

/**
 * Row by row; as many as the file says.
 * @param images `[n, height, width, channels]`, pixels in [0, 1].
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION or LIMIT_EXCEEDED where onnxruntime cannot run the file.
 */
export async function scoresAsWritten(
  { directory }: ModelFiles,
  spec: ModelSpec,
  { name, input, output, isOutput }: ImportedOnnx,
  images: HostTensor,
  limits: ModelLimits,
): Promise<readonly number[]> {
  const path = await findOnnxFile(directory);
  const session = await OnnxSession.load(isOutput ? path : await withOutput(path, output, limits), { name, input, output });
  try {
    const layout = input.layout === 'CHANNELS_FIRST' ? 'CHANNELS_FIRST' : 'CHANNELS_LAST';
    const scores: number[][] = [];
    for (let i = 0; i < images.shape[0]!; i++)
      scores.push(Array.from(await session.run(networkInput(spec, layout, rows(images, i, i + 1)))));
    return scores.flat();
  } finally {
    await session.close();
  }
}

/** The file with another output, of which onnxruntime finds out the type itself. */
async function withOutput(path: string, output: string, limits: ModelLimits): Promise<Uint8Array> {
  const model = await readWhole(path, limits);
  const graph = { ...model.graph, output: [create(ValueInfoProtoSchema, { name: output })] };
  return toBinary(ModelProtoSchema, { ...model, graph });
}
