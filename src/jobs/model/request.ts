/** What a validation is asked, of a submitted model or of one that is only looked at. @module */
import { DatasetNotHere } from '../../storage/errors.js';
import type { JobContext } from '../types.js';
import type { ValidationRequest } from './messages.js';

/** Examples of a data set that the submitter named for it. */
const CHECKED = 300;

type Environment = Pick<JobContext, 'prisma' | 'datasetSource' | 'validation'>;

interface Candidate extends Pick<ValidationRequest, 'source' | 'directory' | 'format' | 'spec' | 'access'> {
  /** The data set on whose images it is tried; null: a few of the first that fits. */
  readonly checkDatasetId: string | null;
  readonly expectedCleanAccuracy: number | null;
}

export async function validationRequest(environment: Environment, candidate: Candidate): Promise<ValidationRequest> {
  const { checkDatasetId, expectedCleanAccuracy, ...request } = candidate;
  const { engine, limits, remote } = environment.validation;
  return {
    ...request,
    datasets: await candidates(environment, checkDatasetId),
    check: { expected: expectedCleanAccuracy ?? undefined, ...(checkDatasetId !== null && { count: CHECKED }) },
    engine,
    limits,
    remote,
  };
}

/** Test sets, on which a model is tried: that which the submitter named, or all that lie on the server. */
async function candidates({ prisma, datasetSource }: Environment, named: string | null): Promise<ValidationRequest['datasets']> {
  // Those that users uploaded may be large and elsewhere, and private.
  const where = named === null ? ({ split: 'TEST', uploadFormat: null, state: 'READY' } as const) : { id: named };
  const datasets = await prisma.dataset.findMany({ where, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
  const found = datasets.map(async (dataset) => {
    const { name, imageShape, classNames } = dataset;
    try {
      return [{ name, source: await datasetSource(dataset), imageShape, classCount: classNames.length }];
    } catch (error) {
      if (error instanceof DatasetNotHere) return [];
      throw error;
    }
  });
  return (await Promise.all(found)).flat();
}
