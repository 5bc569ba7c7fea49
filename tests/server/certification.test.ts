import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { finished, readJob, registerMnist, submitArchitecture } from './support/operations.js';
import { begin, read } from './support/certification.js';

describe('a certification', () => {
  let app: TestApplication;
  let asked: {
    modelId: string;
    datasetId: string;
    sigma: number;
    selectionSamples: number;
    estimationSamples: number;
    sampleCount: number;
  };
  beforeAll(async () => {
    // Seven examples in shards of two.
    app = await startTestApplication({ GAUNTLET_SHARD_SIZE: '2' });
    const modelId = await submitArchitecture(app.graphql, 'smoothed', 'mlp');
    const datasetId = await registerMnist(app.graphql);
    asked = { modelId, datasetId, sigma: 0.1, selectionSamples: 10, estimationSamples: 90, sampleCount: 7 };
  });
  afterAll(() => app?.close());

  it('has radii, their curve and the examples without a certificate, and is returned for the same request', async () => {
    const { certification, job } = await begin(app.graphql, { ...asked, offset: 3, seed: 4 });
    expect(job).toMatchObject({ kind: 'certification', progress: { total: 7, unit: 'images' } });
    expect(await finished(app.graphql, job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
    expect((await begin(app.graphql, { ...asked, offset: 3, seed: 4 })).certification).toEqual(certification);

    const result = await read(app.graphql, certification.id);
    expect(result).toMatchObject({
      sigma: 0.1,
      alpha: 0.001,
      judging: 'STORED',
      offset: 3,
      seed: 4,
      model: { id: asked.modelId },
      dataset: { name: 'mnist-test' },
    });
    // Cohen et al. take 100,000 noisy copies, with which σ Φ⁻¹(0.001^(1e-5)) = 0.38114566 could be certified.
    expect(result.findings).toMatchObject([{ code: 'FEW_NOISY_COPIES', severity: 'INFO', evidence: { estimationSamples: 90 } }]);
    expect(result.findings[0].evidence.usualLargestRadius).toBeCloseTo(0.38114566, 6);
    const { nodes, totalCount } = result.examples;
    expect(totalCount).toBe(7);
    expect(nodes.map(({ index }: { index: number }) => index)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    const right = (radius: number) =>
      nodes.filter(
        (node: { label: number; prediction: number | null; radius: number }) => node.prediction === node.label && node.radius >= radius,
      ).length;
    expect(result.certifiedAccuracy).toEqual([0, 0.1, 100].map((radius) => ({ radius, accuracy: { value: right(radius) / 7, n: 7 } })));
    expect(result.curve).toHaveLength(21);
    // σ Φ⁻¹(α^(1/n)): scipy says 1.44747997 for 90 of 90 at α = 0.001.
    expect(result.curve.at(-1).radius).toBeCloseTo(0.1 * 1.44747997, 6);
    const abstained = nodes.filter((node: { prediction: number | null }) => node.prediction === null);
    expect(result.abstentions).toEqual({ value: abstained.length / 7, n: 7 });
    expect(abstained.every((node: { radius: number }) => node.radius === 0)).toBe(true);
    const { certifications } = await dataOf(
      app.graphql('query ($id: ID!) { certifications(filter: { modelIds: [$id], sigma: 0.1 }) { nodes { id } } }', { id: asked.modelId }),
    );
    expect(certifications.nodes).toContainEqual(certification);
  });

  it.each([
    ['a σ of 0', { sigma: 0 }, 'ValidationError', /sigma is 0; give a number from/],
    ['no copies', { estimationSamples: 0 }, 'ValidationError', /estimationSamples is 0/],
    ['an α of 1', { alpha: 1 }, 'ValidationError', /alpha is 1/],
    ['a range beyond the data set', { offset: 9999, sampleCount: 2 }, 'ValidationError', /1 to 1 examples/],
    ['a model that is not there', { modelId: 'x' }, 'NotFoundError', /no model/],
  ])('is refused for %s', async (_, rest, type, message) => {
    const before = await app.inventory();
    expect(await begin(app.graphql, { ...asked, ...rest })).toMatchObject({
      __typename: type,
      message: expect.stringMatching(message) as unknown,
    });
    await expect.poll(() => app.inventory()).toEqual(before);
  });

  it('can be cancelled, and is deleted with its model', async () => {
    const modelId = await submitArchitecture(app.graphql, 'doomed', 'mlp');
    const { certification, job } = await begin(app.graphql, { ...asked, modelId, sampleCount: 10_000 });
    await until(async () => (await readJob(app.graphql, job.id)).progress.done >= 2, 'a shard');
    await dataOf(app.graphql('mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { __typename } }', { id: job.id }));
    expect(await read(app.graphql, certification.id)).toMatchObject({ job: { state: 'CANCELLED' }, examples: null, curve: null });
    await dataOf(app.graphql('mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }', { id: modelId }));
    expect(await read(app.graphql, certification.id)).toBeNull();
  });
});
