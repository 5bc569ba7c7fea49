/** A model that is to have the classes of a data set. @module */
import { classMapByNames, type ModelSpec } from '../../compute/models/index.js';
import { DomainError } from '../../errors.js';
import type { Dataset } from '../../storage/generated/client.js';
import { toDomainErrors } from '../domain-errors.js';

/**
 * @param spec with the names of the network's classes. @param dataset undefined: the network's classes are the model's.
 * @throws DomainError VALIDATION, and INVALID_MODEL naming classes of the data set that the network has not.
 */
export async function withClassesOf(
  spec: Partial<ModelSpec>,
  dataset: Pick<Dataset, 'classNames'> | undefined,
): Promise<Partial<ModelSpec>> {
  if (!dataset) return spec;
  const { classNames, classMap } = spec;
  if (!classNames || classMap) {
    const message =
      '`classesOfDatasetId` matches names: give `spec.classNames`, those of the network in the order of its outputs, and no `classMap`.';
    throw new DomainError('VALIDATION', message, ['classesOfDatasetId']);
  }
  const map = await toDomainErrors(() => classMapByNames(classNames, dataset.classNames));
  return { ...spec, classMap: map, classNames: dataset.classNames, classCount: dataset.classNames.length };
}
