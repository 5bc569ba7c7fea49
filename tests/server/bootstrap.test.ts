import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../src/services/bootstrap.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished } from './support/operations.js';

let app: TestApplication;
let assetsDirectory: string;

beforeAll(async () => {
  app = await startTestApplication();
  assetsDirectory = await mkdtemp(join(tmpdir(), 'gauntlet-assets-'));
  for (const [seed, name] of ['mnist-baseline', 'mnist-adversarial'].entries()) {
    await app.runtime.compute.buildModel({ architecture: 'mnist-small-cnn', seed }, join(assetsDirectory, 'models', name));
  }
});
afterAll(async () => {
  await app?.close();
  await rm(assetsDirectory, { recursive: true, force: true });
});

const run = () =>
  bootstrap({
    services: app.services,
    assetsDirectory,
    datasetDirectories: { 'fashion-mnist': '/nonexistent', cifar10: tmpdir() },
    log: pino({ level: 'silent' }),
  });

describe('an empty database', () => {
  it('is filled with data sets, models and a demonstration, once', async () => {
    await run();
    const read = () =>
      dataOf(
        app.graphql(
          '{ datasets { nodes { name exampleCount } } models { nodes { name } } evaluations { nodes { id sampleCount attack { kind epsilon } job { id } } } }',
        ),
      );
    const first = await read();
    expect(first.datasets.nodes).toEqual(
      expect.arrayContaining([
        { name: 'mnist-test', exampleCount: 10_000 },
        { name: 'mnist-train', exampleCount: 60_000 },
      ]),
    );
    expect(first.datasets.nodes).toHaveLength(2);
    expect(first.models.nodes).toHaveLength(2);
    expect(first.evaluations.nodes).toMatchObject([1, 2].map(() => ({ sampleCount: 1000, attack: { kind: 'FGSM', epsilon: 0.3 } })));
    await run();
    expect(await read()).toEqual(first);
    for (const { job } of first.evaluations.nodes) expect((await finished(app.graphql, job.id)).state).toBe('SUCCEEDED');
  });
});
