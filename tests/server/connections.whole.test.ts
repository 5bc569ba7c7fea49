/** What clients may hold open, and for how long. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { encodeGlobalId, rowId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, until } from './support/client.js';
import { submitArchitecture } from './support/operations.js';
import { Statements } from './support/statements.js';
import { openUpload, upload } from './support/upload.js';

const CONNECTIONS = 100;

const statements = new Statements();
let app: TestApplication;
beforeAll(async () => {
  const limits = {
    GAUNTLET_HEADERS_SECONDS: '1',
    GAUNTLET_BODY_SECONDS: '1',
    GAUNTLET_STALL_SECONDS: '1',
    GAUNTLET_FAILED_TOKENS_PER_MINUTE: '5',
  };
  app = await startTestApplication({ ...limits, GAUNTLET_CONNECTIONS_MAX: String(CONNECTIONS) }, { onQuery: statements.onQuery });
});
afterAll(() => app?.close());

const sockets: Socket[] = [];
afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));

interface Answer {
  readonly socket: Socket;
  /** What the server has sent. */
  text(): string;
  readonly closed: Promise<void>;
  isClosed(): boolean;
}

/** @param localAddress that it comes from. */
function send(head: string, localAddress?: string): Answer {
  const { hostname, port } = new URL(app.url);
  const socket = connect({ port: Number(port), host: hostname, localAddress });
  sockets.push(socket);
  let [text, isClosed] = ['', false];
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1'))).on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  void closed.then(() => (isClosed = true));
  socket.write(head.replaceAll('\n', '\r\n'));
  return { socket, text: () => text, closed, isClosed: () => isClosed };
}

/** Sends a byte now and then. */
function drip({ socket }: Answer): void {
  const timer = setInterval(() => socket.write('x'), 50);
  socket.once('close', () => clearInterval(timer));
}

const health = async () => {
  const answer = await fetch(`${app.url}/healthz`, { headers: { connection: 'close' } });
  await answer.arrayBuffer();
  return answer.status;
};

describe('a connection is closed', () => {
  it('whose headers do not end', async () => {
    const silent = send('');
    const answer = send('GET /healthz HTTP/1.1\nHost: x\nX-Slow: ');
    drip(answer);
    await Promise.all([answer.closed, silent.closed]);
  });

  it('whose request does not end', async () => {
    const answer = send(
      `POST /graphql HTTP/1.1\nHost: x\nAuthorization: ${app.authorization}\nContent-Type: application/json\nContent-Length: 1000\n\n{`,
    );
    drip(answer);
    await answer.closed;
    expect(answer.text()).toMatch(/^HTTP\/1.1 408 .*"code":"REQUEST_TIMEOUT"/s);
  });

  it('whose upload is slower than it may be, and the upload continues', async () => {
    const id = await openUpload(app, { size: 5000 });
    const answer = send(
      `PUT /uploads/${id} HTTP/1.1\nHost: x\nAuthorization: ${app.authorization}\nContent-Length: 5000\n\n${'x'.repeat(2000)}`,
    );
    await answer.closed;
    expect(answer.text()).toMatch(/^HTTP\/1.1 408 /);
    const headers = { authorization: app.authorization };
    const received = async () => ((await (await fetch(`${app.url}/uploads/${id}`, { headers })).json()) as { received: number }).received;
    await until(async () => (await received()) === 2000, 'what arrived to be there');
    const rest = () =>
      fetch(`${app.url}/uploads/${id}`, { method: 'PUT', headers: { ...headers, 'upload-offset': '2000' }, body: 'x'.repeat(3000) });
    // Until the first request has noticed its end.
    const done = await until(async () => [await rest()].find(({ status }) => status === 200), 'the rest to be taken');
    expect(await done.json()).toMatchObject({ state: 'COMPLETE' });
  });

  it('whose upload was refused, and goes on', async () => {
    const answer = send(`PUT /uploads/00000000-0000-7000-8000-000000000000 HTTP/1.1\nHost: x\nContent-Length: 1000000\n\nx`);
    const steady = setInterval(() => answer.socket.write('x'.repeat(2000)), 20);
    answer.socket.once('close', () => clearInterval(steady));
    await answer.closed;
    expect(answer.text()).toMatch(/^HTTP\/1.1 401 /);
  });

  it('whose client does not read a large answer', async () => {
    const size = 40_000_000;
    const id = await upload(app, randomBytes(size));
    const { artifactId } = await app.runtime.database.prisma.upload.findUniqueOrThrow({ where: { id } });
    const model = rowId(await submitArchitecture(app.graphql, 'large'), 'Model')!;
    await app.runtime.database.prisma.model.update({ where: { id: model }, data: { artifactId } });
    const answer = send(`GET /artifacts/${artifactId} HTTP/1.1\nHost: x\nAuthorization: ${app.authorization}\n\n`);
    await until(async () => answer.text().startsWith('HTTP/1.1 200'), 'the answer to begin');
    answer.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 4000));
    answer.socket.resume();
    await answer.closed;
    expect(answer.text().length).toBeLessThan(size);
  });
});

it('/readyz is looked up once for all who ask within a second', async () => {
  const sent = async () => {
    const [, found] = await statements.during(async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(`${app.url}/readyz`, { headers: { connection: 'close' } })));
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    });
    return found.filter((sql) => sql === 'SELECT 1').length;
  };
  expect(await sent()).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(await sent()).toBe(1);
});

describe('a WebSocket', () => {
  const CHANGES = 'subscription ($jobId: ID!) { jobProgress(jobId: $jobId) { id } }';
  const address = () => app.graphqlUrl.replace(/^http/, 'ws');

  it('that does not say who it is is closed', async () => {
    const socket = new WebSocket(address(), 'graphql-transport-ws');
    expect(await new Promise<number>((resolve) => socket.once('close', (code) => resolve(code)))).toBe(4408);
  });

  it.each([
    ['is revoked', { revokedAt: new Date() }],
    ['expires', { expiresAt: new Date() }],
  ])('is closed when its token %s, also while nothing happens', async (_name, end) => {
    const name = `leaves ${Math.random()}`;
    const authorization = await app.authorizationOf(name, 'SUBMITTER');
    const modelId = await submitArchitecture(graphqlClient(app.graphqlUrl, authorization), name);
    const { jobId } = (await app.runtime.database.prisma.model.findUniqueOrThrow({ where: { id: rowId(modelId, 'Model')! } })) as {
      jobId: string;
    };
    // One that neither moves nor ends.
    await app.runtime.database.prisma.job.update({ where: { id: jobId }, data: { state: 'RUNNING' } });
    const client = createClient({ url: address(), webSocketImpl: WebSocket, connectionParams: { authorization }, retryAttempts: 0 });
    const closed = new Promise<{ code: number }>((resolve) => client.on('closed', (event) => resolve(event as { code: number })));
    const changes = client.iterate({ query: CHANGES, variables: { jobId: encodeGlobalId('Job', jobId) } });
    expect((await changes.next()).value).toHaveProperty('data');
    const next = changes.next().catch(() => undefined);
    await app.runtime.database.prisma.token.updateMany({ where: { name }, data: end });
    expect((await closed).code).toBe(4401);
    await next;
    await app.runtime.database.prisma.job.update({ where: { id: jobId }, data: { state: 'SUCCEEDED' } });
  });
});

describe('tokens that do not count', () => {
  const status = async (authorization: string) => {
    const answer = await fetch(`${app.url}/metrics`, { headers: { authorization, connection: 'close' } });
    // Read: undici 7 throws where nobody can catch it if a connection ends before its answer is read (nodejs/undici#5360).
    await answer.arrayBuffer();
    return answer.status;
  };

  it('are looked up so many times a minute; those that counted before still do', async () => {
    const known = await app.authorizationOf('known', 'VIEWER');
    const later = await app.authorizationOf('later', 'VIEWER');
    expect(await status(known)).toBe(200);
    const failures: number[] = [];
    for (let i = 0; i < 8; i++) failures.push(await status(`Bearer gauntlet_wrong${i}`));
    expect([...new Set(failures)]).toEqual([401, 429]);
    expect(await status(later)).toBe(429);
    expect(await status(known)).toBe(200);
    const session = await fetch(`${app.url}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: app.url },
      body: JSON.stringify({ token: 'gauntlet_wrong' }),
    });
    expect([session.status, Number(session.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect(await dataOf(app.graphql('{ viewer { name } }'))).toEqual({ viewer: { name: 'admin' } });
  });
});

// Last: the server needs a moment to notice their end.
describe('connections beyond the limit', () => {
  const HALF = 'GET /healthz HTTP/1.1\nHost: x\nX-Slow: ';
  const closed = (answers: readonly Answer[]) => answers.filter((answer) => answer.isClosed()).length;

  it('are closed at once, and others have their turn when some end', async () => {
    const idle = Array.from({ length: CONNECTIONS + 20 }, () => send(HALF));
    await until(async () => closed(idle) >= 20, 'those beyond the limit to be closed');
    await until(() => health().catch(() => undefined), 'the overdue to be closed');
  });

  it.runIf(process.platform === 'linux')('are those of one address that has half of all', async () => {
    const idle = Array.from({ length: CONNECTIONS + 20 }, () => send(HALF));
    await until(async () => closed(idle) >= CONNECTIONS / 2 + 20, 'more than half to be closed');
    const another = send('GET /healthz HTTP/1.1\nHost: x\nConnection: close\n\n', '127.0.0.9');
    await another.closed;
    expect(another.text()).toMatch(/^HTTP\/1.1 200 /);
  });
});
