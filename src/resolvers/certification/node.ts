import { Certification, type CertificationRow } from '../../schema/certification/certification.js';
import type { CertificationFilter } from '../../schema/certification/certification-filter.js';
import { rowIds } from '../../storage/global-id.js';
import type { Prisma } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const certificationNode = defineNode<CertificationRow, Certification, CertificationFilter>({
  type: Certification,
  table: ({ certification }) => certification,
  where: ({ modelIds, datasetIds, sigma, states }): Prisma.CertificationWhereInput => ({
    modelId: modelIds && { in: rowIds(modelIds, 'Model') },
    datasetId: datasetIds && { in: rowIds(datasetIds, 'Dataset') },
    sigma,
    job: states && { state: { in: states } },
  }),
});
