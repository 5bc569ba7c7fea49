import { getIntrospectionQuery } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket, { type CloseEvent } from 'ws';
import { startTestApplication, type TestApplication } from './support/application.js';
import { transports, type Send } from './support/callers.js';
import { dataOf, graphqlClient, until, type GraphQLResponse } from './support/client.js';
import { openUpload, upload } from './support/upload.js';

let app: TestApplication;
/** Nothing works on jobs, so that they stay in the queue. */
beforeAll(async () => {
  app = await startTestApplication({
    GAUNTLET_WORKER: 'false',
    GAUNTLET_REQUESTS_PER_MINUTE: '40',
    GAUNTLET_UPLOAD_MAX_COUNT: '3',
    GAUNTLET_UPLOAD_MAX_BYTES: '1000',
    GAUNTLET_STORAGE_MAX_BYTES: '2500',
    GAUNTLET_QUEUE_MAX_PER_NAME: '2',
    GAUNTLET_SOCKET_MAX_COUNT: '2',
    GAUNTLET_SUBSCRIPTION_MAX_COUNT: '3',
  });
});
afterAll(() => app?.close());

const nested = (depth: number) => `{ jobs { nodes { ${'evaluation { job { '.repeat(depth)} id ${'} }'.repeat(depth)} } } }`;
const aliases = (count: number, field: string) => Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ');
const spread = (count: number) => aliases(count, '__schema { ...s }') + ' ...f';
const TYPES = 'fragment s on __Schema { types { ...t } } fragment t on __Type { fields { args { name } } }';
const QUERY_TYPE = '__type(name: "Query") { fields { args { type { name inputFields { name description type { name } } } } } }';
/** Each fragment spreads the next twice: 2^40 fields. */
const MULTIPLY = `${Array.from({ length: 40 }, (_, i) => `fragment f${i} on Query { ...f${i + 1} a${i}: __typename ...f${i + 1} }`).join(' ')} fragment f40 on Query { __typename }`;

describe.each(Object.keys(transports))('the API over %s', (transport) => {
  let send: Send;
  beforeAll(async () => {
    send = transports[transport]!(app, await app.authorizationOf(`asks over ${transport}`, 'VIEWER'));
  });
  const refusal = async (query: string, variables = {}) => (await send(query, variables)).errors?.[0];

  it.each([
    ['deep', nested(10), 'LIMIT_EXCEEDED', /deep/],
    [
      'costly',
      '{ evaluations(first: 100) { nodes { examples(first: 100) { nodes { index label success queries gradients } } } } }',
      'LIMIT_EXCEEDED',
      /costs/,
    ],
    [
      'costly behind a negative page',
      `{ a: models(first: -100000) { nodes { id } } ${'abcdefghij'
        .split('')
        .map((x) => `b${x}: evaluations(first: 100) { nodes { examples(first: 100) { nodes { index } } } }`)
        .join(' ')} }`,
      'LIMIT_EXCEEDED',
      /costs/,
    ],
    ['one of many aliases', `{ ${aliases(600, 'viewer { name }')} }`, 'LIMIT_EXCEEDED', /costs/],
    ['introspection by many aliases', `{ ${aliases(280, '__schema { types { fields { name } } }')} }`, 'LIMIT_EXCEEDED', /costs/],
    ['introspection of one type by many aliases', `{ ${aliases(99, QUERY_TYPE)} }`, 'LIMIT_EXCEEDED', /costs/],
    ['introspection by many fragments', `{ ${spread(99)} } fragment f on Query { __schema { ...s } } ${TYPES}`, 'LIMIT_EXCEEDED', /costs/],
    ['a catalogue by many aliases', `{ ${aliases(99, 'attackKinds { parameters { name } }')} }`, 'LIMIT_EXCEEDED', /costs/],
    ['one of many words', `{ ${'viewer { name } '.repeat(3000)} }`, undefined, /token/i],
    ['made of fragments that multiply', `{ ...f0 } ${MULTIPLY}`, 'BAD_USER_INPUT', /nodes/],
  ])('refuses a query that is %s', async (_name, query, code, message) => {
    const error = await refusal(query);
    expect(error?.message).toMatch(message);
    if (code) expect(error?.extensions?.code).toBe(code);
  });

  it('answers the introspection that tools send', async () => {
    const { data, errors } = await send(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }), {});
    expect(errors).toBeUndefined();
    expect(data).toHaveProperty('__schema.types');
  });

  it('counts the values of variables towards the complexity of a query', async () => {
    const query = 'query ($n: Int) { evaluations(first: $n) { nodes { examples(first: $n) { nodes { index label success queries } } } } }';
    expect(await refusal(query, { n: 2 })).toBeUndefined();
    expect((await refusal(query, { n: 100 }))?.extensions?.code).toBe('LIMIT_EXCEEDED');
  });

  it('limits the requests of each name per minute', async () => {
    for (let i = 0; i < 40; i++) await send('{ viewer { name } }', {});
    expect((await refusal('{ viewer { name } }'))?.extensions?.code).toBe('TOO_MANY_REQUESTS');
    const another = transports[transport]!(app, await app.authorizationOf(`another over ${transport}`, 'VIEWER'));
    expect((await another('{ viewer { name } }', {})).errors).toBeUndefined();
  });
});

describe('the API over HTTP', () => {
  it.each([
    ['too deep', nested(10), 'LIMIT_EXCEEDED'],
    ['too costly', `{ ${aliases(600, 'viewer { name }')} }`, 'LIMIT_EXCEEDED'],
    ['made of fragments that multiply', `{ ...f0 } ${MULTIPLY}`, 'BAD_USER_INPUT'],
    ['of text that cannot be stored', '{ model(name: "\\u0000") { id } }', 'BAD_USER_INPUT'],
    ['without a value for its variable', 'query ($id: ID!) { model(id: $id) { id } }', 'BAD_USER_INPUT'],
    ['one of too many words', `{ ${'viewer { name } '.repeat(3000)} }`, 'GRAPHQL_PARSE_FAILED'],
    ['nested in fragments as deep as its words allow', `{ ${'... { '.repeat(1330)} __typename ${'}'.repeat(1330)} }`, undefined],
    [
      'nested in lists as deep as its words allow',
      `{ evaluations(filter: { modelIds: ${'['.repeat(1950)}${']'.repeat(1950)} }) { totalCount } }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'nested in introspection as deep as its words allow',
      `{ __schema { types { ${'ofType { '.repeat(1300)} name ${'}'.repeat(1300)} } } }`,
      undefined,
    ],
    [
      'of operations alone that are not asked for',
      'query a { viewer { name } } query b { viewer { name } }',
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['empty', '', 'BAD_REQUEST'],
  ])('never answers a query %s by a status of the server, and says by a code what is wrong', async (name, query, code) => {
    const response = await fetch(app.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: await app.authorizationOf(`is ${name}`.slice(0, 50), 'VIEWER') },
      body: JSON.stringify({ query }),
    });
    const { errors } = (await response.json()) as GraphQLResponse<unknown>;
    expect([response.status, errors?.[0]?.extensions?.code]).toEqual(code ? [400, code] : [200, undefined]);
  });

  it('says when to try again', async () => {
    const authorization = await app.authorizationOf('impatient', 'VIEWER');
    const ask = () => fetch(`${app.url}/metrics`, { headers: { authorization } });
    for (let i = 0; i < 40; i++) await (await ask()).text();
    const response = await ask();
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ error: { code: 'TOO_MANY_REQUESTS' } });
  });

  it('refuses batches', async () => {
    const response = await fetch(app.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: app.authorization },
      body: JSON.stringify([{ query: '{ viewer { name } }' }, { query: '{ viewer { name } }' }]),
    });
    expect(response.status).toBe(400);
  });
});

describe('the sockets of one name', () => {
  const clients: Client[] = [];
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.dispose())));

  async function connect(authorization: string): Promise<Client> {
    const url = app.graphqlUrl.replace(/^http/, 'ws');
    const client = createClient({
      url,
      webSocketImpl: WebSocket,
      connectionParams: { authorization },
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => {},
    });
    clients.push(client);
    await new Promise<void>((resolve, reject) => {
      client.on('connected', () => resolve());
      client.on('closed', (event) => reject(new Error(`${(event as CloseEvent).code} ${(event as CloseEvent).reason}`)));
    });
    return client;
  }
  const CHANGES = 'subscription ($jobId: ID!) { jobProgress(jobId: $jobId) { id } }';

  it('are limited in number, until one is closed', async () => {
    const authorization = await app.authorizationOf('well connected', 'SUBMITTER');
    const first = await connect(authorization);
    await connect(authorization);
    await expect(connect(authorization)).rejects.toThrow(/4429 .*2 sockets/);
    await connect(await app.authorizationOf('another', 'SUBMITTER'));
    await first.dispose();
    await until(() => connect(authorization).catch(() => false), 'the first to be gone');
  });

  it('are limited in subscriptions, until one ends', async () => {
    const authorization = await app.authorizationOf('curious', 'SUBMITTER');
    const graphql = graphqlClient(app.graphqlUrl, authorization);
    const submit =
      'mutation { submitModel(input: { name: "waits", architecture: { name: "mlp" } }) { ... on SubmitModelSuccess { job { id } } } }';
    const jobId = (await dataOf(graphql(submit))).submitModel.job.id as string;
    const [one, two] = [await connect(authorization), await connect(authorization)];
    const listen = (client: Client) => client.iterate({ query: CHANGES, variables: { jobId } });
    const open = [listen(one), listen(one), listen(two)];
    for (const changes of open) expect((await changes.next()).value).toHaveProperty('data');
    const refused = () =>
      listen(two)
        .next()
        .then(
          () => undefined,
          (errors: { extensions: { code: string } }[]) => errors[0]!.extensions.code,
        );
    expect(await refused()).toBe('LIMIT_EXCEEDED');
    await open[0]!.return!(undefined);
    await until(async () => (await refused()) === undefined, 'the first to end');
  });
});

describe('the uploads of one name', () => {
  const open = async (authorization: string, size?: number) => {
    const headers = { 'content-type': 'application/json', authorization };
    const response = await fetch(`${app.url}/uploads`, { method: 'POST', headers, body: JSON.stringify({ size }) });
    return [response.status, ((await response.json()) as { error?: { code: string } }).error?.code];
  };

  it('are limited in number', async () => {
    const authorization = await app.authorizationOf('many', 'SUBMITTER');
    for (let i = 0; i < 3; i++) expect((await open(authorization, 1))[0]).toBe(201);
    expect(await open(authorization, 1)).toEqual([413, 'LIMIT_EXCEEDED']);
    expect((await open(app.authorization, 1))[0]).toBe(201);
  });

  it('are limited in bytes together with models, and count in full until their size is known', async () => {
    const authorization = await app.authorizationOf('large', 'SUBMITTER');
    const graphql = graphqlClient(app.graphqlUrl, authorization);
    const uploadId = await upload({ url: app.url, authorization }, new Uint8Array(900));
    const submit = 'mutation ($id: ID!) { submitModel(input: { name: "large", uploadId: $id }) { __typename } }';
    expect(await dataOf(graphql(submit, { id: uploadId }))).toEqual({ submitModel: { __typename: 'SubmitModelSuccess' } });
    await openUpload({ url: app.url, authorization });
    expect(await open(authorization)).toEqual([413, 'LIMIT_EXCEEDED']);
    expect((await open(authorization, 600))[0]).toBe(201);
    expect(await open(authorization, 1)).toEqual([413, 'LIMIT_EXCEEDED']);
  });
});

describe('the jobs of one name', () => {
  it('are limited in number, also when they are requested at once', async () => {
    const graphql = graphqlClient(app.graphqlUrl, await app.authorizationOf('busy', 'SUBMITTER'));
    const submit = 'mutation ($name: String!) { submitModel(input: { name: $name, architecture: { name: "mlp" } }) { __typename } }';
    const answers = await Promise.all([1, 2, 3, 4].map((i) => dataOf(graphql(submit, { name: `model ${i}` }))));
    const names = answers.map(({ submitModel }) => submitModel.__typename as string);
    expect(names.sort()).toEqual(['QueueFullError', 'QueueFullError', 'SubmitModelSuccess', 'SubmitModelSuccess']);
  });
});
