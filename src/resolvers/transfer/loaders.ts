import DataLoader from 'dataloader';
import { cellsOfTransfers } from '../../services/transfer/transfer-matrix.js';
import type { DatabaseClient } from '../../storage/database.js';
import { oneBy } from '../relay/load-by.js';

export function transferLoaders(prisma: DatabaseClient) {
  const { transfer } = prisma;
  return {
    transferOfJob: oneBy('jobId', (ids) => transfer.findMany({ where: { jobId: { in: ids } } })),
    /** By model, attack and budget. */
    evaluationsOfTransfer: oneBy(
      'id',
      (ids) => {
        const order = [{ modelId: 'asc' }, { attackKind: 'asc' }, { epsilon: 'asc' }, { id: 'asc' }] as const;
        return transfer.findMany({ where: { id: { in: ids } }, select: { id: true, evaluations: { orderBy: [...order] } } });
      },
      ({ evaluations }) => evaluations,
    ),
    /** By name. */
    targetsOfTransfer: oneBy(
      'id',
      (ids) => {
        const order = [{ name: 'asc' }, { id: 'asc' }] as const;
        return transfer.findMany({ where: { id: { in: ids } }, select: { id: true, targets: { orderBy: [...order] } } });
      },
      ({ targets }) => targets,
    ),
    cellsOfTransfer: new DataLoader((ids: readonly string[]) => cellsOfTransfers(prisma, ids)),
  };
}
