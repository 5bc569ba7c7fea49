/** Where the files of data sets are on this machine. @module */
import { readdirSync } from 'node:fs';
import { type DatasetSource, findDatasetFormat, STORED_FORMAT } from '../../compute/data/index.js';
import { DatasetNotHere } from '../../storage/errors.js';
import type { ModelFolders } from '../../storage/model-folders.js';
import type { DatasetUse, StoredDataset } from '../types.js';

export interface DatasetSourceOptions {
  /** Folder of the files of each format that lies on the server, on this machine. */
  readonly directories: Readonly<Record<string, string>>;
  /** Whether this machine may lack what others have. */
  readonly isWorker: boolean;
}

/** @throws DatasetNotHere on a worker without the files, which leaves the work to others; what a server finds wrong with them is a verdict. */
export async function findSource(
  dataset: StoredDataset,
  folders: ModelFolders,
  options: DatasetSourceOptions & Pick<DatasetUse, 'wholeFile'>,
): Promise<DatasetSource> {
  const { format, split, resizing, artifactId } = dataset;
  if (format === STORED_FORMAT) {
    const found = options.wholeFile ? { path: await folders.openFile(artifactId!) } : await folders.locate(artifactId!);
    const bytes = 'path' in found ? { directory: found.path } : { stored: { id: artifactId!, size: found.size } };
    // How pictures are resized was decided when the upload was read.
    return { format, split: split === 'TRAIN' ? 'train' : 'test', ...bytes };
  }
  const directory = options.directories[format];
  const source: DatasetSource = {
    format,
    split: split === 'TRAIN' ? 'train' : 'test',
    directory,
    ...(resizing !== null && { resizing }),
  };
  const { needsDirectory, title } = findDatasetFormat(format);
  if (!options.isWorker || (directory === undefined ? !needsDirectory : hasEntries(directory))) return source;
  const where = directory === undefined ? 'no folder is configured for them' : `${directory} is empty or not there`;
  throw new DatasetNotHere(`The files of ${title} are not on this worker's machine: ${where}. The work is left to others.`);
}

/** A folder on which nothing is mounted is empty. */
function hasEntries(directory: string): boolean {
  try {
    return readdirSync(directory).length > 0;
  } catch {
    return false;
  }
}
