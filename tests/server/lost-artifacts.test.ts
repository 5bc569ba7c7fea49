import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowId } from '../../src/storage/global-id.js';
import { sweepArtifacts } from '../../src/storage/sweep.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';
import { upload } from './support/upload.js';

let app: TestApplication;
beforeAll(async () => {
  app = await startTestApplication();
});
afterAll(() => app?.close());

const get = (path: string) => fetch(`${app.url}${path}`, { headers: { authorization: app.authorization } });

describe('an artifact whose bytes were lost', () => {
  it('is answered by 410, and is there again when the same bytes are uploaded', async () => {
    const bytes = randomBytes(1000);
    const id = createHash('sha256').update(bytes).digest('hex');
    await upload(app, bytes);
    expect(Buffer.from(await (await get(`/artifacts/${id}`)).arrayBuffer())).toEqual(bytes);
    await app.runtime.artifacts.delete(id);
    const lost = await get(`/artifacts/${id}`);
    expect(lost.status).toBe(410);
    expect(await lost.json()).toMatchObject({ error: { code: 'ARTIFACT_LOST' } });
    await upload(app, bytes);
    expect((await get(`/artifacts/${id}`)).status).toBe(200);
  });

  it('fails the jobs that need it at once, with a code that says so', async () => {
    const [datasetId, modelId] = [await registerMnist(app.graphql), await submitArchitecture(app.graphql, 'model')];
    const { prisma } = app.runtime.database;
    const { artifactId } = await prisma.model.findUniqueOrThrow({ where: { id: rowId(modelId, 'Model') } });
    await app.runtime.artifacts.delete(artifactId!);
    expect(await sweepArtifacts(prisma, app.runtime.artifacts)).toMatchObject({ lost: 1 });
    const { jobIds } = await startEvaluation(app.graphql, { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 10 });
    expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'FAILED', errorCode: 'ARTIFACT_LOST' });
    expect((await get(`/models/${modelId}/onnx`)).status).toBe(410);
    const remove = 'mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }';
    expect((await dataOf(app.graphql(remove, { id: modelId }))).deleteModel.__typename).toBe('DeleteModelSuccess');
  });
});
