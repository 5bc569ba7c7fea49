/** Keeps results of threat models for as long as nothing has been measured on their data set since. @module */
import { LRUCache } from 'lru-cache';
import { remembered } from '../../compute/remembered.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Dataset } from '../../storage/generated/client.js';
import type { Principal } from '../principal.js';
import { threatModelResults, type ThreatModelRequest, type ThreatModelResults } from './threat-model.js';

/** Half a megabyte each, of a thousand models. */
const MOST = 100;

export class Leaderboards {
  private readonly kept = new LRUCache<string, Promise<ThreatModelResults>>({ max: MOST });

  /** @param dataset as it is now: its revision says whether what is kept still holds. */
  read(
    prisma: DatabaseClient,
    viewer: Principal,
    dataset: Pick<Dataset, 'id' | 'revision'>,
    request: Omit<ThreatModelRequest, 'datasetId'>,
  ): Promise<ThreatModelResults> {
    const { norm, epsilon, attackKinds, offset, sampleCount } = request;
    // All admins see the same.
    const eyes = viewer.role === 'ADMIN' ? null : viewer.name;
    const key = JSON.stringify([dataset.id, dataset.revision, eyes, norm, epsilon, attackKinds, offset, sampleCount]);
    return remembered(this.kept, key, () => threatModelResults(prisma, viewer, { ...request, datasetId: dataset.id }));
  }
}
