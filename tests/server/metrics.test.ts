import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { graphqlClient, type GraphQLClient } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';
import { upload } from './support/upload.js';

let app: TestApplication;
let owner: GraphQLClient;
let authorization: string;

beforeAll(async () => {
  app = await startTestApplication();
  authorization = await app.authorizationOf('owner of things', 'SUBMITTER');
  owner = graphqlClient(app.graphqlUrl, authorization);
});
afterAll(() => app?.close());

/** Samples by name with labels. */
async function metrics(as: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${app.url}/metrics`, { headers: { authorization: as } })).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

describe('/metrics', () => {
  it('has what alerts and the scaling of workers rest on', async () => {
    const datasetId = await registerMnist(app.graphql);
    const modelId = await submitArchitecture(owner, 'model');
    const request = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 6, keepImages: true };
    await finished(owner, (await startEvaluation(owner, request)).jobIds[0]!);
    await upload({ url: app.url, authorization }, new Uint8Array(321));
    const samples = await metrics(app.authorization);
    expect([...samples.keys()].filter((name) => name.startsWith('gauntlet_workers{'))).toHaveLength(1);
    expect([...samples].find(([name]) => name.startsWith('gauntlet_workers{engine="'))![1]).toBe(1);
    expect(samples.get('gauntlet_stored_bytes{kind="IMAGES"}')).toBe(6 * 28 * 28);
    expect(samples.get('gauntlet_stored_bytes{kind="UPLOADS"}')).toBe(321);
    expect(samples.get('gauntlet_owner_stored_bytes{owner="owner of things",kind="IMAGES"}')).toBe(6 * 28 * 28);
    expect(samples.get('gauntlet_owner_compute_seconds_total{owner="owner of things"}')).toBeGreaterThan(0);
    expect(samples.get('gauntlet_database_connections{state="active"}')).toBeGreaterThanOrEqual(0);
    expect(samples.get('gauntlet_database_connections{state="waiting"}')).toBeGreaterThanOrEqual(0);
    expect(samples.get('gauntlet_memory_kept{kind="functions"}')).toBeGreaterThan(0);
    expect(samples.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
  });

  it('names owners to admins alone', async () => {
    const text = [...(await metrics(authorization)).keys()].join('\n');
    expect(text).toContain('gauntlet_stored_bytes');
    expect(text).not.toMatch(/owner/);
  });

  it('counts failed jobs by code', async () => {
    const uploadId = await upload({ url: app.url, authorization }, new Uint8Array(50));
    const submit = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) { ... on SubmitModelSuccess { job { id } } } }`;
    const { data } = await owner(submit, { input: { name: 'no model', uploadId } });
    const { errorCode } = await finished(owner, data.submitModel.job.id);
    expect((await metrics(authorization)).get(`gauntlet_jobs_failed{kind="validation",code="${errorCode}"}`)).toBe(1);
  });
});

describe('a server whose workers are elsewhere', () => {
  let alone: TestApplication;
  beforeAll(async () => {
    alone = await startTestApplication({ GAUNTLET_WORKER: 'false' });
  });
  afterAll(() => alone?.close());

  it('is ready, and says that none lives', async () => {
    const response = await fetch(`${alone.url}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'ready', workers: 0 });
  });

  it('says for how long parts have waited', async () => {
    const { prisma } = alone.runtime.database;
    const { queue } = alone.runtime;
    const job = await prisma.job.create({ data: { owner: 'x', kind: 'evaluation', total: 1, unit: 'images', planned: 2, pending: 2 } });
    const parts = [0, 1].map((position) => ({ jobId: job.id, position, input: {}, units: 1, turn: position, lane: 'compute' }));
    const rows = await prisma.jobPart.createManyAndReturn({ data: parts });
    await prisma.$transaction((tx) =>
      queue.send(
        tx,
        rows.map((row) => ({ ...row, owner: 'admin' })),
      ),
    );
    await prisma.$executeRaw`UPDATE queue.job SET created_on = now() - interval '90 seconds' WHERE id = ${rows[0]!.id}::uuid`;
    const text = await (await fetch(`${alone.url}/metrics`, { headers: { authorization: alone.authorization } })).text();
    expect(text).toContain('gauntlet_parts_waiting{kind="evaluation"} 2\n');
    const seconds = Number(/gauntlet_parts_waiting_seconds\{kind="evaluation"\} (\S+)/.exec(text)![1]);
    expect(seconds).toBeGreaterThanOrEqual(90);
    expect(seconds).toBeLessThan(150);
    expect(text).not.toMatch(/^gauntlet_workers\{/m);
  });
});
