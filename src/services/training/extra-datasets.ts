/** Further data sets that a run trains on, checked. @module */
import { minibatchParts, type TrainingPlan } from '../../compute/training/index.js';
import { DomainError } from '../../errors.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Dataset } from '../../storage/generated/client.js';
import { checkSameClasses, checkSameImages, findDataset } from '../dataset/find-dataset.js';

export interface RequestedExtra {
  readonly datasetId: string | undefined;
  /** Of each minibatch. */
  readonly fraction: number;
}

const MOST = 16;

const pathOf = (position: number) => ['extraDatasets', String(position), 'datasetId'];

/** @param prisma of a principal. @throws DomainError NOT_FOUND, DATASET_NOT_READY, VALIDATION where one does not fit the data set that is trained on. */
export async function findExtras(prisma: DatabaseClient, requested: readonly RequestedExtra[], dataset: Dataset): Promise<Dataset[]> {
  if (requested.length > MOST) {
    throw new DomainError('VALIDATION', `There are ${requested.length} extra data sets; give ${MOST} at most.`, ['extraDatasets']);
  }
  const extras = await Promise.all(requested.map(({ datasetId }, i) => findDataset(prisma, datasetId, ...pathOf(i))));
  for (const [i, extra] of extras.entries()) {
    checkSameImages(dataset, extra, ...pathOf(i));
    checkSameClasses(dataset, extra, ...pathOf(i));
    checkSameOrder(dataset, extra, pathOf(i));
    const same = [dataset, ...extras.slice(0, i)].find(({ fingerprint }) => fingerprint === extra.fingerprint);
    if (same) {
      const message = `"${extra.name}" has the same examples as "${same.name}". Name each data set once.`;
      throw new DomainError('VALIDATION', message, pathOf(i));
    }
  }
  return extras;
}

/** The same names at other places would train on wrong labels. */
function checkSameOrder(dataset: Dataset, extra: Dataset, path: readonly string[]): void {
  const names = extra.classNames.map(plain);
  const other = dataset.classNames.findIndex((name, i) => plain(name) !== names[i] && names.includes(plain(name)));
  if (other < 0) return;
  const name = dataset.classNames[other]!;
  throw new DomainError(
    'VALIDATION',
    `Class ${other} of "${dataset.name}" is "${name}", which is class ${names.indexOf(plain(name))} of "${extra.name}". Register it with its labels in the order of "${dataset.name}".`,
    path,
  );
}

const plain = (className: string) => className.trim().toLowerCase();

/** @throws DomainError VALIDATION where an extra data set is smaller than its part of a minibatch. */
export function checkSizes(extras: readonly Dataset[], validationDataset: Dataset, plan: TrainingPlan): void {
  const counts = minibatchParts(plan.batchSize, plan.extraFractions).extra;
  for (const [i, { name, exampleCount, fingerprint }] of extras.entries()) {
    const heldOut = fingerprint === validationDataset.fingerprint ? plan.validation.count : 0;
    if (exampleCount - heldOut >= counts[i]!) continue;
    const rest = heldOut > 0 ? `, less ${heldOut} for validation` : '';
    const message = `"${name}" has only ${exampleCount} examples${rest}, and gives ${counts[i]} to each minibatch. Give a smaller fraction.`;
    throw new DomainError('VALIDATION', message, ['extraDatasets', String(i), 'fraction']);
  }
}
