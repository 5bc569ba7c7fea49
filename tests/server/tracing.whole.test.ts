import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { graphqlClient } from './support/client.js';
import { finished, registerMnist, START, submitArchitecture } from './support/operations.js';
import { startProcess, type ServerProcess } from './support/process.js';
import { storeVariables } from './support/store.js';

interface SentSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}

interface Sent {
  resourceSpans: { resource: { attributes: { key: string; value: { stringValue?: string } }[] }; scopeSpans: { spans: SentSpan[] }[] }[];
}

const received: Sent[] = [];
/** A collector that keeps what it is sent. */
const collector = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    if (request.url === '/v1/traces') received.push(JSON.parse(body) as Sent);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
});

let directory: string;
let database: TestDatabase;
beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-tracing-'));
  database = await createTestDatabase(directory);
});
afterAll(async () => {
  collector.close();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

const spans = () =>
  received.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));

describe('a server that is told of a collector', () => {
  let server: ServerProcess | undefined;
  afterAll(() => server?.kill('SIGKILL'));

  it('sends one trace from the request of a client to the parts of its job', async () => {
    server = await startProcess('server.js', {
      GAUNTLET_DATA_DIR: directory,
      DATABASE_URL: database.url,
      GAUNTLET_SANDBOX: 'none',
      GAUNTLET_THREADS: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      OTEL_SERVICE_NAME: 'gauntlet-under-test',
      ...storeVariables(),
    });
    const authorization = `Bearer ${server.token}`;
    const graphql = graphqlClient(`${server.url}/graphql`, authorization);
    const datasetId = await registerMnist(graphql);
    const modelId = await submitArchitecture(graphql, 'model');
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const input = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 6 };
    const headers = { authorization, 'content-type': 'application/json', traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    const response = await fetch(`${server.url}/graphql?secret=x`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: START, variables: { input } }),
    });
    const { data } = (await response.json()) as { data: { startEvaluation: { jobs: { id: string }[] } } };
    await finished(graphql, data.startEvaluation.jobs[0]!.id);
    // What is left is sent when the server stops.
    await server.kill('SIGTERM');
    const own = spans().filter((span) => span.traceId === traceId);
    const request = own.find(({ name }) => name === 'POST')!;
    expect(request.parentSpanId).toBe('b7ad6b7169203331');
    expect(own.filter(({ name }) => name === 'evaluation part')).toMatchObject([{ parentSpanId: request.spanId }]);
    expect(own.filter(({ name }) => name === 'evaluation plan').every(({ parentSpanId }) => parentSpanId === request.spanId)).toBe(true);
    expect(own.length).toBeGreaterThanOrEqual(3);
    const values = JSON.stringify(received);
    expect(values).toContain('gauntlet-under-test');
    expect(values).not.toContain(server.token);
    expect(values).not.toContain('secret=x');
  });

  it('is not told of it by default, and sends nothing', async () => {
    const before = received.length;
    const quiet = await startProcess('server.js', {
      GAUNTLET_DATA_DIR: directory,
      DATABASE_URL: database.url,
      GAUNTLET_SANDBOX: 'none',
      ...storeVariables(),
    });
    const response = await fetch(`${quiet.url}/healthz`, {
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
    expect(response.status).toBe(200);
    await quiet.kill('SIGTERM');
    expect(received.length).toBe(before);
  });
});
