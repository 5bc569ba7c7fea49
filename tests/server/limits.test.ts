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
const chain = (length: number) =>
  Array.from({ length }, (_, i) => `fragment f${i} on Query { ${i + 1 < length ? `...f${i + 1}` : '__typename'} }`).join(' ');
const nestedAttacks = (depth: number) => `${'{ worstOf: { attacks: ['.repeat(depth)}{ fgsm: { epsilon: 0.1 } }${'] } }'.repeat(depth)}`;
const spread = (count: number) => aliases(count, '__schema { ...s }') + ' ...f';
const TYPES = 'fragment s on __Schema { types { ...t } } fragment t on __Type { fields { args { name } } }';
const QUERY_FIELDS = 'fragment q on __Type { fields { args { type { name inputFields { name description type { name } } } } } }';
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
    ['one of many aliases', `{ ${aliases(110, 'viewer { name }')} }`, 'LIMIT_EXCEEDED', /costs/],
    ['introspection by many aliases', `{ ${aliases(90, '__schema { types { fields { name } } }')} }`, 'LIMIT_EXCEEDED', /costs/],
    [
      'introspection of one type by many aliases',
      `{ ${aliases(90, '__type(name: "Query") { ...q }')} } ${QUERY_FIELDS}`,
      'LIMIT_EXCEEDED',
      /costs/,
    ],
    ['introspection by many fragments', `{ ${spread(99)} } fragment f on Query { __schema { ...s } } ${TYPES}`, 'LIMIT_EXCEEDED', /costs/],
    ['a catalogue by many aliases', `{ ${aliases(99, 'attackKinds { parameters { name } }')} }`, 'LIMIT_EXCEEDED', /costs/],
    ['one of many counts', `{ ${aliases(50, 'models { totalCount }')} }`, 'LIMIT_EXCEEDED', /costs/],
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

  describe('variables', () => {
    const START = 'mutation ($input: StartEvaluationInput!) { startEvaluation(input: $input) { __typename } }';
    const LIST = 'query ($filter: EvaluationFilter) { evaluations(filter: $filter) { totalCount } }';
    const attacksOfAttacks = (depth: number): object =>
      depth === 0 ? { fgsm: { epsilon: 0.1 } } : { worstOf: { attacks: [attacksOfAttacks(depth - 1)] } };
    const start = (attacks: readonly object[]) => ({ input: { modelId: '', datasetId: '', attacks } });
    let submit: Send;
    beforeAll(async () => {
      submit = transports[transport]!(app, await app.authorizationOf(`submits over ${transport}`, 'SUBMITTER'));
    });

    it.each([
      ['hold long lists of ids', LIST, { filter: { modelIds: Array.from({ length: 1001 }, () => 'x') } }, /1001.*at most 1000/],
      ['hold long lists of attacks', START, start(Array.from({ length: 1001 }, () => ({ fgsm: { epsilon: 0.1 } }))), /1001.*at most 1000/],
      [
        'hold many attacks in many lists',
        START,
        start(Array.from({ length: 30 }, () => ({ worstOf: { attacks: Array.from({ length: 30 }, () => ({ fgsm: { epsilon: 0.1 } })) } }))),
        /variables cost/,
      ],
      ['nest attacks in attacks', START, start([attacksOfAttacks(100)]), /deep/],
    ])('are refused where they %s', async (_name, query, variables, message) => {
      const error = (await submit(query, variables)).errors?.[0];
      expect(error?.message).toMatch(message);
      expect(error?.extensions?.code).toBe('LIMIT_EXCEEDED');
    });

    it('may hold attacks of attacks of attacks', async () => {
      expect(await submit(START, start([attacksOfAttacks(4)]))).toEqual({ data: { startEvaluation: { __typename: 'NotFoundError' } } });
    });

    it('are not read where the role does not suffice', async () => {
      for (const variables of [{}, { input: 1 }, start([attacksOfAttacks(100)])]) {
        expect(await send(START, variables)).toEqual({ data: { startEvaluation: { __typename: 'ForbiddenError' } } });
      }
      const some =
        'mutation ($input: StartEvaluationInput!, $not: Boolean!) { ...f viewed: startEvaluation(input: $input) @skip(if: $not) { __typename } } fragment f on Mutation { startEvaluation(input: $input) { ... on UserError { message } } }';
      const { data } = await send(some, { input: 1, not: true });
      expect(data).toEqual({ startEvaluation: { message: expect.stringContaining('SUBMITTER') as string } });
      expect(
        (await send('query ($first: Int!) { tokens(first: $first) { totalCount } }', { first: 'x' })).errors?.[0]?.extensions?.code,
      ).toBe('FORBIDDEN');
    });
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
    ['too costly', `{ ${aliases(110, 'viewer { name }')} }`, 'LIMIT_EXCEEDED'],
    ['made of fragments that multiply', `{ ...f0 } ${MULTIPLY}`, 'BAD_USER_INPUT'],
    ['of text that cannot be stored', '{ model(name: "\\u0000") { id } }', 'BAD_USER_INPUT'],
    ['without a value for its variable', 'query ($id: ID!) { model(id: $id) { id } }', 'BAD_USER_INPUT'],
    ['one of too many words', `{ ${'viewer { name } '.repeat(3000)} }`, 'GRAPHQL_PARSE_FAILED'],
    ['nested in a hundred fragments', `{ ${'... { '.repeat(99)} __typename ${'}'.repeat(99)} }`, undefined],
    ['nested in fragments as deep as its words allow', `{ ${'... { '.repeat(390)} __typename ${'}'.repeat(390)} }`, 'LIMIT_EXCEEDED'],
    ['nested in fragments by name', `{ ...f0 } ${chain(120)}`, 'LIMIT_EXCEEDED'],
    [
      'of attacks of attacks',
      `mutation { startEvaluation(input: { modelId: "", datasetId: "", attacks: [${nestedAttacks(50)}] }) { __typename } }`,
      'LIMIT_EXCEEDED',
    ],
    [
      'nested in lists as deep as its words allow',
      `{ evaluations(filter: { modelIds: ${'['.repeat(580)}${']'.repeat(580)} }) { totalCount } }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'nested in introspection as deep as its words allow',
      `{ __schema { types { ${'ofType { '.repeat(390)} name ${'}'.repeat(390)} } } }`,
      undefined,
    ],
    [
      'of operations alone that are not asked for',
      'query a { viewer { name } } query b { viewer { name } }',
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['of very long words', `{ model(name: "${'x'.repeat(100_000)}") { id } }`, 'LIMIT_EXCEEDED'],
    ['that is a subscription', 'subscription { jobProgress(jobId: "") { id } }', 'BAD_REQUEST'],
    ['empty', '', 'BAD_REQUEST'],
  ])('never answers a query %s by a status of the server, and says by a code what is wrong', async (name, query, code) => {
    const response = await fetch(app.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: await app.authorizationOf(`is ${name}`.slice(0, 50), 'SUBMITTER') },
      body: JSON.stringify({ query }),
    });
    const { errors } = (await response.json()) as GraphQLResponse<unknown>;
    expect(errors?.[0]?.extensions?.code).toBe(code);
    expect([200, 400, 413]).toContain(response.status);
    expect(response.status === 200).toBe(code === undefined);
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
