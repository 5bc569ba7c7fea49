/** What has to lie in memory at once. @module */
import { sizeOf } from '../tensors/index.js';
import { ComputeError } from '../errors.js';

/** Of one tensor of images. Several of them are made ahead, and attacks hold as many again. */
const MAXIMUM_BYTES = 2 ** 31;
const BYTES_PER_VALUE = 4;

/** @param path of the number of images. @throws ComputeError LIMIT_EXCEEDED where so many images are too large for one tensor. */
export function checkImagesFit(count: number, imageShape: readonly number[], path: string[]): void {
  const most = Math.floor(MAXIMUM_BYTES / (BYTES_PER_VALUE * sizeOf(imageShape)));
  if (count <= most) return;
  throw new ComputeError(
    'LIMIT_EXCEEDED',
    `${count} images of [${imageShape.join(', ')}] do not fit in memory at once. Give ${path.join('.')} of at most ${most}.`,
    path,
  );
}
