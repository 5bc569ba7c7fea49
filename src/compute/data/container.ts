/**
 * A data set as one file, which workers read by range: the pixels of all images one after the other, their labels, and a description at the end.
 *
 *     pixels       exampleCount × height × width × channels values: uint8, uint16 or float32
 *     labels       exampleCount × int32
 *     groups       exampleCount × int32, where the description has groupNames
 *     description  JSON in UTF-8
 *     length       of the description in bytes, uint32
 *     magic        "GAUNTDS1"
 *
 * Numbers are little endian.
 * @module
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { ComputeError } from '../errors.js';
import { sizeOf } from '../tensors/index.js';
import { type ByteSource, openByteSource, storedByteSource } from './byte-source.js';
import { bitDepthOf, bytesOfLevels, LEVEL_TYPES, type Levels, levelsFromBytes, type LevelType } from '../tensors/index.js';
import type { DatasetFormat, ExampleReader } from './types.js';

const MAGIC = 'GAUNTDS1';
const TAIL_BYTES = 4 + MAGIC.length;
const LABEL_BYTES = 4;

/** Written at once. */
const BUFFER_BYTES = 4 * 2 ** 20;

const size = z.number().int().positive();
export const descriptionSchema = z.object({
  version: z.literal(1),
  type: z.enum(LEVEL_TYPES as [LevelType, ...LevelType[]]),
  imageShape: z.tuple([size, size, size]),
  exampleCount: z.number().int().nonnegative(),
  classNames: z.array(z.string()),
  /** Of the subgroups of its examples, where the upload has any. */
  groupNames: z.array(z.string()).optional(),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ContainerDescription = z.infer<typeof descriptionSchema>;

/** Bytes of the whole file, description apart. */
const contentBytes = ({
  type,
  imageShape,
  exampleCount,
  groupNames,
}: Pick<ContainerDescription, 'type' | 'imageShape' | 'exampleCount' | 'groupNames'>) =>
  exampleCount * (sizeOf(imageShape) * (bitDepthOf(type) / 8) + LABEL_BYTES * (groupNames ? 2 : 1));

/** Writes images as they come, and labels and description at the end. */
export class ContainerWriter {
  private readonly hash = createHash('sha256');
  private buffered: Uint8Array[] = [];
  private bufferedBytes = 0;
  private position = 0;

  private constructor(private readonly file: FileHandle) {}

  static async create(path: string): Promise<ContainerWriter> {
    return new ContainerWriter(await open(path, 'wx'));
  }

  async add(levels: Levels): Promise<void> {
    const bytes = bytesOfLevels(levels);
    this.hash.update(bytes);
    this.buffered.push(bytes);
    this.bufferedBytes += bytes.length;
    if (this.bufferedBytes >= BUFFER_BYTES) await this.flush();
  }

  /** @returns what the file says of itself. */
  async finish(
    what: Omit<ContainerDescription, 'version' | 'fingerprint'>,
    labels: Int32Array,
    groups?: Int32Array,
  ): Promise<ContainerDescription> {
    const fingerprint = fingerprintOf(what, this.hash.digest(), labels);
    const description: ContainerDescription = { version: 1, ...what, fingerprint };
    const text = Buffer.from(JSON.stringify(description));
    const tail = Buffer.alloc(TAIL_BYTES);
    tail.writeUInt32LE(text.length);
    tail.write(MAGIC, 4, 'latin1');
    for (const numbers of groups ? [labels, groups] : [labels])
      this.buffered.push(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
    this.buffered.push(text, tail);
    await this.flush();
    await this.close();
    return description;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.concat(this.buffered);
    this.buffered = [];
    this.bufferedBytes = 0;
    for (let written = 0; written < bytes.length;) {
      const { bytesWritten } = await this.file.write(bytes, written, bytes.length - written, this.position + written);
      written += bytesWritten;
    }
    this.position += bytes.length;
  }
}

/** SHA-256 over shape, all pixels in order and all labels in order: for 8 bits and up to 256 classes that of the same data in the server's own formats. */
function fingerprintOf(
  { type, imageShape, exampleCount }: Pick<ContainerDescription, 'type' | 'imageShape' | 'exampleCount'>,
  pixelDigest: Uint8Array,
  labels: Int32Array,
): string {
  const header = JSON.stringify({ shape: imageShape, count: exampleCount, ...(type !== 'uint8' && { type }) });
  const isSmall = labels.every((label) => label < 256);
  const bytes = isSmall ? Uint8Array.from(labels) : new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength);
  return createHash('sha256').update(header).update(pixelDigest).update(createHash('sha256').update(bytes).digest()).digest('hex');
}

/** Key of the format of uploaded data sets, once they are kept. */
export const STORED_FORMAT = 'uploaded';

/** Data sets that were uploaded: their directory is the path of the container, which may also lie in a store elsewhere. */
export const storedFormat: DatasetFormat = {
  name: STORED_FORMAT,
  title: 'Uploaded data set',
  description: 'A data set that was uploaded, as the server keeps it.',
  needsDirectory: true,
  files: ({ directory }) => Promise.resolve(directory === undefined ? [] : [directory]),
  async open([path], { stored }, readRange) {
    if (path !== undefined) return openContainer(path);
    if (!stored || !readRange) throw new Error('An uploaded data set has neither a file nor a reader of its store.');
    return readContainer(storedByteSource(stored, readRange));
  },
};

interface Container extends ExampleReader {
  readonly type: LevelType;
  readonly groupNames?: readonly string[];
  /** The group of each example; undefined where there are none. */
  readGroups(this: void): Promise<Int32Array | undefined>;
}

/** @throws ComputeError INVALID_DATASET where the file is damaged. */
export const openContainer = async (path: string) => readContainer(await openByteSource(path));

/** @throws ComputeError INVALID_DATASET */
async function readContainer(source: ByteSource): Promise<Container> {
  try {
    const damaged = (what: string) =>
      new ComputeError('INVALID_DATASET', `The kept data set is damaged: ${what}. Register it again.`, [source.path]);
    if (source.size < TAIL_BYTES) throw damaged('it is too short');
    const tail = await source.read(source.size - TAIL_BYTES, TAIL_BYTES);
    if (tail.toString('latin1', 4) !== MAGIC) throw damaged('its last bytes are others');
    const length = tail.readUInt32LE(0);
    if (length > source.size - TAIL_BYTES) throw damaged('its description is longer than the file');
    const text = await source.read(source.size - TAIL_BYTES - length, length);
    const parsed = descriptionSchema.safeParse(parseJson(text.toString('utf8')));
    if (!parsed.success) throw damaged('its description cannot be read');
    const { type, imageShape, exampleCount, classNames, groupNames, fingerprint } = parsed.data;
    if (contentBytes(parsed.data) + length + TAIL_BYTES !== source.size) throw damaged('it has another size than its description says');
    const imageBytes = sizeOf(imageShape) * (bitDepthOf(type) / 8);
    const labelsAt = exampleCount * imageBytes;
    return {
      type,
      imageShape,
      classNames,
      groupNames,
      async readGroups() {
        if (!groupNames) return undefined;
        const groups = await source.read(labelsAt + exampleCount * LABEL_BYTES, exampleCount * LABEL_BYTES);
        return Int32Array.from({ length: exampleCount }, (_, i) => groups.readInt32LE(i * LABEL_BYTES));
      },
      exampleCount,
      bitDepth: bitDepthOf(type),
      fingerprint,
      async read(offset, count) {
        const [pixels, labels] = await Promise.all([
          source.read(offset * imageBytes, count * imageBytes),
          source.read(labelsAt + offset * LABEL_BYTES, count * LABEL_BYTES),
        ]);
        return {
          images: levelsFromBytes(type, pixels),
          labels: Int32Array.from({ length: count }, (_, i) => labels.readInt32LE(i * LABEL_BYTES)),
        };
      },
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
