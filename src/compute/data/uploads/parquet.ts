/** Parquet as Hugging Face's `datasets` writes it: a column of pictures, `{bytes, path}`, and one of labels. @module */
import { open } from 'node:fs/promises';
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { z } from 'zod';
import { namesOf } from './names.js';
import { ofSplit } from './parts.js';
import { invalidAt, type UploadContent, type UploadedFile, type UploadFormat } from './types.js';

const PARQUET = /\.parquet$/i;
const IMAGE_COLUMNS = ['image', 'img', 'picture'];
const GROUP_COLUMN = 'group';
const LABEL_COLUMNS = ['label', 'labels', 'fine_label', 'class'];

/** A group of rows is read at once. */
const MAXIMUM_GROUP_BYTES = 256 * 2 ** 20;

export const parquet: UploadFormat = {
  name: 'PARQUET',
  title: 'Parquet of Hugging Face',
  description:
    "A .parquet file, or a zip or tar of several, as Hugging Face's `datasets` writes them: a column of pictures (`image`, with `bytes` in it) and one of labels (`label`, numbers whose names are in the metadata, or names). A column `group` names the subgroup of each. Of files that are named so, the split takes its own: `train-00000-of-00002.parquet`, `test-…`, and `validation-…` where there is no `test-…`.",
  recognises: (files) => files.some(({ name }) => PARQUET.test(name)),
  async open({ files, split }): Promise<UploadContent> {
    const { files: wanted, notes } = ofSplit(
      files.filter(({ name }) => PARQUET.test(name)),
      split,
    );
    if (wanted.length === 0) throw invalidAt('The upload', `it has no .parquet file. Its files: ${namesOf(files)}.`);
    const first = await withFile(wanted[0]!, (buffer) => columnsOf(wanted[0]!, buffer));
    return {
      classNames: first.classNames,
      async *examples() {
        for (const file of wanted) yield* examplesOf(file);
      },
      notes: () => notes,
    };
  },
};

interface Columns {
  readonly metadata: FileMetaData;
  readonly image: string;
  readonly label: string;
  readonly group?: string;
  readonly classNames?: readonly string[];
}

async function* examplesOf(file: UploadedFile) {
  const handle = await open(file.path);
  try {
    const buffer = bufferOf(handle, file.size);
    const { metadata, image, label, group: groupColumn } = await columnsOf(file, buffer);
    let start = 0;
    for (const group of metadata.row_groups) {
      const end = start + Number(group.num_rows);
      if (group.total_byte_size > MAXIMUM_GROUP_BYTES)
        throw invalidAt(
          `${file.name}, rows ${start} to ${end - 1}`,
          `the group of rows has ${group.total_byte_size} bytes; at most ${MAXIMUM_GROUP_BYTES} are read at once. Write it with smaller row groups (row_group_size=100).`,
        );
      const rows = await readRows(file, {
        file: buffer,
        metadata,
        columns: [image, label, ...(groupColumn ? [groupColumn] : [])],
        rowStart: start,
        rowEnd: end,
      });
      for (const [i, row] of rows.entries()) {
        const at = `${file.name}, row ${start + i}`;
        const encoded = bytesIn(row[image], at);
        yield {
          at,
          label: labelIn(row[label], at),
          group: groupColumn && labelIn(row[groupColumn], at, 'group'),
          read: () => ({ encoded }),
        };
      }
      start = end;
    }
  } finally {
    await handle.close();
  }
}

async function readRows(file: UploadedFile, options: Parameters<typeof parquetReadObjects>[0]) {
  try {
    return await parquetReadObjects({ ...options, compressors, utf8: false });
  } catch (error) {
    throw invalidAt(
      `${file.name}, rows ${options.rowStart} to ${options.rowEnd! - 1}`,
      `they cannot be read: ${(error as Error).message.replace(/\.$/, '')}. Write the file again.`,
      error,
    );
  }
}

function bytesIn(value: unknown, at: string): Uint8Array {
  const bytes: unknown =
    value instanceof Uint8Array || value === null || typeof value !== 'object' ? value : (value as { bytes?: unknown }).bytes;
  if (bytes instanceof Uint8Array) return bytes;
  throw invalidAt(at, 'the picture has no bytes, only a path or nothing. Write the data set with its pictures embedded.');
}

function labelIn(value: unknown, at: string, what = 'label'): number | string {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' || typeof value === 'string') return value;
  throw invalidAt(
    at,
    `the ${what} is ${value === null || value === undefined ? 'missing' : typeof value}; a number or a name is expected.`,
  );
}

const feature = z.looseObject({ _type: z.string(), names: z.array(z.string()).optional() });
const huggingFace = z.object({ info: z.object({ features: z.record(z.string(), z.unknown()) }) });

async function columnsOf(file: UploadedFile, buffer: AsyncBuffer): Promise<Columns> {
  let metadata: FileMetaData;
  try {
    metadata = await parquetMetadataAsync(buffer);
  } catch (error) {
    throw invalidAt(file.name, `it is no Parquet file: ${(error as Error).message.replace(/\.$/, '')}.`, error);
  }
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const features = featuresOf(metadata);
  const find = (type: string, candidates: readonly string[], what: string) => {
    const typed = names.filter((name) => features[name]?._type === type);
    const found = typed.length === 1 ? typed[0] : candidates.find((name) => names.includes(name));
    if (found !== undefined) return found;
    throw invalidAt(file.name, `it has no column of ${what} (${candidates.join(', ')}). Its columns: ${names.slice(0, 20).join(', ')}.`);
  };
  const label = find('ClassLabel', LABEL_COLUMNS, 'labels');
  return {
    metadata,
    image: find('Image', IMAGE_COLUMNS, 'pictures'),
    label,
    classNames: features[label]?.names,
    group: names.find((name) => name === GROUP_COLUMN),
  };
}

function featuresOf({ key_value_metadata: pairs = [] }: FileMetaData): Readonly<Record<string, z.infer<typeof feature> | undefined>> {
  const text = pairs.find(({ key }) => key === 'huggingface')?.value;
  if (text === undefined) return {};
  try {
    const { features } = huggingFace.parse(JSON.parse(text)).info;
    return Object.fromEntries(Object.entries(features).map(([name, value]) => [name, feature.safeParse(value).data]));
  } catch {
    // Written by something else under that name: columns are found by theirs.
    return {};
  }
}

function bufferOf(handle: Awaited<ReturnType<typeof open>>, size: number): AsyncBuffer {
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      if (bytesRead !== bytes.length) throw new Error('the file ends too early');
      return bytes.buffer;
    },
  };
}

async function withFile<Result>(file: UploadedFile, use: (buffer: AsyncBuffer) => Promise<Result>): Promise<Result> {
  const handle = await open(file.path);
  try {
    return await use(bufferOf(handle, file.size));
  } finally {
    await handle.close();
  }
}
