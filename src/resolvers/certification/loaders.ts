import { unpackCertificates } from '../../results/certificates.js';
import type { DatabaseClient } from '../../storage/database.js';
import { BOUND_METHODS } from '../../compute/bounds/index.js';
import { allBy, oneBy } from '../relay/load-by.js';

export const certificationLoaders = ({ certification }: DatabaseClient) => ({
  certificationOfJob: oneBy('jobId', (ids) => certification.findMany({ where: { jobId: { in: ids } } })),
  /** Certificates of examples, as far as they are there. */
  certificates: oneBy(
    'id',
    (ids) => certification.findMany({ where: { id: { in: ids } }, select: { id: true, certificates: true } }),
    ({ certificates }) => (certificates ? unpackCertificates(certificates) : undefined),
  ),
  /** Finished certifications of models by bounds of the network. */
  boundsOfModel: allBy('modelId', (ids) =>
    certification.findMany({
      where: { modelId: { in: ids }, method: { in: [...BOUND_METHODS] }, job: { state: 'SUCCEEDED' } },
      select: { modelId: true, datasetId: true, offset: true, sampleCount: true, certificates: true },
    }),
  ),
});
