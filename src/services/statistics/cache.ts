/** Keeps what statistics answered for as long as nothing that they rest on has changed. @module */
import { LRUCache } from 'lru-cache';
import type { Dataset } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';

/** A request that names its data set. */
export type OnDataset<Request> = Request & { readonly datasetId: string };

export class StatisticsCache {
  private readonly kept: LRUCache<string, object, () => Promise<object>>;

  /** @param maximumBytes of all answers together, as JSON; 0 keeps none. */
  constructor(maximumBytes: number) {
    this.kept = new LRUCache({
      // It takes no 0, and no answer is as small as 1.
      maxSize: Math.max(1, maximumBytes),
      sizeCalculation: (answer, key) => key.length + JSON.stringify(answer).length,
      fetchMethod: (_key, _stale, { context: answer }) => answer(),
      // What others have pushed out in the meantime is still an answer.
      ignoreFetchAbort: true,
    });
  }

  /**
   * Answers once for all who ask the same and see the same. A failure is not kept.
   * @param dataset as it is now: its revision, which triggers in the migrations count up, says whether what is kept still holds.
   * @param answer reads only what the viewer may see, of this data set.
   */
  async read<Request extends object, Answer extends object>(
    query: string,
    viewer: Principal,
    { id: datasetId, revision }: Pick<Dataset, 'id' | 'revision'>,
    request: Request,
    answer: (request: OnDataset<Request>) => Promise<Answer>,
  ): Promise<Answer> {
    // All admins see the same.
    const eyes = viewer.role === 'ADMIN' ? null : viewer.name;
    const key = JSON.stringify([query, datasetId, revision, eyes, request]);
    return (await this.kept.forceFetch(key, { context: () => answer({ ...request, datasetId }) })) as Answer;
  }
}
