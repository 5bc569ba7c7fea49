import type { DatabaseClient } from '../../storage/database.js';
import { allBy, oneBy } from '../relay/load-by.js';

export const modelLoaders = ({ model }: DatabaseClient) => ({
  /** Ready models of equal weights, the oldest first. */
  modelsOfFingerprint: allBy('fingerprint', (fingerprints) =>
    model.findMany({ where: { fingerprint: { in: fingerprints }, status: 'READY' }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] }),
  ),
  /** Not rejected, the newest version first; of all owners. */
  modelsOfName: allBy('name', (names) =>
    model.findMany({ where: { name: { in: names }, status: { not: 'REJECTED' } }, orderBy: { version: 'desc' } }),
  ),
  modelOfJob: oneBy('jobId', (ids) => model.findMany({ where: { jobId: { in: ids } } })),
});
