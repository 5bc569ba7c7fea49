/** Of a data set in a store elsewhere, an evaluation and a picture fetch what they read, and training the file. Runs in the s3 suite. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { int64, npy } from './support/dataset-files.js';
import { finished, startEvaluation, submitArchitecture } from './support/operations.js';
import { S3_UNDER_TEST } from './support/store.js';
import { input as training, start } from './support/training.js';
import { upload, zipOf } from './support/upload.js';

const COUNT = 300;

describe.skipIf(!S3_UNDER_TEST)('a data set in a bucket', () => {
  let app: TestApplication;
  let datasetId: string;
  let artifactId: string;
  beforeAll(async () => {
    app = await startTestApplication();
    const x = npy(
      '|u1',
      [COUNT, 28, 28, 1],
      Uint8Array.from({ length: COUNT * 784 }, (_, i) => (i * 31) % 256),
    );
    const y = npy('<i8', [COUNT], int64(Array.from({ length: COUNT }, (_, i) => i % 10)));
    const uploadId = await upload(app, zipOf({ 'x.npy': x, 'y.npy': y }));
    const register = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
      ... on RegisterDatasetSuccess { dataset { id } } ... on UserError { message } } }`;
    const { registerDataset } = await dataOf(app.graphql(register, { input: { name: 'in a bucket', uploadId } }));
    datasetId = registerDataset.dataset.id as string;
    const { prisma } = app.runtime.database;
    const row = await until(async () => {
      const found = await prisma.dataset.findUniqueOrThrow({ where: { id: rowId(datasetId, 'Dataset') } });
      return found.state !== 'PENDING' && found;
    }, 'the reading');
    expect(row.state).toBe('READY');
    artifactId = row.artifactId!;
    // What has read it has its file; another worker has not.
    await app.runtime.cache.delete(artifactId);
  });
  afterAll(() => app?.close());

  const fetched = () => app.runtime.cache.find(artifactId);

  it('is evaluated and shown without its file, and trained on with it', async () => {
    const modelId = await submitArchitecture(app.graphql, 'small', 'mlp');
    const asked = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], offset: 200, sampleCount: 50 };
    const { jobIds } = await startEvaluation(app.graphql, asked);
    expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED', error: null });
    const picture = await fetch(`${app.url}/datasets/${datasetId}/images/299.png`, { headers: { authorization: app.authorization } });
    expect(picture.status).toBe(200);
    expect(await fetched()).toBeUndefined();
    const run = await start(app.graphql, training(datasetId, { steps: 2, interval: 2 }));
    expect(await finished(app.graphql, run.jobId)).toMatchObject({ state: 'SUCCEEDED', error: null });
    expect(await fetched()).toBeDefined();
  });
});
