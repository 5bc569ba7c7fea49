import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';

let app: TestApplication;
let datasetId: string;
let modelIds: string[];
const clients: Client[] = [];

/** Waits until it holds. */
const until = (holds: () => boolean) => expect.poll(holds, { timeout: 30_000 }).toBe(true);

beforeAll(async () => {
  app = await startTestApplication();
  datasetId = await registerMnist(app.graphql);
  modelIds = [await submitArchitecture(app.graphql, 'mine'), await submitArchitecture(app.graphql, 'public', undefined, 2, 'PUBLIC')];
});
afterAll(async () => {
  for (const client of clients) await client.dispose();
  await app?.close();
});

/** What a subscription has sent so far. */
function listen<Data>(query: string, authorization: string, variables: Record<string, unknown> = {}): Data[] {
  const client = createClient({
    url: app.graphqlUrl.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
  });
  clients.push(client);
  const events: Data[] = [];
  client.subscribe<Data>(
    { query, variables },
    { next: ({ data, errors }) => events.push(data ?? (errors as never)), error: () => {}, complete: () => {} },
  );
  return events;
}

const request = (epsilon: number, part: object = {}) => ({
  modelIds,
  datasetId,
  attacks: [{ fgsm: { epsilon } }],
  sampleCount: 20,
  ...part,
});

describe('subscriptions to changes', () => {
  it('tell of jobs and of finished evaluations, by filter, and only of what the listener sees', async () => {
    const stranger = await app.authorizationOf('stranger', 'VIEWER');
    interface Finished {
      evaluationFinished: { id: string; model: { name: string }; adversarial: { top1: { n: number } } };
    }
    const finishedQuery = `subscription ($filter: EvaluationFilter) {
      evaluationFinished(filter: $filter) { id model { name } adversarial { top1 { n } } }
    }`;
    const mine = listen<Finished>(finishedQuery, app.authorization);
    const ofOne = listen<Finished>(finishedQuery, app.authorization, { filter: { modelIds: [modelIds[0]] } });
    const theirs = listen<Finished>(finishedQuery, stranger);
    const failing = listen<object>('subscription { jobs(filter: { states: [FAILED] }) { id } }', app.authorization);
    const jobs = listen<{ jobs: { id: string; state: string } }>('subscription { jobs { id state } }', app.authorization);
    // Until all of them listen.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, request(0.1));
    for (const jobId of jobIds) await finished(app.graphql, jobId);
    await until(() => mine.length === 2 && theirs.length === 1 && ofOne.length === 1);
    // Each once, also where the row is seen changing again.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(mine.map(({ evaluationFinished }) => evaluationFinished.id).sort()).toEqual([...evaluationIds].sort());
    expect(mine[0]!.evaluationFinished.adversarial.top1.n).toBe(20);
    expect(ofOne.map(({ evaluationFinished }) => evaluationFinished.model.name)).toEqual(['mine']);
    expect(theirs.map(({ evaluationFinished }) => evaluationFinished.model.name)).toEqual(['public']);
    expect(failing).toEqual([]);
    for (const jobId of jobIds) {
      const states = jobs.filter((event) => event.jobs.id === jobId).map((event) => event.jobs.state);
      expect(states.at(-1)).toBe('SUCCEEDED');
    }
  });

  it('send a leaderboard at once and again when it has changed', async () => {
    interface Board {
      leaderboardChanged: { entries: { nodes: { model: { name: string } }[] } };
    }
    const query = `subscription ($input: LeaderboardInput!) {
      leaderboardChanged(input: $input) { entries { nodes { model { name } } } }
    }`;
    const boards = listen<Board>(query, app.authorization, { input: { datasetId, norm: 'LINF', epsilon: 0.2 } });
    await until(() => boards.length === 1);
    expect(boards[0]!.leaderboardChanged.entries.nodes).toEqual([]);
    // Of another budget: nothing changes here.
    const other = await startEvaluation(app.graphql, request(0.05));
    for (const jobId of other.jobIds) await finished(app.graphql, jobId);
    const { jobIds } = await startEvaluation(app.graphql, request(0.2));
    for (const jobId of jobIds) await finished(app.graphql, jobId);
    await until(() => boards.at(-1)!.leaderboardChanged.entries.nodes.length === 2);
    expect(boards.length).toBeLessThanOrEqual(3);
  });
});

describe('signed addresses', () => {
  const sign = async (urls: string[], seconds = 60, graphql = app.graphql) =>
    graphql<{ signedUrls: { url: string; expiresAt: string }[] }>(
      'query ($urls: [String!]!, $seconds: Int!) { signedUrls(urls: $urls, seconds: $seconds) { url expiresAt } }',
      { urls, seconds },
    );
  let image: string;
  let table: string;
  beforeAll(async () => {
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, request(0.3, { keepImages: true }));
    for (const jobId of jobIds) await finished(app.graphql, jobId);
    const query = 'query ($id: ID!) { evaluation(id: $id) { examples(first: 1) { nodes { adversarialImageUrl } } } }';
    const { evaluation } = await dataOf(app.graphql(query, { id: evaluationIds[0] }));
    image = evaluation.examples.nodes[0].adversarialImageUrl;
    table = `/evaluations.csv?modelId=${modelIds[0]}`;
  });

  it('show images and files to those without a token, and nothing else', async () => {
    expect((await fetch(app.url + image)).status).toBe(401);
    const { signedUrls } = await dataOf(sign([image, table]));
    const [signed, csv] = signedUrls.map(({ url }: { url: string }) => url) as [string, string];
    const response = await fetch(app.url + signed);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    const text = await (await fetch(app.url + csv)).text();
    expect(text).toContain('mine');
    expect(text).not.toContain('public');
    // Another path, another query, another viewer, more time, another method.
    const query = signed.slice(signed.indexOf('?'));
    expect((await fetch(`${app.url}${image.replace(/\d+\.png$/, '1.png')}${query}`)).status).toBe(401);
    expect((await fetch(`${app.url}/evaluations.csv${query}`)).status).toBe(401);
    expect((await fetch(app.url + signed.replace('role=ADMIN', 'role=VIEWER'))).status).toBe(401);
    expect((await fetch(app.url + signed.replace(/expires=(\d+)/, 'expires=9$1'))).status).toBe(401);
    expect((await fetch(app.url + csv.replace('modelId=', 'modelId=x'))).status).toBe(401);
    expect((await fetch(`${app.url}/graphql${query}`, { method: 'POST' })).status).toBe(401);
  });

  it('expire', async () => {
    const { signedUrls } = await dataOf(sign([image], 1));
    expect((await fetch(app.url + signedUrls[0]!.url)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, new Date(signedUrls[0]!.expiresAt).getTime() - Date.now() + 50));
    const response = await fetch(app.url + signedUrls[0]!.url);
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('The address has expired. Ask for it again.');
  });

  it('show what the one who asked sees, and no more', async () => {
    const { secret } = await app.services.tokens.create({ name: 'outsider', role: 'VIEWER' });
    const query = { query: `{ signedUrls(urls: [${JSON.stringify(image)}]) { url } }` };
    const response = await fetch(app.graphqlUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(query),
    });
    const { data } = (await response.json()) as { data: { signedUrls: { url: string }[] } };
    expect((await fetch(app.url + data.signedUrls[0]!.url)).status).toBe(404);
  });

  it.each(['/metrics', '/graphql', 'https://elsewhere.org/artifacts/x', '/uploads/x', '//elsewhere.org/artifacts/x', '/artifacts/x#y'])(
    'are not made for %s',
    async (url) => {
      const { errors } = await sign([url]);
      expect(errors?.[0]?.message).toContain('is no address of an image or a file on this server');
    },
  );
});
