import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../src/services/bootstrap.js';
import { SHIPPED_MODELS } from '../../src/services/model/shipped.js';
import { cardOfReadme, readmeOfCard } from '../../src/results/model-card.js';
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
          '{ datasets { nodes { name exampleCount } } models { nodes { name } } evaluations { nodes { id sampleCount attack { kind epsilon } job { id } } } benchmarks { nodes { id name version state sampleCount attacks { kind } unranked { reason } } } }',
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
    const benchmark = {
      name: 'mnist-linf-0.3',
      version: 1,
      state: 'OPEN',
      sampleCount: 1000,
      attacks: [{ kind: 'AUTO_ATTACK_LINF' }],
      unranked: [],
    };
    expect(first.benchmarks.nodes).toMatchObject([benchmark]);
    await run();
    expect(await read()).toEqual(first);
    for (const { job } of first.evaluations.nodes) expect((await finished(app.graphql, job.id)).state).toBe('SUCCEEDED');
  });
});

it('models that ship with the server get the cards of their READMEs, those of an earlier version too, and an edited card stays', async () => {
  const cards = () => dataOf(app.graphql('{ models { nodes { name card { licence intendedUse } } } }'));
  expect((await cards()).models.nodes.map(({ card }: { card: unknown }) => card)).toEqual([null, null]);
  const path = join(assetsDirectory, 'models', 'mnist-baseline', 'README.md');
  await writeFile(path, '---\nlicence: Apache-2.0\nintendedUse: none\n---\n');
  await run();
  const nodes = expect.arrayContaining([
    { name: 'mnist-baseline', card: { licence: 'Apache-2.0', intendedUse: 'none' } },
    { name: 'mnist-adversarial', card: null },
  ]) as unknown;
  expect((await cards()).models.nodes).toEqual(nodes);
  await writeFile(path, '---\nlicence: another\n---\n');
  await run();
  expect((await cards()).models.nodes).toEqual(nodes);
});

it.each(SHIPPED_MODELS)('the README of $name is a whole card, with the accuracies of its training.json', async ({ name }) => {
  const folder = new URL(`../../../assets/models/${name}/`, import.meta.url);
  const readme = await readFile(new URL('README.md', folder), 'utf8');
  const { accuracy } = JSON.parse(await readFile(new URL('training.json', folder), 'utf8')) as {
    accuracy: Record<string, { value: number }>;
  };
  const card = cardOfReadme(readme);
  expect(card).toMatchObject({ licence: 'Apache-2.0', extraData: false, trainingData: expect.stringMatching(/MNIST|CIFAR-10/) as unknown });
  // Nothing of it is left out.
  expect(cardOfReadme(readmeOfCard(card))).toEqual(card);
  expect(readme.match(/^[a-zA-Z]+: /gm)).toHaveLength(Object.keys(card).length - 1);
  const percentages = [...readme.matchAll(/([\d.]+) %/g)].map(([, number]) => Number(number));
  const known = Object.values(accuracy).map(({ value }) => value * 100);
  expect(percentages.length).toBeGreaterThan(1);
  for (const number of percentages) expect(known.some((value) => Math.abs(value - number) <= 0.05)).toBe(true);
});
