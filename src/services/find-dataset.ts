import { NotFoundError } from '../schema/errors/index.js';
import type { DatabaseClient } from '../storage/database.js';
import type { Dataset } from '../storage/generated/client.js';
import { Refused } from './refused.js';

/** @param member of the client's input that names it. @throws NotFoundError */
export async function findDataset(prisma: DatabaseClient, id: string | undefined, member = 'datasetId'): Promise<Dataset> {
  const dataset = id && (await prisma.dataset.findUnique({ where: { id } }));
  if (!dataset) throw new Refused(new NotFoundError('There is no data set with this id.', [member]));
  return dataset;
}
