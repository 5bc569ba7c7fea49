/** Data sets that a request names. @module */
import { DomainError } from '../../errors.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Dataset } from '../../storage/generated/client.js';

/** @param member of the client's input that names it. @throws DomainError NOT_FOUND */
export async function findDataset(prisma: DatabaseClient, id: string | undefined, member = 'datasetId'): Promise<Dataset> {
  const dataset = id && (await prisma.dataset.findUnique({ where: { id } }));
  if (!dataset) throw new DomainError('NOT_FOUND', 'There is no data set with this id.', [member]);
  return dataset;
}

/** @param member of the client's input that names `other`. @throws DomainError VALIDATION where its images have another size. */
export function checkSameImages(dataset: Dataset, other: Dataset, member: string): void {
  const [shape, given] = [dataset.imageShape.join('×'), other.imageShape.join('×')];
  if (shape === given) return;
  throw new DomainError('VALIDATION', `Images of "${other.name}" are ${given}, those of "${dataset.name}" ${shape}.`, [member]);
}

/** The same for the number of classes. */
export function checkSameClasses(dataset: Dataset, other: Dataset, member: string): void {
  const [count, given] = [dataset.classNames.length, other.classNames.length];
  if (count === given) return;
  throw new DomainError('VALIDATION', `"${other.name}" has ${given} classes, "${dataset.name}" ${count}.`, [member]);
}
