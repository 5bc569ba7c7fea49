import { Writable } from 'node:stream';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createLogger } from '../../src/logger.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient } from './support/client.js';
import { finished, registerMnist, START, submitArchitecture } from './support/operations.js';
import { upload } from './support/upload.js';

type Line = Record<string, unknown> & { msg: string };

const lines: string[] = [];
const log = createLogger(
  { level: 'trace', pretty: false },
  new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) }),
);
const logged = (): Line[] => lines.map((line) => JSON.parse(line) as Line);

let app: TestApplication;
beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_REMOTE_MODEL_NETWORKS: '127.0.0.1/32' }, { log });
});
afterAll(() => app?.close());

async function post(query: string, variables: object, headers: Record<string, string> = {}): Promise<Response> {
  const body = JSON.stringify({ query, variables });
  return fetch(app.graphqlUrl, {
    method: 'POST',
    headers: { authorization: app.authorization, 'content-type': 'application/json', ...headers },
    body,
  });
}

describe('a request', () => {
  it('has one id in its answer, in its line and in every line of the parts that it leads to', async () => {
    const datasetId = await registerMnist(app.graphql);
    const modelId = await submitArchitecture(app.graphql, 'model');
    const input = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 6 };
    const response = await post(START, { input }, { 'x-request-id': 'from-a-proxy.1' });
    expect(response.headers.get('x-request-id')).toBe('from-a-proxy.1');
    const { data } = (await response.json()) as { data: { startEvaluation: { jobs: { id: string }[] } } };
    const jobId = data.startEvaluation.jobs[0]!.id;
    await finished(app.graphql, jobId);
    const own = logged().filter(({ requestId }) => requestId === 'from-a-proxy.1');
    expect(own.filter(({ msg }) => msg === 'request')).toMatchObject([{ method: 'POST', path: '/graphql', status: 200 }]);
    const messages = own.map(({ msg }) => msg).filter((msg) => msg !== 'request');
    expect(messages).toEqual([
      expect.stringMatching(/^FGSM .*: starts$/i),
      expect.stringMatching(/: 6 of 6 images$/),
      expect.stringMatching(/: done$/),
    ]);
    expect(new Set(own.filter(({ msg }) => msg !== 'request').map(({ jobId: id }) => id)).size).toBe(1);
    const job = await app.runtime.database.prisma.job.findFirstOrThrow({ where: { kind: 'evaluation' } });
    expect(job.requestId).toBe('from-a-proxy.1');
  });

  it('gets another id where a client sends no plain word', async () => {
    const sent = ['x'.repeat(65), 'two words', '{"a":1}'];
    for (const id of sent) {
      const response = await fetch(`${app.url}/healthz`, { headers: { 'x-request-id': id } });
      expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    }
  });

  it('over WebSocket has an id too', async () => {
    const client = createClient({
      url: app.graphqlUrl.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: app.authorization },
    });
    const [query, variables] = [`mutation { submitModel(input: { name: "by socket", architecture: { name: "mlp" } }) { __typename } }`, {}];
    for await (const _ of client.iterate({ query, variables }));
    await client.dispose();
    const job = await app.runtime.database.prisma.job.findFirstOrThrow({ where: { model: { name: 'by socket' } } });
    expect(job.requestId).toMatch(/^[\da-f-]{36}$/);
  });
});

describe('the log', () => {
  it('holds no secret: tokens, cookies, authorizations of endpoints, keys, and what is wrong with them', async () => {
    const secrets: string[] = [app.authorization.replace('Bearer ', '')];
    // Made, used, used after it was revoked.
    const create =
      'mutation { createToken(input: { name: "guest", role: SUBMITTER }) { ... on CreateTokenSuccess { secret token { id } } } }';
    const { createToken } = await dataOf(app.graphql(create));
    secrets.push(createToken.secret);
    const guest = graphqlClient(app.graphqlUrl, `Bearer ${createToken.secret}`);
    await dataOf(guest('{ viewer { name } }'));
    const headers = { 'content-type': 'application/json', origin: app.url };
    const signIn = await fetch(`${app.url}/session`, { method: 'POST', headers, body: JSON.stringify({ token: createToken.secret }) });
    const cookie = /gauntlet_session=([^;]+)/.exec(signIn.headers.get('set-cookie')!)![1]!;
    secrets.push(cookie);
    await fetch(`${app.url}/uploads/x?token=${createToken.secret}`, { headers: { cookie: `gauntlet_session=${cookie}` } });
    await dataOf(app.graphql(`mutation { revokeToken(input: { tokenId: "${createToken.token.id}" }) { __typename } }`));
    await guest('{ viewer { name } }');
    // An endpoint with an authorization that does not answer.
    secrets.push('very-secret-endpoint-key');
    const endpoint = {
      url: 'http://127.0.0.1:9/predict?key=very-secret-endpoint-key',
      protocol: 'JSON',
      answers: 'PROBABILITIES',
      authorization: 'Bearer very-secret-endpoint-key',
      retries: 0,
    };
    const submit = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) { __typename ... on SubmitModelSuccess { job { id } } ... on UserError { message } } }`;
    const spec = { inputShape: [28, 28, 1], classCount: 10 };
    const { submitModel } = await dataOf(app.graphql(submit, { input: { name: 'remote', endpoint, spec } }));
    expect(submitModel.message).toBeUndefined();
    expect((await finished(app.graphql, submitModel.job.id)).state).toBe('FAILED');
    // Errors of the server that quote what they were given.
    const connection = 'postgresql://gauntlet:hunter2-of-the-database@database:5432/gauntlet';
    secrets.push('hunter2-of-the-database');
    log.error({ err: new Error(`connect ${connection} with Authorization: Bearer ${createToken.secret}`) }, `failed: ${connection}`);
    await upload({ url: app.url, authorization: app.authorization }, new Uint8Array(10));
    const text = lines.join('');
    expect(text.length).toBeGreaterThan(1000);
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    // It is not empty because of that.
    expect(text).toContain('postgresql://gauntlet:[removed]@database');
    expect(logged().some(({ msg, path }) => msg === 'request' && path === '/uploads/x')).toBe(true);
  });
});
