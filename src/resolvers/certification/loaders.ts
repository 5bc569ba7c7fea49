import { unpackCertificates } from '../../results/certificates.js';
import type { DatabaseClient } from '../../storage/database.js';
import { oneBy } from '../relay/load-by.js';

export const certificationLoaders = ({ certification }: DatabaseClient) => ({
  /** Certificates of examples, as far as they are there. */
  certificates: oneBy(
    'id',
    (ids) => certification.findMany({ where: { id: { in: ids } }, select: { id: true, certificates: true } }),
    ({ certificates }) => (certificates ? unpackCertificates(certificates) : undefined),
  ),
});
