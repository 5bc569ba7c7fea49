/**
 * Opens the batch axis of an ONNX file that was exported for a fixed number of images: of its input, its outputs, and of reshapes that have the number written into
 * them. The file is then run for more images, and must answer for each as before.
 * @module
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type GraphProto,
  ModelProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  type ValueInfoProto,
} from 'onnx-buf';
import { randomStream } from '../../random.js';
import type { ImportedOnnx } from '../types.js';

export interface OpenedFile {
  readonly bytes: Uint8Array;
  /** Images at once; null: any number. */
  readonly batch: number | null;
}

/** Of the largest score: more than the order of sums explains. */
const SAME = 1e-4;

/** @param bytes of a file with all data inside, in float32. */
export async function openBatch(bytes: Uint8Array, { name }: Pick<ImportedOnnx, 'name'>): Promise<OpenedFile> {
  const model = fromBinary(ModelProtoSchema, bytes);
  const graph = model.graph!;
  const input = graph.input.find((value) => value.name === name);
  const shape = input && shapeOf(input);
  const batch = shape?.[0];
  if (!shape || batch === undefined || batch === null) return { bytes, batch: null };
  if (shape.some((size) => size === null)) return { bytes, batch };
  for (const value of [input, ...graph.output]) openFirst(value, batch);
  // What was inferred for the fixed number of images.
  graph.valueInfo = [];
  openReshapes(graph, batch);
  const opened = toBinary(ModelProtoSchema, model);
  return (await answersAlike(bytes, opened, name, shape as number[])) ? { bytes: opened, batch: null } : { bytes, batch };
}

const dimensionsOf = ({ type }: ValueInfoProto) => (type?.value.case === 'tensorType' ? type.value.value.shape?.dim : undefined);

const shapeOf = (value: ValueInfoProto) =>
  dimensionsOf(value)?.map(({ value: size }) => (size.case === 'dimValue' && size.value > 0n ? Number(size.value) : null));

function openFirst(value: ValueInfoProto, batch: number): void {
  const dimensions = dimensionsOf(value);
  if (shapeOf(value)?.[0] !== batch) return;
  dimensions![0] = create(TensorShapeProto_DimensionSchema, { value: { case: 'dimParam', value: 'batch' } });
}

/** A 0 in the shape of a Reshape takes the size from its input. */
function openReshapes(graph: GraphProto, batch: number): void {
  const replaced = new Set<string>();
  for (const node of graph.node) {
    if (node.opType !== 'Reshape' || node.attribute.some(({ name, i }) => name === 'allowzero' && i === 1n)) continue;
    const shape = graph.initializer.find(({ name }) => name === node.input[1]);
    if (shape?.dataType !== DataType.INT64) continue;
    const sizes = shape.rawData.length > 0 ? int64s(shape.rawData) : [...shape.int64Data];
    if (sizes[0] !== BigInt(batch)) continue;
    // Another node may use the same constant.
    replaced.add(shape.name);
    const name = `${shape.name}.any-batch`;
    node.input[1] = name;
    if (graph.initializer.some((tensor) => tensor.name === name)) continue;
    graph.initializer.push(
      create(TensorProtoSchema, { name, dims: shape.dims, dataType: DataType.INT64, int64Data: [0n, ...sizes.slice(1)] }),
    );
  }
  const isRead = (name: string) => graph.node.some(({ input }) => input.includes(name));
  graph.initializer = graph.initializer.filter(({ name }) => !replaced.has(name) || isRead(name));
}

const int64s = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Array.from({ length: byteLength / 8 }, (_, i) => new DataView(buffer, byteOffset, byteLength).getBigInt64(8 * i, true));

/** Whether twice as many images get the scores that the file gave to each half. */
async function answersAlike(before: Uint8Array, after: Uint8Array, name: string, [batch, ...image]: readonly number[]): Promise<boolean> {
  const size = batch! * image.reduce((product, length) => product * length, 1);
  const stream = randomStream(0, 'models.open-batch', 0);
  const images = Float32Array.from({ length: 2 * size }, () => stream.uniform());
  const run = async (file: Uint8Array, count: number, values: Float32Array) => {
    const { InferenceSession, Tensor } = await import('../../onnxruntime/index.js');
    const session = await InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 4 });
    try {
      const scores = (await session.run({ [name]: new Tensor('float32', values, [count, ...image]) }))[session.outputNames[0]!]!;
      return Array.from(scores.data as Float32Array, Number);
    } finally {
      await session.release();
    }
  };
  try {
    const halves = [await run(before, batch!, images.slice(0, size)), await run(before, batch!, images.slice(size))].flat();
    const together = await run(after, 2 * batch!, images);
    const largest = Math.max(...halves.map(Math.abs));
    return together.length === halves.length && together.every((score, i) => Math.abs(score - halves[i]!) <= SAME * largest);
  } catch {
    // onnxruntime refuses the opened file.
    return false;
  }
}
