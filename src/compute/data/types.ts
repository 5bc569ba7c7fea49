/** Data sets: labelled images, read in order and in batches. @module */
import type { BitDepth, Levels } from '../tensors/index.js';
import type { Resizing } from './resizing/types.js';

/** Where a data set's files are: which format reads them, and that format's options. */
export interface DatasetSource {
  /** Key of the registry of formats, such as `mnist`, `fashion-mnist`, `cifar10`. */
  readonly format: string;
  readonly split: DatasetSplit;
  /** Folder of the files, where the format does not bring its own; of an uploaded data set, the file that is kept of it. */
  readonly directory?: string;
  /** Where an uploaded data set lies in a store elsewhere, in place of a file: what is asked for is read by a {@link RangeReader}. */
  readonly stored?: StoredFile;
  /** How pictures become the squares that networks see, where they have any size; default: the first of {@link DatasetFormat.resizings}. */
  readonly resizing?: string;
}

export interface StoredFile {
  readonly id: string;
  /** In bytes. */
  readonly size: number;
}

/** @returns exactly `length` bytes of a stored file. */
export type RangeReader = (id: string, position: number, length: number) => Promise<Uint8Array>;

export type DatasetSplit = 'train' | 'test';

export interface DatasetInfo {
  /** [height, width, channels]. */
  readonly imageShape: readonly [number, number, number];
  readonly classNames: readonly string[];
  readonly exampleCount: number;
  /** Bits per pixel channel of the stored images: adversarial images are judged after rounding to them. 32: floats, which are not rounded. */
  readonly bitDepth: BitDepth;
  /**
   * SHA-256 of the decoded images and labels in order: the same data in another container has the same fingerprint. Of data too large to be read whole,
   * that of the names and sizes of its files.
   */
  readonly fingerprint: string;
}

export interface ImageBatch {
  /** `[n, height, width, channels]`, in the data's own levels; pictures of three channels are RGB. */
  readonly images: Levels;
  readonly labels: Int32Array;
}

export interface Dataset {
  readonly info: DatasetInfo;
  /** Where its files are. Absent: it was made in memory. */
  readonly source?: DatasetSource;
  /** Examples `offset` … `offset + count - 1`, fewer where the data set ends. */
  read(offset: number, count: number): Promise<ImageBatch>;
  /** Closes the files behind it. */
  close(): Promise<void>;
}

/** Examples before they are scanned: what a format has to give. {@link openDataset} checks the labels and adds the fingerprint. */
export interface ExampleReader {
  readonly imageShape: readonly [number, number, number];
  readonly classNames: readonly string[];
  readonly exampleCount: number;
  /** Default: 8. */
  readonly bitDepth?: BitDepth;
  /** Of names and sizes, where reading everything would take hours. */
  readonly fingerprint?: string;
  /** Called only with ranges inside the data set. */
  read(offset: number, count: number): Promise<ImageBatch>;
  close(): Promise<void>;
}

/** One format of data sets: one file here and one line in the registry. */
export interface DatasetFormat {
  readonly name: string;
  readonly title: string;
  /** Where the files come from and what they are called. */
  readonly description: string;
  /** Whether {@link DatasetSource.directory} must be given. */
  readonly needsDirectory: boolean;
  /** For pictures of any size: the ways to resize them, the default first. */
  readonly resizings?: readonly Resizing[];
  /** Files that the source is read from, in order; a change of any makes it another data set. */
  files(source: DatasetSource): Promise<readonly string[]>;
  open(files: readonly string[], source: DatasetSource, readRange?: RangeReader): Promise<ExampleReader>;
}

/** Examples of a data set in order, at most `batchSize` at a time, without holding more than one batch. */
export async function* batches(
  dataset: Dataset,
  batchSize: number,
  offset = 0,
  count = dataset.info.exampleCount - offset,
): AsyncGenerator<ImageBatch> {
  for (let done = 0; done < count; done += batchSize) yield dataset.read(offset + done, Math.min(batchSize, count - done));
}
