import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, type GraphQLClient } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';

interface Entry {
  id: string;
  actor: string;
  action: string;
  subjectType: string;
  subjectId: string;
  subjectName: string | null;
  details: object | null;
}

let app: TestApplication;
let authorization: string;
let owner: GraphQLClient;
let modelId: string;
let datasetId: string;

beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_PUBLIC_READ: 'true', GAUNTLET_AUDIT_KEEP_DAYS: '30' });
  authorization = await app.authorizationOf('owner', 'SUBMITTER');
  owner = graphqlClient(app.graphqlUrl, authorization);
  datasetId = await registerMnist(app.graphql);
  modelId = await submitArchitecture(owner, 'watched', undefined, 1, 'PUBLIC');
});
afterAll(() => app?.close());

async function entries(filter: object = {}): Promise<Entry[]> {
  const query = `query ($filter: AuditFilter) { auditLog(first: 100, filter: $filter) {
    nodes { id actor action subjectType subjectId subjectName details } } }`;
  return (await dataOf(app.graphql(query, { filter }))).auditLog.nodes;
}

/** The newest entry, without its id. */
async function last(): Promise<Omit<Entry, 'id'>> {
  const [{ id: _id, ...entry }] = (await entries()) as [Entry];
  return entry;
}

describe('the audit log', () => {
  it('says who made and revoked a token, and never shows its secret', async () => {
    const create = 'mutation { createToken(input: { name: "guest", role: VIEWER }) { ... on CreateTokenSuccess { secret token { id } } } }';
    const { createToken } = await dataOf(app.graphql(create));
    const subject = { subjectType: 'Token', subjectId: createToken.token.id, subjectName: 'guest' };
    expect(await last()).toEqual({ actor: 'admin', action: 'TOKEN_CREATED', ...subject, details: { role: 'VIEWER' } });
    await dataOf(app.graphql(`mutation { revokeToken(input: { tokenId: "${createToken.token.id}" }) { __typename } }`));
    expect(await last()).toEqual({ actor: 'admin', action: 'TOKEN_REVOKED', ...subject, details: null });
    const rows = await app.runtime.database.prisma.auditEntry.findMany();
    expect(JSON.stringify(rows)).not.toContain(createToken.secret);
    // The first token was made by the server itself.
    expect((await entries({ actor: 'server', actions: ['TOKEN_CREATED'] })).map(({ subjectName }) => subjectName)).toContain('admin');
  });

  it('says who signed in', async () => {
    const body = JSON.stringify({ token: authorization.replace('Bearer ', '') });
    const headers = { 'content-type': 'application/json', origin: app.url };
    expect((await fetch(`${app.url}/session`, { method: 'POST', headers, body })).status).toBe(200);
    expect(await last()).toMatchObject({ actor: 'owner', action: 'SIGNED_IN', subjectType: 'Token', subjectName: 'owner' });
  });

  it('says who downloaded a model, without a token too, and no more than that', async () => {
    const { model } = await dataOf(owner('query ($id: ID!) { model(id: $id) { downloadUrl } }', { id: modelId }));
    const watched = { action: 'MODEL_DOWNLOADED', subjectType: 'Model', subjectId: modelId, subjectName: 'watched', details: null };
    const before = (await entries()).length;
    const download = async (path: string, headers: Record<string, string>, method = 'GET') =>
      (await fetch(app.url + path, { headers, method })).arrayBuffer();
    await download(model.downloadUrl, { authorization }, 'HEAD');
    expect(await entries()).toHaveLength(before);
    await download(model.downloadUrl, { authorization });
    expect(await last()).toEqual({ actor: 'owner', ...watched });
    await download(`/models/${modelId}/onnx`, {});
    expect(await last()).toEqual({ actor: '(public)', ...watched });
    // Refused: it was not downloaded.
    await download(`/models/${modelId}/onnx?batch=0`, { authorization });
    expect(await entries()).toHaveLength(before + 2);
  });

  it('says who cancelled, raised and deleted what of whom', async () => {
    const request = { modelId, datasetId, attacks: [{ pgd: { epsilon: 0.3, steps: 200 } }], sampleCount: 10_000 };
    const { evaluationIds, jobIds } = await startEvaluation(owner, request);
    const job = { subjectType: 'Job', subjectId: jobIds[0], subjectName: 'evaluation', details: { owner: 'owner' } };
    await dataOf(app.graphql(`mutation { raiseJob(input: { jobId: "${jobIds[0]}" }) { __typename } }`));
    expect(await last()).toEqual({ actor: 'admin', action: 'JOB_RAISED', ...job });
    await dataOf(app.graphql(`mutation { cancelJob(input: { jobId: "${jobIds[0]}" }) { __typename } }`));
    expect(await last()).toEqual({ actor: 'admin', action: 'JOB_CANCELLED', ...job });
    await finished(owner, jobIds[0]!);
    const before = (await entries()).length;
    // What has no effect is not recorded.
    await dataOf(app.graphql(`mutation { cancelJob(input: { jobId: "${jobIds[0]}" }) { __typename } }`));
    expect(await entries()).toHaveLength(before);
    await dataOf(owner(`mutation { deleteEvaluation(input: { evaluationId: "${evaluationIds[0]}" }) { __typename } }`));
    const evaluation = { subjectType: 'Evaluation', subjectId: evaluationIds[0], subjectName: null };
    expect(await last()).toEqual({ actor: 'owner', action: 'DELETED', ...evaluation, details: { owner: 'owner' } });
    await dataOf(app.graphql(`mutation { deleteModel(input: { modelId: "${modelId}" }) { __typename } }`));
    const model = { subjectType: 'Model', subjectId: modelId, subjectName: 'watched' };
    expect(await last()).toEqual({ actor: 'admin', action: 'DELETED', ...model, details: { owner: 'owner' } });
  });

  it('says who changed who sees a model, and nothing of other changes', async () => {
    const id = await submitArchitecture(owner, 'shown', undefined, 2, 'PRIVATE');
    const update = 'mutation ($input: UpdateModelInput!) { updateModel(input: $input) { __typename ... on UserError { message } } }';
    const before = (await entries()).length;
    await dataOf(owner(update, { input: { modelId: id, description: 'New words.' } }));
    expect(await entries()).toHaveLength(before);
    expect((await dataOf(owner(update, { input: { modelId: id, visibility: 'PUBLIC' } }))).updateModel.__typename).toBe(
      'UpdateModelSuccess',
    );
    const model = { subjectType: 'Model', subjectId: id, subjectName: 'shown' };
    expect(await last()).toEqual({ actor: 'owner', action: 'VISIBILITY_CHANGED', ...model, details: { from: 'PRIVATE', to: 'PUBLIC' } });
  });

  it('does not record what was refused', async () => {
    const before = (await entries()).length;
    const { deleteDataset } = await dataOf(owner(`mutation { deleteDataset(input: { datasetId: "${datasetId}" }) { __typename } }`));
    expect(deleteDataset.__typename).toBe('ForbiddenError');
    await dataOf(owner(`mutation { deleteEvaluation(input: { evaluationId: "${modelId}" }) { __typename } }`));
    expect(await entries()).toHaveLength(before);
  });

  it('is searched by actor, action, subject and time', async () => {
    const of = async (filter: object) => (await entries(filter)).map(({ action }) => action);
    expect(await of({ actor: 'admin', actions: ['DELETED', 'JOB_RAISED'] })).toEqual(['DELETED', 'JOB_RAISED']);
    expect(await of({ subjectId: modelId })).toEqual(['DELETED', 'MODEL_DOWNLOADED', 'MODEL_DOWNLOADED']);
    expect(await of({ subjectId: 'nothing' })).toEqual([]);
    expect(await of({ before: new Date(Date.now() - 3_600_000) })).toEqual([]);
    expect((await of({ since: new Date(Date.now() - 3_600_000) })).length).toBe((await entries()).length);
  });

  it('is an object with an id for admins alone', async () => {
    const [{ id }] = (await entries()) as [Entry];
    const query = 'query ($id: ID!) { node(id: $id) { id } }';
    expect((await dataOf(app.graphql(query, { id }))).node).toEqual({ id });
    expect((await dataOf(owner(query, { id }))).node).toBe(null);
    expect(rowId(id, 'AuditEntry')).toBeDefined();
  });

  it('forgets what has reached its age', async () => {
    const { retention } = app.services;
    const count = (await entries()).length;
    expect((await retention.expire(Date.now() + 29 * 24 * 3_600_000)).auditEntries).toBe(0);
    expect((await retention.expire(Date.now() + 31 * 24 * 3_600_000)).auditEntries).toBe(count);
    expect(await entries()).toEqual([]);
  });
});
