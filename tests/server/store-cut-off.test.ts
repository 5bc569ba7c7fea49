/** The object store is cut off in the middle of reads, writes and jobs. Runs where there is one: `npm run test:s3`. */
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/storage/errors.js';
import { rowId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { finished, readJob, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';
import { openCutWay, throughWay, type CutWay } from './support/s3-cut.js';
import { idsOf, S3_UNDER_TEST, storeVariables } from './support/store.js';
import { openUpload } from './support/upload.js';

describe.runIf(S3_UNDER_TEST)('an object store that is cut off', () => {
  let way: CutWay;
  let app: TestApplication;
  beforeAll(async () => {
    way = await openCutWay();
    const variables = { ...storeVariables(), GAUNTLET_SHARD_SIZE: '20' };
    app = await throughWay(way, () => startTestApplication(variables));
  });
  afterAll(async () => {
    way.restore();
    await app?.close();
    await way?.close();
  });
  afterEach(() => way.restore());

  it('in the middle of a read fails that read, and not the next', async () => {
    const { artifacts } = app.runtime;
    const bytes = randomBytes(20_000_000);
    const { id } = await artifacts.put([bytes]);
    way.cut(5_000_000);
    await expect(buffer(artifacts.read(id))).rejects.toThrow(StoreUnavailable);
    await expect(artifacts.useFile(id, () => Promise.resolve())).rejects.toThrow(StoreUnavailable);
    await expect(artifacts.has(id)).rejects.toThrow(StoreUnavailable);
    way.restore();
    expect((await buffer(artifacts.read(id))).equals(bytes)).toBe(true);
    await artifacts.delete(id);
  });

  it('in the middle of a write leaves nothing, in one piece or in parts', async () => {
    const { artifacts } = app.runtime;
    for (const size of [3_000_000, 30_000_000]) {
      const bytes = randomBytes(size);
      way.cut(size / 2);
      await expect(artifacts.put([bytes])).rejects.toThrow(StoreUnavailable);
      way.restore();
      expect(await idsOf(artifacts)).toEqual([]);
      const { id } = await artifacts.put([bytes]);
      expect((await buffer(artifacts.read(id))).equals(bytes)).toBe(true);
      await artifacts.delete(id);
    }
  });

  it('is answered by 503, and an upload is completed by sending nothing more', async () => {
    const bytes = randomBytes(1000);
    const id = await openUpload(app, { size: bytes.length });
    const put = (body: Uint8Array, offset: number) =>
      fetch(`${app.url}/uploads/${id}`, {
        method: 'PUT',
        body: Buffer.from(body),
        headers: { authorization: app.authorization, 'upload-offset': String(offset) },
      });
    way.cut();
    const refused = await put(bytes, 0);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ error: { code: 'STORE_UNAVAILABLE' } });
    const ready = await fetch(`${app.url}/readyz`);
    expect(await ready.json()).toMatchObject({ status: 'not ready', checks: { artifacts: false, database: true } });
    way.restore();
    const completed = await put(new Uint8Array(0), bytes.length);
    expect(await completed.json()).toMatchObject({ state: 'COMPLETE', received: bytes.length });
  });

  it('holds up jobs, is no verdict on them and uses up no attempt', async () => {
    const datasetId = await registerMnist(app.graphql);
    const modelId = await submitArchitecture(app.graphql, 'model');
    const request = { modelId, datasetId, attacks: [{ pgd: { epsilon: 0.1, steps: 20 } }], sampleCount: 200, keepImages: true };
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, request);
    await until(async () => (await readJob(app.graphql, jobIds[0]!)).progress.done >= 20, 'a shard');
    way.cut();
    const row = () => app.runtime.database.prisma.job.findUniqueOrThrow({ where: { id: rowId(jobIds[0]!, 'Job') } });
    // Longer than all attempts that a failing job has.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    expect(await row()).toMatchObject({ state: 'RUNNING', error: null });
    expect((await row()).attempts).toBeLessThanOrEqual(1);
    way.restore();
    expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED', error: null });

    const undisturbed = await startEvaluation(app.graphql, { ...request, keepImages: false });
    await finished(app.graphql, undisturbed.jobIds[0]!);
    const read = async (id: string) => {
      const query =
        'query ($id: ID!) { evaluation(id: $id) { clean { top1 { value n } } adversarial { top1 { value } } meanDistortion { linf l2 } queries } }';
      return (await dataOf(app.graphql(query, { id }))).evaluation;
    };
    expect(await read(evaluationIds[0]!)).toEqual(await read(undisturbed.evaluationIds[0]!));
  });
});
