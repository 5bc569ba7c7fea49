/** What onnxruntime makes of the scores that an import takes from an ONNX file. @module */
import { randomUUID } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, StringStringEntryProtoSchema, TensorProto_DataLocation as DataLocation, ValueInfoProtoSchema } from 'onnx-buf';
import { type HostTensor, rows } from '../../../tensors/index.js';
import type { ModelFiles } from '../../source.js';
import { findOnnxFile, readOnnxProto } from '../../onnx/file.js';
import type { ImportedOnnx, ModelLimits, ModelSpec } from '../../types.js';
import { networkInput } from '../network-input.js';
import { readWhole } from './proto.js';
import { OnnxSession, type SessionOptions } from './session.js';

export interface Reference {
  /** Row by row; as many as the file says. */
  readonly scores: readonly number[];
  /** Whether the answer for an image is another where it is asked with a second one. */
  readonly dependsOnOthers: boolean;
}

/** Of the largest score: more than the order of sums explains. */
const SAME = 1e-3;

/**
 * @param images `[n, height, width, channels]`, pixels in [0, 1].
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION or LIMIT_EXCEEDED where onnxruntime cannot run the file.
 */
export async function scoresAsWritten(
  { directory }: ModelFiles,
  spec: ModelSpec,
  { name, input, output, isOutput }: ImportedOnnx,
  images: HostTensor,
  limits: ModelLimits,
): Promise<Reference> {
  const path = await findOnnxFile(directory);
  const session = await (isOutput
    ? loadFile(path, limits, { name, input, output })
    : OnnxSession.load(await withOutput(path, output, limits), { name, input, output }));
  try {
    const layout = input.layout === 'CHANNELS_FIRST' ? 'CHANNELS_FIRST' : 'CHANNELS_LAST';
    const answerOf = async (from: number, to: number) => Array.from(await session.run(networkInput(spec, layout, rows(images, from, to))));
    const scores: number[][] = [];
    for (let i = 0; i < images.shape[0]!; i++) scores.push(await answerOf(i, i + 1));
    // Files say that their batch is open where it is not.
    const together = input.batch === null ? await answerOf(0, 2).catch(() => undefined) : undefined;
    return { scores: scores.flat(), dependsOnOthers: together !== undefined && differ(together, scores.slice(0, 2).flat()) };
  } finally {
    await session.close();
  }
}

/** Files above it are not read as a whole. */
const LARGE = 2 ** 27;
const LARGE_TENSOR = 2 ** 20;

/**
 * The file as it lies. Of a large one onnxruntime would hold the weights twice while it reads them: it is given the graph alone, with the places of the weights in the
 * file, which it maps into memory.
 */
async function loadFile(path: string, limits: ModelLimits, options: SessionOptions): Promise<OnnxSession> {
  if ((await stat(path)).size < LARGE) return OnnxSession.load(path, options);
  const copy = join(dirname(path), `.graph-${randomUUID()}`);
  try {
    await writeFile(copy, await graphOf(path, limits));
    return await OnnxSession.load(copy, options);
  } finally {
    await rm(copy, { force: true });
  }
}

async function graphOf(path: string, limits: ModelLimits): Promise<Uint8Array> {
  const model = await readOnnxProto(path, limits);
  for (const tensor of model.graph.initializer) {
    if (tensor.rawData.length < LARGE_TENSOR || tensor.dataLocation === DataLocation.EXTERNAL) continue;
    // The message's bytes are views of the file's.
    const place = { location: basename(path), offset: String(tensor.rawData.byteOffset), length: String(tensor.rawData.length) };
    tensor.externalData = Object.entries(place).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));
    tensor.dataLocation = DataLocation.EXTERNAL;
    tensor.rawData = new Uint8Array();
  }
  return toBinary(ModelProtoSchema, model);
}

/** @returns whether two lists of scores are not the same. */
export function differ(some: readonly number[], others: readonly number[]): boolean {
  const largest = some.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return some.length !== others.length || some.some((value, i) => Math.abs(value - others[i]!) > SAME * largest);
}

/** The file with another output, of which onnxruntime finds out the type itself. */
async function withOutput(path: string, output: string, limits: ModelLimits): Promise<Uint8Array> {
  const model = await readWhole(path, limits);
  const graph = { ...model.graph, output: [create(ValueInfoProtoSchema, { name: output })] };
  return toBinary(ModelProtoSchema, { ...model, graph });
}
