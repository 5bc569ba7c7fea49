/** All formats of uploads, those first that are recognised by more than pictures. One more is one file here and one line below. @module */
import { ComputeError } from '../../errors.js';
import { findNamed } from '../../parameters/index.js';
import { cifar100Binary, cifar10Binary } from './cifar.js';
import { adviceOnOthers } from './others.js';
import { idx } from './idx.js';
import { imageFolder } from './image-folder.js';
import { labelsCsv } from './labels-csv.js';
import { namesOf } from './names.js';
import { npy } from './npy.js';
import { parquet } from './parquet.js';
import type { UploadedFile, UploadFormat } from './types.js';
import { webdataset } from './webdataset.js';

export const uploadFormats: readonly UploadFormat[] = [
  npy,
  idx,
  cifar10Binary,
  cifar100Binary,
  parquet,
  labelsCsv,
  webdataset,
  imageFolder,
];

/** @param name of the format; undefined: the first that recognises the files. @throws ComputeError INVALID_DATASET. */
export function uploadFormatOf(files: readonly UploadedFile[], name: string | undefined): UploadFormat {
  if (name !== undefined) return findNamed(uploadFormats, name, 'INVALID_DATASET', 'format', 'format of uploads');
  const found = uploadFormats.find((format) => format.recognises(files));
  if (found) return found;
  const known = `Known: ${uploadFormats.map(({ title }) => title).join('; ')}.`;
  throw new ComputeError(
    'INVALID_DATASET',
    `No format is recognised by the names of the files: ${namesOf(files)}. ${adviceOnOthers(files) ?? known}`,
    ['uploadId'],
  );
}
