/** Published corrupted images of a data set. @module */
import { hasCorruptedParts } from '../../compute/data/index.js';
import { DomainError } from '../../errors.js';
import type { Dataset } from '../../storage/generated/client.js';
import { checkSameClasses, checkSameImages } from '../dataset/find-dataset.js';
import type { DatasetService } from '../dataset/datasets.js';
import type { PublishedImages } from './corruptions.js';

/** @param original the data set that they were made of. @throws DomainError VALIDATION where they are none of it. */
export async function publishedImages(
  datasets: Pick<DatasetService, 'corruptedParts'>,
  original: Dataset,
  published: Dataset,
): Promise<PublishedImages> {
  if (!hasCorruptedParts(published.format))
    throw new DomainError(
      'VALIDATION',
      `"${published.name}" is of the format ${published.format}; published images are cifar10-c or imagenet-c.`,
      ['publishedDatasetId'],
    );
  checkSameImages(original, published, 'publishedDatasetId');
  checkSameClasses(original, published, 'publishedDatasetId');
  return { datasetId: published.id, revision: published.revision, parts: await datasets.corruptedParts(published) };
}
