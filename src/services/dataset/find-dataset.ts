/** Data sets that a request names. @module */
import { DomainError } from '../../errors.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Dataset } from '../../storage/generated/client.js';

/**
 * @param prisma of a principal, which finds what it may see. @param path in the client's input that names it; default: `datasetId`.
 * @throws DomainError NOT_FOUND, DATASET_NOT_READY
 */
export async function findDataset(prisma: DatabaseClient, id: string | undefined, ...given: readonly string[]): Promise<Dataset> {
  const path = given.length > 0 ? given : ['datasetId'];
  const dataset = id && (await prisma.dataset.findUnique({ where: { id } }));
  if (!dataset) throw new DomainError('NOT_FOUND', 'There is no data set with this id.', path);
  if (dataset.state === 'READY') return dataset;
  const advice = dataset.state === 'PENDING' ? 'is still being read: wait for its job' : 'was rejected: its error says why';
  throw new DomainError('DATASET_NOT_READY', `"${dataset.name}" ${advice}.`, path);
}

/** @param path in the client's input that names `other`. @throws DomainError VALIDATION where its images have another size. */
export function checkSameImages(dataset: Dataset, other: Dataset, ...path: readonly string[]): void {
  const [shape, given] = [dataset.imageShape.join('×'), other.imageShape.join('×')];
  if (shape === given) return;
  throw new DomainError('VALIDATION', `Images of "${other.name}" are ${given}, those of "${dataset.name}" ${shape}.`, path);
}

/** The same for the number of classes. */
export function checkSameClasses(dataset: Dataset, other: Dataset, ...path: readonly string[]): void {
  const [count, given] = [dataset.classNames.length, other.classNames.length];
  if (count === given) return;
  throw new DomainError('VALIDATION', `"${other.name}" has ${given} classes, "${dataset.name}" ${count}.`, path);
}
