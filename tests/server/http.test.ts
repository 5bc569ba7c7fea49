import { randomUUID } from 'node:crypto';
import { graphql } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext, createSchema } from '../../src/resolvers/index.js';
import { SERVER } from '../../src/services/token/principal.js';
import { encodeGlobalId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';

let app: TestApplication;
beforeAll(async () => {
  app = await startTestApplication();
});
afterAll(() => app?.close());

describe('the HTTP server', () => {
  it('reports that it is alive and ready', async () => {
    expect(await (await fetch(`${app.url}/healthz`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${app.url}/readyz`)).json()).toEqual({
      status: 'ready',
      checks: { database: true, queue: true, engine: true, artifacts: true },
      workers: 1,
      compute: {
        state: 'running',
        pid: expect.any(Number),
        restarts: 0,
        residentBytes: expect.any(Number),
        lastDeath: null,
        sandbox: 'none',
      },
    });
  });

  it('counts jobs, images, engine work and requests', async () => {
    const datasetId = await registerMnist(app.graphql);
    const modelId = await submitArchitecture(app.graphql, 'model');
    const { jobIds } = await startEvaluation(app.graphql, { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 6 });
    await finished(app.graphql, jobIds[0]!);
    const text = await (await fetch(`${app.url}/metrics`, { headers: { authorization: app.authorization } })).text();
    expect(text).toContain('gauntlet_jobs{state="SUCCEEDED"} 2');
    expect(text).toContain('gauntlet_evaluated_images 6');
    expect(text).toMatch(/gauntlet_engine_runs_total [1-9]/);
    expect(text).toMatch(/gauntlet_http_request_duration_seconds_count\{method="POST",route="\/graphql",status="200"\} [1-9]/);
    expect(text).toContain('process_cpu_seconds_total');
    const amount = (name: string) => Number(new RegExp(`^gauntlet_memory_${name} (\\S+)$`, 'm').exec(text)![1]);
    expect(amount('resident_bytes')).toBeGreaterThan(50e6);
    expect(amount('budget_bytes')).toBeGreaterThan(amount('resident_bytes'));
    expect(amount('held_bytes{kind="functions"}')).toBeGreaterThan(0);
    expect(amount('released_total')).toBeGreaterThanOrEqual(0);
  });

  it('keeps connections open longer than proxies do', async () => {
    expect((await fetch(`${app.url}/healthz`)).headers.get('keep-alive')).toBe('timeout=75');
  });

  it('returns errors as JSON', async () => {
    const response = await fetch(`${app.url}/uploads`, {
      method: 'POST',
      headers: { authorization: app.authorization, 'content-type': 'application/json' },
      body: '{"size": ',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'BAD_REQUEST' } });
  });
});

describe('GraphQL over HTTP', () => {
  it('can be introspected', async () => {
    const { __schema } = await dataOf(app.graphql('{ __schema { queryType { name } types { name } } }'));
    expect(__schema.types.map((type: { name: string }) => type.name)).toContain('AttackInput');
  });

  it('refuses requests that a page of another origin can send without a preflight', async () => {
    const response = await fetch(app.graphqlUrl, {
      method: 'POST',
      headers: { authorization: app.authorization, 'content-type': 'text/plain' },
      body: '{"query":"{ __typename }"}',
    });
    expect(response.status).toBe(400);
  });

  it.each(['model { name }', 'dataset { name }', 'job { state }'])(
    'says that a row was deleted while the query was answered, where the schema promises a value: { evaluation { %s } }',
    async (field) => {
      const [schema, contextValue] = [await createSchema(), createContext(app.services, SERVER)];
      // What it refers to is gone since it was read.
      const row = { id: randomUUID(), modelId: randomUUID(), datasetId: randomUUID(), jobId: randomUUID() };
      contextValue.loaders.nodes.get('Evaluation')!.prime(row.id, row);
      const source = `query ($id: ID!) { evaluation(id: $id) { ${field} } }`;
      const { data, errors } = await graphql({
        schema,
        contextValue,
        source,
        variableValues: { id: encodeGlobalId('Evaluation', row.id) },
      });
      expect(data).toEqual({ evaluation: null });
      expect(errors).toMatchObject([{ message: expect.stringMatching(/was deleted while .*again/), originalError: { code: 'NOT_FOUND' } }]);
    },
  );

  it('explains what is wrong with a query, without internal details', async () => {
    const unknown = await app.graphql('{ nonsense }');
    expect(unknown.errors?.[0]?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
    const { prisma } = app.runtime.database;
    await prisma.$executeRawUnsafe('ALTER TABLE "Model" RENAME TO "Gone"');
    try {
      const { errors } = await app.graphql('{ models { totalCount nodes { id } } }');
      expect(errors?.[0]).toMatchObject({ message: 'Something went wrong in the server.', extensions: { code: 'INTERNAL_SERVER_ERROR' } });
      expect(JSON.stringify(errors)).not.toMatch(/"Model"|relation|prisma|stack/i);
    } finally {
      await prisma.$executeRawUnsafe('ALTER TABLE "Gone" RENAME TO "Model"');
    }
  });
});
