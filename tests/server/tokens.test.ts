import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ReadableStream } from 'node:stream/web';
import { promisify } from 'node:util';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, until } from './support/client.js';
import { submitArchitecture } from './support/operations.js';
import { openUpload } from './support/upload.js';

let app: TestApplication;
/** Nothing works on jobs, so that a subscription waits. */
beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_WORKER: 'false' });
});
afterAll(() => app?.close());

const CREATE = `mutation ($input: CreateTokenInput!) {
  createToken(input: $input) { __typename ... on CreateTokenSuccess { secret token { id name role lastUsedAt } } ... on UserError { message path } }
}`;
const REVOKE =
  'mutation ($id: ID!) { revokeToken(input: { tokenId: $id }) { __typename ... on RevokeTokenSuccess { token { revokedAt } } } }';

const create = async (input: object) => (await dataOf(app.graphql(CREATE, { input }))).createToken;
const as = (secret: string) => graphqlClient(app.graphqlUrl, `Bearer ${secret}`);
const codeOf = async (secret: string) => (await as(secret)('{ viewer { name } }')).errors?.[0]?.extensions?.code;

describe('tokens', () => {
  it('start with one admin token, which is created once', async () => {
    expect(app.firstToken).toMatch(/^gauntlet_[\w-]{43}$/);
    expect(await app.services.tokens.first()).toBeUndefined();
    expect(await dataOf(app.graphql('{ viewer { name role } }'))).toEqual({ viewer: { name: 'admin', role: 'ADMIN' } });
  });

  it('are required, with status 401 where one is missing', async () => {
    for (const path of ['/graphql', '/uploads', '/artifacts/x', '/metrics', '/nothing']) {
      const response = await fetch(app.url + path);
      expect([path, response.status, response.headers.get('www-authenticate')]).toEqual([path, 401, 'Bearer']);
    }
    const { errors } = await graphqlClient(app.graphqlUrl, 'Basic YWRtaW46YWRtaW4=')('{ viewer { name } }');
    expect(errors).toEqual([{ message: expect.stringContaining('Authorization: Bearer'), extensions: { code: 'UNAUTHENTICATED' } }]);
    for (const path of ['/', '/healthz', '/readyz']) expect((await fetch(app.url + path)).status).toBe(200);
  });

  it('are created by admins, and stored as a hash', async () => {
    const { secret, token } = await create({ name: 'ci', role: 'SUBMITTER' });
    expect(token).toMatchObject({ name: 'ci', role: 'SUBMITTER', lastUsedAt: null });
    expect(await dataOf(as(secret)('{ viewer { name role } }'))).toEqual({ viewer: { name: 'ci', role: 'SUBMITTER' } });
    const rows = await app.runtime.database.prisma.token.findMany();
    expect(JSON.stringify(rows)).not.toContain(secret.slice(10));
    const { node } = await dataOf(app.graphql('query ($id: ID!) { node(id: $id) { ... on Token { lastUsedAt } } }', { id: token.id }));
    expect(Math.abs(Date.parse(node.lastUsedAt) - Date.now())).toBeLessThan(60_000);
  });

  it.each([
    [{ name: 'x', role: 'VIEWER', expiresAt: new Date(Date.now() - 1000) }, /future/],
    [{ name: ' ', role: 'VIEWER' }, /letters/],
    [{ name: 'server', role: 'VIEWER' }, /another name/],
  ])('cannot be created from %j', async (input, message) => {
    expect(await create(input)).toMatchObject({ __typename: 'ValidationError', message: expect.stringMatching(message) });
  });

  it('stop working when they are revoked or expired', async () => {
    const { secret, token } = await create({ name: 'short', role: 'VIEWER', expiresAt: new Date(Date.now() + 3_600_000) });
    expect(await codeOf(secret)).toBeUndefined();
    await app.runtime.database.prisma.token.updateMany({ where: { name: 'short' }, data: { expiresAt: new Date(Date.now() - 1) } });
    expect(await codeOf(secret)).toBe('UNAUTHENTICATED');
    await app.runtime.database.prisma.token.updateMany({ where: { name: 'short' }, data: { expiresAt: null } });
    expect(await codeOf(secret)).toBeUndefined();
    const { revokeToken } = await dataOf(app.graphql(REVOKE, { id: token.id }));
    expect(revokeToken.token.revokedAt).not.toBeNull();
    expect(await codeOf(secret)).toBe('UNAUTHENTICATED');
  });

  it('that expire in the middle of an upload end with the request, and another of the name goes on', async () => {
    const expire = () =>
      app.runtime.database.prisma.token.updateMany({ where: { name: 'uploader' }, data: { expiresAt: new Date(Date.now() - 1) } });
    const bearer = async () => `Bearer ${(await create({ name: 'uploader', role: 'SUBMITTER' })).secret as string}`;
    const bytes = Buffer.alloc(200_000, 7);
    const first = await bearer();
    const id = await openUpload({ url: app.url, authorization: first }, { size: bytes.length });
    const put = (authorization: string, from: number, body: RequestInit['body']) =>
      fetch(`${app.url}/uploads/${id}`, {
        method: 'PUT',
        headers: { authorization, 'upload-offset': String(from) },
        body,
        duplex: 'half',
      } as RequestInit);
    // The token expires while bytes are on their way: the request that began with it is heard to its end.
    async function* slowly() {
      yield bytes.subarray(0, 50_000);
      await until(async () => (await stat(join(app.directory, 'uploads', id))).size > 0, 'the first bytes');
      await expire();
      yield bytes.subarray(50_000, 100_000);
    }
    const answer = await put(first, 0, ReadableStream.from(slowly()) as unknown as RequestInit['body']);
    expect([answer.status, await answer.json()]).toMatchObject([200, { state: 'OPEN', received: 100_000 }]);
    const refused = await put(first, 100_000, bytes.subarray(100_000));
    expect([refused.status, await refused.json()]).toMatchObject([401, { error: { code: 'UNAUTHENTICATED' } }]);
    const next = await put(await bearer(), 100_000, bytes.subarray(100_000));
    expect([next.status, await next.json()]).toMatchObject([200, { state: 'COMPLETE', received: 200_000 }]);
  });

  it('of one name own the same objects', async () => {
    const [first, second] = [await create({ name: 'rotated', role: 'SUBMITTER' }), await create({ name: 'rotated', role: 'SUBMITTER' })];
    const submit =
      'mutation { submitModel(input: { name: "theirs", architecture: { name: "mlp" } }) { ... on SubmitModelSuccess { model { owner } } } }';
    expect((await dataOf(as(first.secret)(submit))).submitModel.model).toEqual({ owner: 'rotated' });
    await dataOf(app.graphql(REVOKE, { id: first.token.id }));
    expect((await dataOf(as(second.secret)('{ model(name: "theirs") { visibility } }'))).model).toEqual({ visibility: 'PRIVATE' });
  });

  it.each(['revoked', 'expired'])('end their subscriptions when they are %s', async (end) => {
    const { secret, token } = await create({ name: `watcher ${end}`, role: 'ADMIN' });
    const { jobs } = await dataOf(app.graphql('{ jobs { nodes { id } } }'));
    const client = createClient({
      url: app.graphqlUrl.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${secret}` },
      retryAttempts: 0,
    });
    const received: object[] = [];
    const ended = (async () => {
      const query = 'subscription ($id: ID!) { jobProgress(jobId: $id) { state } }';
      for await (const event of client.iterate({ query, variables: { id: jobs.nodes[0].id } })) received.push(event);
    })();
    await until(async () => received.length > 0, 'the first event');
    if (end === 'revoked') await dataOf(app.graphql(REVOKE, { id: token.id }));
    else
      await app.runtime.database.prisma.token.updateMany({
        where: { name: 'watcher expired' },
        data: { expiresAt: new Date(Date.now() - 1) },
      });
    await app.runtime.database.prisma.job.updateMany({ data: { done: end === 'revoked' ? 1 : 2 } });
    await expect(ended).rejects.toMatchObject({ code: 4401 });
    expect(received).toHaveLength(1);
  });
});

describe('npm run token', () => {
  const run = promisify(execFile);
  const entry = join(import.meta.dirname, '..', '..', 'src', 'token.js');
  const cli = async (args: string[], variables: Record<string, string>) => {
    const { PATH, DATABASE_URL } = { PATH: process.env.PATH, DATABASE_URL: undefined };
    return run(process.execPath, [entry, ...args], { env: { PATH, DATABASE_URL, GAUNTLET_DATA_DIR: app.directory, ...variables } });
  };

  it('creates a token through a running server, given an admin token', async () => {
    const variables = { GAUNTLET_URL: app.url, GAUNTLET_TOKEN: app.firstToken! };
    const { stdout } = await cli(['create', '--name', 'from the shell', '--role', 'viewer', '--expires', '30d'], variables);
    expect(await dataOf(as(stdout.trim())('{ viewer { name role } }'))).toEqual({ viewer: { name: 'from the shell', role: 'VIEWER' } });
    const { stdout: list } = await cli(['list'], variables);
    const id = /'(\w+)' │ 'from the shell'/.exec(list)![1]!;
    await cli(['revoke', id], variables);
    expect(await codeOf(stdout.trim())).toBe('UNAUTHENTICATED');
    await expect(cli(['create', '--name', 'x', '--role', 'KING'], variables)).rejects.toMatchObject({
      stderr: expect.stringContaining('Role'),
    });
  });

  it.skipIf(process.env.GAUNTLET_TEST_DATABASE_URL)('says what to do where a server holds the database', async () => {
    await expect(cli(['list'], {})).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/in use.*\n.*GAUNTLET_TOKEN/) });
  });
});

describe('a server without tokens', () => {
  it('refuses web pages that reach it by another host name', async () => {
    const open = await startTestApplication({ GAUNTLET_AUTH: 'none', GAUNTLET_WORKER: 'false' });
    const { port } = new URL(open.url);
    const asked = (host: string, path: string) =>
      new Promise<{ status: number; body: string }>((resolve, reject) => {
        const headers = { host, 'content-type': 'application/json' };
        const sent = request(open.url + path, { method: path === '/graphql' ? 'POST' : 'GET', headers }, (response) => {
          void text(response).then((body) => resolve({ status: response.statusCode!, body }));
        });
        sent.on('error', reject).end(path === '/graphql' ? '{"query":"{ viewer { name } }"}' : undefined);
      });
    const connected = (host: string) =>
      new Promise<string>((resolve) => {
        const headers = { host, origin: `http://${host}` };
        const socket = new WebSocket(open.graphqlUrl.replace('http', 'ws'), 'graphql-transport-ws', { headers });
        socket.on('open', () => socket.close());
        socket.on('close', () => resolve('opened'));
        socket.on(
          'unexpected-response',
          (_request, response) => void text(response).then((body) => resolve(`${response.statusCode} ${body}`)),
        );
      });
    try {
      for (const host of [
        `evil.example:${port}`,
        `127.0.0.1.evil.example:${port}`,
        `localhost.evil.example`,
        `192.168.1.5:${port}`,
        '[fe80::1]',
        'x y',
      ]) {
        const { status, body } = await asked(host, '/graphql');
        expect([host, status]).toEqual([host, 403]);
        expect(JSON.parse(body)).toEqual({
          errors: [{ message: expect.stringContaining('GAUNTLET_AUTH=token'), extensions: { code: 'FORBIDDEN' } }],
        });
        expect((await asked(host, '/metrics')).status).toBe(403);
        expect((await asked(host, '/readyz')).status).toBe(200);
        expect(await connected(host)).toMatch(/^403 .*GAUNTLET_AUTH=token/);
      }
      for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, '127.1.2.3', `[::1]:${port}`]) {
        expect(await asked(host, '/graphql')).toEqual({ status: 200, body: expect.stringContaining('local') });
        expect(await connected(host)).toBe('opened');
      }
    } finally {
      await open.close();
    }
  });

  it('treats every client as an admin', async () => {
    const open = await startTestApplication({ GAUNTLET_AUTH: 'none', GAUNTLET_METRICS_PUBLIC: 'true' });
    try {
      expect(open.firstToken).toBeUndefined();
      const graphql = graphqlClient(open.graphqlUrl, '');
      expect(await dataOf(graphql('{ viewer { name role } }'))).toEqual({ viewer: { name: 'local', role: 'ADMIN' } });
      await submitArchitecture(graphql, 'model', 'mlp');
      expect((await fetch(`${open.url}/metrics`)).status).toBe(200);
    } finally {
      await open.close();
    }
  });
});
