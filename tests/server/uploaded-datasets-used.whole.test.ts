/** What is done with data sets that users uploaded: evaluated, trained on, exported; and what is done with those that are not ready, or not one's own. */
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InferenceSession, Tensor } from '../../src/compute/onnxruntime/index.js';
import { noiseImages } from '../../src/compute/index.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, type GraphQLClient, until } from './support/client.js';
import { bytesOf, cifarRecords, npy, sample, text } from './support/dataset-files.js';
import { finished } from './support/operations.js';
import { input as training, readRun, start } from './support/training.js';
import { type Files, upload, zipOf } from './support/upload.js';

const REGISTER = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
  ... on RegisterDatasetSuccess { dataset { id } job { id } } ... on UserError { __typename message path }
} }`;
const READ = 'query ($id: ID!) { dataset(id: $id) { id name state error imageShape bitDepth classNames } }';
const EVALUATE = `mutation ($input: StartEvaluationInput!) { startEvaluation(input: $input) {
  ... on StartEvaluationSuccess { evaluations { id job { id } } } ... on UserError { __typename message path }
} }`;
const EVALUATION = `query ($id: ID!) { evaluation(id: $id) {
  judging effectiveEpsilon sampleCount clean { top1 { n } } findings { code } dataset { name }
  examples(first: 50) { edges { node { index distortion { linf l0 } cleanImageUrl adversarialImageUrl } } }
} }`;

interface Caller {
  readonly url: string;
  readonly authorization: string;
  readonly graphql: GraphQLClient;
}

let app: TestApplication;
let alice: Caller;
let bob: Caller;
beforeAll(async () => {
  app = await startTestApplication();
  const caller = async (name: string): Promise<Caller> => {
    const authorization = await app.authorizationOf(name, 'SUBMITTER');
    return { url: app.url, authorization, graphql: graphqlClient(app.graphqlUrl, authorization) };
  };
  [alice, bob] = [await caller('alice'), await caller('bob')];
});
afterAll(() => app?.close());

async function registered(name: string, bytes: Uint8Array, rest: object = {}, who = alice) {
  const uploadId = await upload(who, bytes);
  const { dataset, ...refusal } = (await dataOf(who.graphql(REGISTER, { input: { name, uploadId, ...rest } }))).registerDataset;
  if (!dataset) throw new Error(JSON.stringify(refusal));
  return until(async () => {
    const { dataset: now } = await dataOf(who.graphql(READ, { id: dataset.id }));
    return now.state !== 'PENDING' && now;
  }, `the reading of ${name}`);
}

const evaluate = async (who: Caller, modelId: string, datasetId: string, rest: object = {}) =>
  (
    await dataOf(
      who.graphql(EVALUATE, {
        input: { modelIds: [modelId], datasetId, attacks: [{ fgsm: { epsilon: '8/255' } }], sampleCount: 12, keepImages: true, ...rest },
      }),
    )
  ).startEvaluation;

/** Trained for a few steps on the data set. */
async function trained(who: Caller, datasetId: string) {
  const asked = training(datasetId, {
    scheme: { pgd: { epsilon: '2/255', steps: 2 } },
    steps: 4,
    batchSize: 8,
    validation: { sampleCount: 8, epsilon: 0.02, iterations: 2 },
    interval: 4,
  });
  const { runId, jobId, modelId } = await start(who.graphql, asked);
  expect(await finished(who.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED', error: null });
  expect((await readRun(who.graphql, runId)).series.length).toBeGreaterThan(0);
  return modelId;
}

/** 16-bit grey pictures of noise in folders of three classes. */
async function deepPictures(): Promise<Files> {
  const entries = Array.from({ length: 24 }, async (_, i) => {
    const levels = Uint16Array.from(noiseImages([10, 12, 1], 24).data.slice(i * 120, (i + 1) * 120), (value) => Math.round(65535 * value));
    const picture = sharp(levels, { raw: { height: 10, width: 12, channels: 1 } })
      .toColourspace('grey16')
      .png();
    return [`class ${i % 3}/${String(i).padStart(2, '0')}.png`, await picture.toBuffer()] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function colourPictures(): Promise<Files> {
  const entries = Array.from({ length: 24 }, async (_, i) => {
    const pixels = Uint8Array.from({ length: 64 * 48 * 3 }, (_, p) => (p * (i + 3)) % 256);
    return [
      `${['bus', 'cat', 'dog'][i % 3]!}/${String(i).padStart(2, '0')}.png`,
      await sharp(pixels, { raw: { height: 64, width: 48, channels: 3 } })
        .png()
        .toBuffer(),
    ] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

describe('an uploaded data set is evaluated, trained on and its model exported', () => {
  const cifar = sample(
    32,
    32,
    3,
    Array.from({ length: 24 }, (_, i) => (i * 4) % 100),
  );
  const kinds: readonly (readonly [
    string,
    () => Promise<Uint8Array>,
    { imageShape: number[]; bitDepth: number; classes: number; levels: number },
  ])[] = [
    [
      'like CIFAR-100',
      () =>
        Promise.resolve(
          zipOf({
            'test.bin': cifarRecords(cifar, 3),
            'fine_label_names.txt': text(Array.from({ length: 100 }, (_, i) => `c${i}`).join('\n')),
          }),
        ),
      { imageShape: [32, 32, 3], bitDepth: 8, classes: 100, levels: 255 },
    ],
    [
      'of three classes (64 by 48)',
      async () => zipOf(await colourPictures()),
      { imageShape: [64, 48, 3], bitDepth: 8, classes: 3, levels: 255 },
    ],
    [
      'of grey pictures of 16 bits',
      async () => zipOf(await deepPictures()),
      { imageShape: [10, 12, 1], bitDepth: 16, classes: 3, levels: 65535 },
    ],
  ];

  it.each(kinds)('%s', async (name, bytes, { imageShape, bitDepth, classes, levels }) => {
    const dataset = await registered(name, await bytes());
    expect(dataset).toMatchObject({ state: 'READY', error: null, imageShape, bitDepth });
    expect(dataset.classNames).toHaveLength(classes);
    const modelId = await trained(alice, dataset.id as string);
    // No whole number of levels of 8 bits.
    const epsilon = 10.5 / 255;
    const { evaluations, ...refusal } = await evaluate(alice, modelId, dataset.id as string, { attacks: [{ fgsm: { epsilon } }] });
    expect(refusal).toEqual({});
    expect(await finished(alice.graphql, evaluations[0].job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
    const { evaluation } = await dataOf(alice.graphql(EVALUATION, { id: evaluations[0].id }));
    const used = Math.floor(levels * epsilon + 0.01);
    expect(evaluation).toMatchObject({ judging: 'STORED', sampleCount: 12, clean: { top1: { n: 12 } }, dataset: { name } });
    expect(evaluation.effectiveEpsilon).toBeCloseTo(used / levels, 12);
    expect(evaluation.findings.map(({ code }: { code: string }) => code)).not.toContain('BUDGET_VIOLATED');
    const changes = evaluation.examples.edges.map(({ node }: { node: { distortion: { linf: number } } }) => levels * node.distortion.linf);
    // In whole levels of the data, and all of the budget somewhere.
    for (const change of changes) expect(Math.abs(change - Math.round(change))).toBeLessThan(0.01);
    expect(Math.round(Math.max(...changes))).toBe(used);
    const { adversarialImageUrl } = evaluation.examples.edges[0].node;
    const picture = await fetch(`${app.url}${adversarialImageUrl as string}`, { headers: { authorization: alice.authorization } });
    expect(await sharp(await picture.arrayBuffer()).metadata()).toMatchObject({ height: imageShape[0], width: imageShape[1] });
    const { model } = await dataOf(alice.graphql('query ($id: ID!) { model(id: $id) { onnxUrl } }', { id: modelId }));
    const file = await fetch(`${app.url}${model.onnxUrl as string}`, { headers: { authorization: alice.authorization } });
    const session = await InferenceSession.create(new Uint8Array(await file.arrayBuffer()));
    const [image, scores] = [session.inputNames[0]!, session.outputNames[0]!];
    const data = new Float32Array(imageShape.reduce((product, length) => product * length, 1));
    expect((await session.run({ [image]: new Tensor('float32', data, [1, ...imageShape]) }))[scores]!.dims).toEqual([1, classes]);
  });
});

describe('data of floats', () => {
  it('are judged as floats alone', async () => {
    const images = noiseImages([6, 6, 1], 16);
    const bytes = zipOf({
      'x.npy': npy('<f4', [16, 6, 6], bytesOf(images.data)),
      'y.npy': npy(
        '|u1',
        [16],
        Uint8Array.from({ length: 16 }, (_, i) => i % 2),
      ),
    });
    const { id, bitDepth } = await registered('floats', bytes);
    expect(bitDepth).toBe(32);
    const modelId = await trained(alice, id as string);
    expect(await evaluate(alice, modelId, id as string, { judging: 'STORED' })).toEqual({
      __typename: 'ValidationError',
      message: '"floats" holds floats, which have no levels to round to: give the judging FLOAT.',
      path: ['judging'],
    });
    const { evaluations } = await evaluate(alice, modelId, id as string);
    expect(await finished(alice.graphql, evaluations[0].job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
    const { evaluation } = await dataOf(alice.graphql(EVALUATION, { id: evaluations[0].id }));
    expect(evaluation).toMatchObject({ judging: 'FLOAT', clean: { top1: { n: 12 } } });
    expect(evaluation.effectiveEpsilon).toBeCloseTo(8 / 255, 12);
    const query = `query ($input: LeaderboardInput!) { leaderboard(input: $input) { entries { edges { node { model { id } } } } } }`;
    const { leaderboard } = await dataOf(alice.graphql(query, { input: { datasetId: id, norm: 'LINF', epsilon: '8/255' } }));
    expect(leaderboard.entries.edges.map(({ node }: { node: { model: { id: string } } }) => node.model.id)).toEqual([modelId]);
    const worst = `query ($input: WorstCaseInput!) { worstCase(input: $input) { robust { n } } }`;
    const { worstCase } = await dataOf(alice.graphql(worst, { input: { modelId, datasetId: id } }));
    expect(worstCase.robust.n).toBe(12);
  });
});

describe('a data set', () => {
  const tiny = () => {
    const { pixels } = sample(
      4,
      4,
      1,
      Array.from({ length: 16 }, () => 0),
    );
    return zipOf({
      'x.npy': npy('|u1', [16, 4, 4], pixels),
      'y.npy': npy(
        '|u1',
        [16],
        Uint8Array.from({ length: 16 }, (_, i) => i % 2),
      ),
    });
  };

  it('that was rejected is refused by what would use it, and its name is free again', async () => {
    const rejected = await registered('not yet right', zipOf({ 'x.npy': text('?'), 'y.npy': text('?') }));
    expect(rejected.state).toBe('REJECTED');
    const refused = await evaluate(alice, 'none', rejected.id as string);
    expect(refused).toEqual({
      __typename: 'DatasetNotReadyError',
      message: '"not yet right" was rejected: its error says why.',
      path: ['datasetId'],
    });
    expect(await registered('not yet right', tiny())).toMatchObject({ state: 'READY' });
    const { dataset } = await dataOf(alice.graphql('{ dataset(name: "not yet right") { state } }'));
    expect(dataset.state).toBe('READY');
  });

  it('that is private is there for its owner alone, with everything that was computed on it', async () => {
    const mine = await registered('secret', tiny());
    const modelId = await trained(alice, mine.id as string);
    const { evaluations } = await evaluate(alice, modelId, mine.id as string);
    await finished(alice.graphql, evaluations[0].job.id);
    expect((await dataOf(bob.graphql(READ, { id: mine.id }))).dataset).toBeNull();
    expect((await dataOf(bob.graphql(EVALUATION, { id: evaluations[0].id }))).evaluation).toBeNull();
    const image = await fetch(`${app.url}/datasets/${mine.id as string}/images/0.png`, { headers: { authorization: bob.authorization } });
    expect(image.status).toBe(404);
    expect(await evaluate(bob, modelId, mine.id as string)).toMatchObject({ __typename: 'NotFoundError', path: ['datasetId'] });
    // Its name does not show either.
    expect(await registered('secret', tiny(), {}, bob)).toMatchObject({ state: 'READY', name: 'secret' });
    const uploadId = await upload(alice, tiny());
    const again = await dataOf(alice.graphql(REGISTER, { input: { name: 'secret', uploadId } }));
    expect(again.registerDataset).toMatchObject({ __typename: 'NameTakenError', path: ['name'] });
  });

  it('that is public is there for everyone', async () => {
    const shared = await registered('for all', tiny(), { visibility: 'PUBLIC' });
    expect((await dataOf(bob.graphql(READ, { id: shared.id }))).dataset).toMatchObject({ name: 'for all', state: 'READY' });
  });

  it('counts among the bytes of its owner', async () => {
    const stored = async () => (await dataOf(bob.graphql('{ quota { storedBytes { used } } }'))).quota.storedBytes.used as number;
    const before = await stored();
    await registered(
      'counted',
      zipOf({ 'x.npy': npy('|u1', [2, 9, 7], sample(9, 7, 1, [0, 1]).pixels), 'y.npy': npy('|u1', [2], Uint8Array.of(0, 1)) }),
      {},
      bob,
    );
    expect((await stored()) - before).toBeGreaterThan(2 * 63);
  });

  it.each([
    ['no upload and no format', {}, 'ForbiddenError', ['uploadId']],
    ['files of the server', { format: 'mnist' }, 'ForbiddenError', ['uploadId']],
    ['an upload that is not there', { uploadId: '00000000-0000-7000-8000-000000000000' }, 'NotFoundError', ['uploadId']],
    ['a format that is not known', { uploadId: 'x', format: 'mnist' }, 'ValidationError', ['format']],
    ['a size of three numbers', { uploadId: 'x', imageSize: [1, 2, 3] }, 'ValidationError', ['imageSize']],
    ['a size without pixels', { uploadId: 'x', imageSize: [0, 2] }, 'ValidationError', ['imageSize']],
    ['a way to resize without a size', { uploadId: 'x', resizing: 'PIL_BICUBIC' }, 'ValidationError', ['imageSize']],
    [
      'unequal sides by a way that makes squares',
      { uploadId: 'x', imageSize: [4, 8], resizing: 'TF_BICUBIC' },
      'ValidationError',
      ['resizing'],
    ],
    ['a visibility of models alone', { uploadId: 'x', visibility: 'LISTED' }, 'ValidationError', ['visibility']],
    ['two channels', { uploadId: 'x', channels: 2 }, 'ValidationError', ['channels']],
    ['two classes of one name', { uploadId: 'x', classNames: ['a', 'a'] }, 'ValidationError', ['classNames']],
  ])('of %s is refused', async (_, given, type, path) => {
    const { registerDataset } = await dataOf(alice.graphql(REGISTER, { input: { name: 'refused', ...given } }));
    expect(registerDataset).toMatchObject({ __typename: type, path });
  });
});
