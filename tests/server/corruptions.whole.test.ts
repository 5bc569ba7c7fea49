/** Common corruptions over HTTP: as evaluations, side by side with attacks, and out of every worst case. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corruptions } from '../../src/compute/data/index.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, START, startEvaluation, submitArchitecture } from './support/operations.js';

let app: TestApplication;
let modelId: string;
let otherId: string;
let datasetId: string;

const SAMPLES = 20;
const COUNTED = corruptions.filter(({ group }) => group !== 'EXTRA').map(({ kind }) => kind);

const ofAll = (kinds: readonly string[]) =>
  kinds.flatMap((kind) => [1, 2, 3, 4, 5].map((severity) => ({ corruption: { kind, severity } })));

async function evaluate(modelIds: readonly string[], attacks: readonly object[], more = {}): Promise<string[]> {
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, { modelIds, datasetId, attacks, sampleCount: SAMPLES, ...more });
  for (const jobId of jobIds) expect(await finished(app.graphql, jobId, 120_000)).toMatchObject({ state: 'SUCCEEDED' });
  return evaluationIds;
}

beforeAll(async () => {
  app = await startTestApplication();
  datasetId = await registerMnist(app.graphql);
  modelId =
    (await dataOf(app.graphql('{ model(name: "mnist-baseline") { id } }'))).model?.id ?? (await submitArchitecture(app.graphql, 'one'));
  otherId = await submitArchitecture(app.graphql, 'other', undefined, 2);
  await evaluate([modelId, otherId], ofAll(COUNTED));
});
afterAll(() => app?.close());

const ESTIMATE = '{ value lower upper n }';
const SUMMARY = `query ($input: CorruptionSummaryInput!) { corruptionSummary(input: $input) {
  offset sampleCount scale
  models { model { id } clean ${ESTIMATE} corrupted ${ESTIMATE} adversarial ${ESTIMATE} meanCorruptionError ${ESTIMATE} relativeMeanCorruptionError ${ESTIMATE} missing
    corruptions { kind group accuracy ${ESTIMATE} corruptionError ${ESTIMATE} severities { severity accuracy ${ESTIMATE} evaluation { id adversarial { top1 { value } } attack { kind epsilon parameters } } } } }
  cleanAndCorrupted { pearson ${ESTIMATE} } corruptedAndAdversarial { spearman ${ESTIMATE} } } }`;
const summary = async (input: object) => (await dataOf(app.graphql(SUMMARY, { input: { datasetId, ...input } }))).corruptionSummary;

interface Kind {
  kind: string;
  group: string;
  accuracy: { value: number };
  corruptionError: { value: number } | null;
  severities: { severity: number; accuracy: { value: number; n: number }; evaluation: { adversarial: { top1: { value: number } } } }[];
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a corruption is an evaluation', () => {
  it('that has a kind, a severity and no budget, and keeps its images', async () => {
    const [id] = await evaluate([modelId], [{ corruption: { kind: 'CONTRAST', severity: 5 } }], { keepImages: true, seed: 3 });
    const query = `query ($id: ID!) { evaluation(id: $id) { attack { kind epsilon parameters } findings { code }
      examples(first: 3) { nodes { adversarial { label } distortion { linf } adversarialImageUrl } } } }`;
    const { evaluation } = await dataOf(app.graphql(query, { id }));
    expect(evaluation.attack).toEqual({ kind: 'CORRUPTION', epsilon: null, parameters: { kind: 'CONTRAST', severity: 5, scale: 'AUTO' } });
    expect(evaluation.examples.nodes[0].distortion.linf).toBeGreaterThan(0.3);
    expect(evaluation.examples.nodes[0].adversarialImageUrl).toMatch(/^\/artifacts\/.+\.png$/);
  });

  it('that is refused at once where it is not for such images', async () => {
    const input = { modelId, datasetId, attacks: [{ corruption: { kind: 'SATURATE', severity: 1 } }] };
    const { startEvaluation: payload } = await dataOf(app.graphql(START, { input }));
    expect(payload).toMatchObject({
      __typename: 'ValidationError',
      message: expect.stringMatching(/SATURATE is for images of 3 channels/) as unknown,
    });
  });

  it('that gives the same numbers for the same seed, however the examples are cut into shards', async () => {
    const attacks = [{ corruption: { kind: 'SNOW', severity: 3 } }];
    const [whole] = await evaluate([modelId], attacks, { sampleCount: 12, seed: 11 });
    const [later] = await evaluate([modelId], attacks, { sampleCount: 5, offset: 7, seed: 11 });
    const examples = async (id: string | undefined) =>
      (
        await dataOf(
          app.graphql(
            `query ($id: ID!) { evaluation(id: $id) { examples(first: 20) { nodes { index adversarial { label confidence } distortion { l2 } } } } }`,
            { id },
          ),
        )
      ).evaluation.examples.nodes as { index: number; distortion: { l2: number } }[];
    const [all, part] = [await examples(whole), await examples(later)];
    expect(part).toHaveLength(5);
    for (const one of part) expect(one.distortion.l2).toBeCloseTo(all.find(({ index }) => index === one.index)!.distortion.l2, 5);
  });
});

describe('the summary of corruptions', () => {
  it('has the mean over 15 corruptions and five severities, and the corruption error of a model against itself is 1', async () => {
    const found = await summary({ modelIds: [modelId, otherId], baselineModelId: modelId });
    expect(found).toMatchObject({ offset: 0, sampleCount: SAMPLES, scale: 'CIFAR' });
    const [own, other] = found.models as {
      corruptions: Kind[];
      corrupted: { value: number };
      meanCorruptionError: { value: number };
      missing: string[];
    }[];
    expect(own).toMatchObject({ missing: [], meanCorruptionError: { value: expect.closeTo(1, 6) as unknown } });
    const kinds = own!.corruptions.filter(({ kind }) => COUNTED.includes(kind));
    expect(kinds.map(({ kind }) => kind)).toEqual(COUNTED);
    for (const { severities } of kinds)
      for (const { accuracy, evaluation } of severities) expect(accuracy.value).toBe(evaluation.adversarial.top1.value);
    expect(own!.corrupted.value).toBeCloseTo(mean(kinds.flatMap(({ severities }) => severities.map(({ accuracy }) => accuracy.value))), 6);
    // mCE by its definition, from the errors that the summary shows.
    const errorsOf = ({ severities }: Kind) => severities.reduce((sum, { accuracy }) => sum + 1 - accuracy.value, 0);
    const expected = mean(
      COUNTED.map((kind) => {
        const [a, b] = [other!, own!].map(({ corruptions: all }) => errorsOf(all.find((one) => one.kind === kind)!));
        return a! / b!;
      }),
    );
    expect(other!.meanCorruptionError.value).toBeCloseTo(expected, 6);
  });

  it('has adversarial accuracy beside it, and how both go together', async () => {
    await evaluate([modelId, otherId], [{ fgsm: { epsilon: 0.02 } }]);
    const found = await summary({ modelIds: [modelId, otherId], threat: { norm: 'LINF', epsilon: 0.02 } });
    for (const model of found.models) expect(model.adversarial).toMatchObject({ n: SAMPLES });
    expect(found.corruptedAndAdversarial.spearman.n).toBe(2);
    expect(found.models[0]).toMatchObject({ meanCorruptionError: null, relativeMeanCorruptionError: null });
  });

  it('says what is missing, and has no mean then', async () => {
    await evaluate([modelId], ofAll(['FOG']), { offset: 500 });
    const { models } = await summary({ modelIds: [modelId], offset: 500 });
    expect(models[0]).toMatchObject({ corrupted: null, meanCorruptionError: null, missing: COUNTED.filter((kind) => kind !== 'FOG') });
    expect(models[0].corruptions[0]).toMatchObject({ kind: 'FOG', group: 'WEATHER', accuracy: { n: SAMPLES } });
  });

  it.each([
    [{ baseline: 'ALEXNET' }, /those on ImageNet-C/],
    [{ modelIds: [] }, /Name 1 to 100 models/],
  ])('refuses %j', async (input, message) => {
    const { errors } = await app.graphql(SUMMARY, { input: { datasetId, modelIds: [modelId], ...input } });
    expect(errors?.[0]?.message).toMatch(message);
  });
});

describe('corruptions are no attacks', () => {
  it('count in no worst case', async () => {
    const query = 'query ($input: WorstCaseInput!) { worstCase(input: $input) { contributions { evaluation { attack { kind } } } } }';
    const { worstCase } = await dataOf(app.graphql(query, { input: { modelId, datasetId, sampleCount: SAMPLES, offset: 0 } }));
    expect(worstCase.contributions).toEqual([{ evaluation: { attack: { kind: 'FGSM' } } }]);
    const { worstCase: none } = await dataOf(app.graphql(query, { input: { modelId, datasetId, offset: 500 } }));
    expect(none).toBeNull();
  });

  it('are beside the worst case on the leaderboard', async () => {
    const query = `query ($input: LeaderboardInput!) { leaderboard(input: $input) { attacks { kind } entries { nodes { model { id } attackKinds corruptedAccuracy } } } }`;
    const { leaderboard } = await dataOf(app.graphql(query, { input: { datasetId, norm: 'LINF', epsilon: 0.02 } }));
    const { models } = await summary({ modelIds: [modelId, otherId] });
    expect(leaderboard.attacks).toEqual([{ kind: 'FGSM' }]);
    for (const entry of leaderboard.entries.nodes) {
      expect(entry.attackKinds).toEqual(['FGSM']);
      const { corrupted } = models.find(({ model }: { model: { id: string } }) => model.id === entry.model.id);
      expect(entry.corruptedAccuracy).toBeCloseTo(corrupted.value, 6);
    }
    expect(leaderboard.entries.nodes).toHaveLength(2);
  });

  it('are in no list of attacks', async () => {
    const attacks = [{ worstOf: { attacks: [{ corruption: { kind: 'FOG' } }] } }];
    const { startEvaluation: payload } = await dataOf(app.graphql(START, { input: { modelId, datasetId, attacks } }));
    expect(payload.__typename).toBe('ValidationError');
  });
});
