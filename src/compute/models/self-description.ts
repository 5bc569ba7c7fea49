/** What files of a model say about it beside what it computes: an archive's README, and an ONNX file's metadata. @module */
import { open } from 'node:fs/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, StringStringEntryProtoSchema } from 'onnx-buf';
import { isOnnxName } from './format.js';
import { findFiles } from './model-files.js';
import { readOnnxProto } from './onnx/file.js';
import type { ModelLimits } from './types.js';

export interface SelfDescription {
  /** `metadata_props` of an ONNX file, and its `doc_string` under `readme`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Markdown, perhaps with YAML front matter. */
  readonly readme: string | null;
}

/** Of a README; what is longer is cut. */
const MOST_BYTES = 200_000;

/** @throws ComputeError where the files cannot be read. */
export async function describeItself(directory: string, limits: ModelLimits): Promise<SelfDescription> {
  const [readme] = await findFiles(directory, (name) => /^readme\.(md|markdown)$/i.test(name));
  const [onnx, ...more] = await findFiles(directory, isOnnxName);
  return {
    metadata: onnx !== undefined && more.length === 0 ? await metadataOf(onnx, limits) : {},
    readme: readme === undefined ? null : await beginning(readme),
  };
}

async function metadataOf(path: string, limits: ModelLimits): Promise<Record<string, string>> {
  const { metadataProps, docString } = await readOnnxProto(path, limits);
  const entries = metadataProps.map(({ key, value }) => [key, value] as const);
  return { ...(docString && { readme: docString }), ...Object.fromEntries(entries) };
}

async function beginning(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** An ONNX file with more `metadata_props`: messages of protocol buffers, one after the other, are one message with the fields of both. */
export function withMetadata(onnx: Uint8Array, metadata: Readonly<Record<string, string>>): Uint8Array {
  const metadataProps = Object.entries(metadata).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));
  return Buffer.concat([onnx, toBinary(ModelProtoSchema, create(ModelProtoSchema, { metadataProps }))]);
}
