/** What is asked of an upload, and what reading it gives. @module */
import type { ContainerDescription } from '../container.js';
import type { DatasetSplit } from '../types.js';
import type { UploadResizing } from './resize.js';
import type { UploadFormatName } from './types.js';

export interface UploadLimits {
  readonly maxImages: number;
  /** Of one image, before it is resized and after. */
  readonly maxPixels: number;
  readonly maxClasses: number;
  /** Of all pixels, as they are kept. */
  readonly maxBytes: number;
}

export interface UploadRequest {
  /** Folder of its files. */
  readonly directory: string;
  /** Default: what is recognised by the names of the files. */
  readonly format?: string;
  readonly split: DatasetSplit;
  /** In the order of the labels. */
  readonly classNames?: readonly string[];
  /** Of pictures; default: they have one size already. */
  readonly resizing?: UploadResizing;
  /** Of pictures; default: as many as the first has. */
  readonly channels?: 1 | 3;
  readonly limits: UploadLimits;
}

/** What was read. */
export interface DatasetCard extends Omit<ContainerDescription, 'version'> {
  readonly format: UploadFormatName;
  /** In words: what was done to the images. */
  readonly preparation: string;
}
