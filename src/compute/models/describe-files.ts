/** What the files of a model say of themselves, whether or not they can be imported. @module */
import { stat } from 'node:fs/promises';
import { TensorProto_DataType as DataType } from 'onnx-buf';
import { detectFormat } from './format.js';
import { findFiles } from './model-files.js';
import type { ModelFormat } from './model-format.js';
import { type Declaration, declaration, inputsOf } from './onnx/declaration.js';
import { findOnnxFile, readOnnxProto } from './onnx/file.js';
import type { ModelLimits } from './types.js';

export interface DeclaredTensor {
  readonly name: string;
  /** With the batch axis; null where a size is open. Null where the file does not say. */
  readonly shape: readonly (number | null)[] | null;
  /** Such as `FLOAT`; null where it is no tensor. */
  readonly type: string | null;
}

export interface FileDescription {
  readonly format: ModelFormat;
  /** Of all files. */
  readonly bytes: number;
  /** What wrote an ONNX file, with its version. */
  readonly producer: string | null;
  /** Versions of operator sets of an ONNX file, by domain; that of the standard is `ai.onnx`. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Of an ONNX file; those of other formats are in the spec. */
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
  /** Of an ONNX file, as written, with their counts. */
  readonly operators: Readonly<Record<string, number>>;
}

/** @throws ComputeError INVALID_MODEL or LIMIT_EXCEEDED where they cannot be read. */
export async function describeFiles(directory: string, limits: ModelLimits): Promise<FileDescription> {
  const format = await detectFormat(directory, limits);
  const sizes = await Promise.all((await findFiles(directory, () => true)).map(async (path) => (await stat(path)).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (format !== 'ONNX') return { format, bytes, producer: null, opsets: {}, inputs: [], outputs: [], operators: {} };
  const { graph, producerName, producerVersion, opsetImport } = await readOnnxProto(await findOnnxFile(directory), limits);
  const operators: Record<string, number> = {};
  for (const { opType } of graph.node) operators[opType] = (operators[opType] ?? 0) + 1;
  return {
    format,
    bytes,
    producer: `${producerName} ${producerVersion}`.trim() || null,
    opsets: Object.fromEntries(opsetImport.map(({ domain, version }) => [domain || 'ai.onnx', Number(version)])),
    inputs: inputsOf(graph).map(shown),
    outputs: graph.output.map(declaration).map(shown),
    operators,
  };
}

const shown = ({ name, shape, elemType }: Declaration): DeclaredTensor => ({
  name,
  shape: shape ?? null,
  type: elemType === undefined ? null : (DataType[elemType] ?? null),
});
