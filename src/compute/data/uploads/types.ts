/** Data sets that users upload. An upload is a folder of files: an archive, unpacked, or one file. @module */
import { ComputeError } from '../../errors.js';
import type { ImageShape } from '../../tensors/index.js';
import type { Levels } from '../../tensors/index.js';
import type { DatasetSplit } from '../types.js';

export interface UploadedFile {
  /** Path in the upload, with `/`. */
  readonly name: string;
  /** On this machine. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

export interface Upload {
  /** In the order of their names. */
  readonly files: readonly UploadedFile[];
  readonly split: DatasetSplit;
}

/** One image, decoded. */
export interface RawImage {
  /** `[height, width, channels]` */
  readonly levels: Levels;
  readonly shape: ImageShape;
  /** Whether it was a picture, which may be resized and get more channels; an array is what it is. */
  readonly isPicture?: boolean;
}

export interface UploadedExample {
  /** File, and row where it holds several, for messages. */
  readonly at: string;
  /** The same of its label, where that is in another file. */
  readonly labelAt?: string;
  /** The number of a class, or its name. */
  readonly label: number | string;
  /** Its subgroup, a number or a name, where the upload says it. */
  readonly group?: number | string;
  /** Its pixels, or the bytes of a picture. Those of the next examples may be read at the same time. */
  read(this: void): RawImage | Encoded | Promise<RawImage | Encoded>;
}

/** A picture that is not decoded yet. */
export interface Encoded {
  readonly encoded: Uint8Array;
}

export interface UploadContent {
  /** Where the files say them. */
  readonly classNames?: readonly string[];
  /** In order. */
  examples(this: void): AsyncIterable<UploadedExample>;
  /** After the examples: sentences on what was decided for the user, such as which files were left out. */
  notes?(this: void): readonly string[];
}

/** One format of uploads: one file here and one line in the registry. */
export interface UploadFormat {
  readonly name: UploadFormatName;
  readonly title: string;
  /** What the files are called and hold. */
  readonly description: string;
  /** By names alone. */
  recognises(files: readonly UploadedFile[]): boolean;
  /** @throws ComputeError INVALID_DATASET naming the file, and the row. */
  open(upload: Upload): Promise<UploadContent>;
}

export type UploadFormatName =
  'NUMPY' | 'IDX' | 'CIFAR10_BINARY' | 'CIFAR100_BINARY' | 'PARQUET' | 'LABELS_CSV' | 'WEBDATASET' | 'IMAGE_FOLDER';

/** @param at file, and row. @param what is wrong, and what to do. */
export const invalidAt = (at: string, what: string, cause?: unknown) =>
  new ComputeError('INVALID_DATASET', `${at}: ${what}`, ['uploadId'], { cause });

export const limitExceeded = (message: string) => new ComputeError('LIMIT_EXCEEDED', message, ['uploadId']);
