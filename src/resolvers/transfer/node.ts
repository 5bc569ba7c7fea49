import { rowIds } from '../../storage/global-id.js';
import { Transfer } from '../../schema/transfer/transfer.js';
import type { TransferFilter } from '../../schema/transfer/transfer-filter.js';
import type { Prisma, Transfer as TransferRow } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const transferNode = defineNode<TransferRow, Transfer, TransferFilter>({
  type: Transfer,
  table: ({ transfer }) => transfer,
  where: ({ sourceId, targetId, datasetId, states }): Prisma.TransferWhereInput => ({
    evaluations: sourceId === undefined ? undefined : { some: { modelId: { in: rowIds([sourceId], 'Model') } } },
    targets: targetId === undefined ? undefined : { some: { id: { in: rowIds([targetId], 'Model') } } },
    datasetId: datasetId === undefined ? undefined : { in: rowIds([datasetId], 'Dataset') },
    job: states && { state: { in: states } },
  }),
});
