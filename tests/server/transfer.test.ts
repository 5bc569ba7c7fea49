import { toLevels } from '../../src/compute/distances/index.js';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel, type LayersModel } from '../tfjs-layers.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/registry.js';
import { loadConfig } from '../../src/config.js';
import { type Outcomes, staysRight, unpackOutcomes, wasRight } from '../../src/results/outcomes.js';
import { transferredOutcomes, unpackTarget } from '../../src/results/transfer.js';
import { encodeGlobalId, rowId } from '../../src/storage/global-id.js';
import type { Visibility } from '../../src/storage/generated/client.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, type GraphQLClient, until } from './support/client.js';
import { finished, readJob, registerMnist, START as START_EVALUATION, startEvaluation, submitArchitecture } from './support/operations.js';
import { Statements } from './support/statements.js';

const OFFSET = 3;
const COUNT = 40;
const { assetsDirectory } = loadConfig({});
const statements = new Statements();

let app: TestApplication;
let datasetId: string;
let baseline: string;
let adversarial: string;
/** What comes of the first transfer: FGSM and iter. l.l. at two budgets, from both models to both. */
let matrix: Matrix;

interface Share {
  value: number | null;
  lower: number;
  upper: number;
  n: number;
}

interface CellView {
  source: { id: string };
  target: { id: string };
  evaluation: { id: string };
  attack: { kind: string; epsilon: number; parameters: Record<string, unknown> };
  n: number;
  bothRight: number;
  rate: Share;
  rateTop5: Share;
  sameWrongClass: Share;
  errorRate: Share;
  errorRateTop5: Share;
  cleanErrorRate: Share;
  cleanErrorRateTop5: Share;
  agreement: Share;
  kappa: number | null;
  symmetricRate: number | null;
}

interface Matrix {
  sources: { id: string }[];
  targets: { id: string }[];
  cells: CellView[];
}

const SHARE = '{ value lower upper n }';
const CELL = `source { id } target { id } evaluation { id } attack { kind epsilon parameters } n bothRight rate ${SHARE} rateTop5 ${SHARE} sameWrongClass ${SHARE}
  errorRate ${SHARE} errorRateTop5 ${SHARE} cleanErrorRate ${SHARE} cleanErrorRateTop5 ${SHARE} agreement ${SHARE} kappa symmetricRate`;

const START = `mutation ($input: StartTransferInput!) { startTransfer(input: $input) { __typename
  ... on StartTransferSuccess { transfer { id } job { id kind progress { total unit } } } ... on UserError { message path } } }`;

async function start(input: object, graphql: GraphQLClient = app.graphql) {
  const request = { datasetId, attacks: [{ fgsm: { epsilon: 0.3 } }], sampleCount: COUNT, offset: OFFSET, ...input };
  return (await dataOf(graphql(START, { input: request }))).startTransfer;
}

async function transferred(input: object): Promise<string> {
  const started = await start(input);
  expect(await finished(app.graphql, started.job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
  return started.transfer.id;
}

async function readMatrix(input: object = {}, graphql: GraphQLClient = app.graphql): Promise<Matrix> {
  const query = `query ($input: TransferMatrixInput!) { transferMatrix(input: $input) { sources { id } targets { id } cells { ${CELL} } } }`;
  return (await dataOf(graphql(query, { input: { datasetId, ...input } }))).transferMatrix;
}

const cellOf = ({ cells }: Matrix, source: string, target: string, kind = 'FGSM', epsilon = 0.3) =>
  cells.find(
    (cell) => cell.source.id === source && cell.target.id === target && cell.attack.kind === kind && cell.attack.epsilon === epsilon,
  )!;

async function submit(folder: string, visibility: Visibility = 'PUBLIC', owner = 'someone', name = folder): Promise<string> {
  const directory = join(assetsDirectory, 'models', folder);
  const { id } = await app.services.models.submitFolder({ name: owner, role: 'ADMIN' }, { name, visibility }, directory);
  return encodeGlobalId('Model', id);
}

beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_SHARD_SIZE: '25' }, { onQuery: statements.onQuery });
  datasetId = await registerMnist(app.graphql);
  [baseline, adversarial] = [await submit('mnist-baseline'), await submit('mnist-adversarial')];
  const attacks = [{ fgsm: { epsilon: 1 } }, { iterLl: { epsilon: 1 } }];
  const both = [baseline, adversarial];
  await transferred({ sourceIds: both, targetIds: both, attacks, epsilons: [0.1, 0.3] });
  matrix = await readMatrix();
});
afterAll(() => app?.close());

/** As tfjs-layers itself reads and applies a shipped model. */
async function plainModel(folder: string): Promise<LayersModel> {
  const directory = join(assetsDirectory, 'models', folder);
  const { modelTopology, weightsManifest } = JSON.parse(await readFile(join(directory, 'model.json'), 'utf8')) as {
    modelTopology: object;
    weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[];
  };
  const weightData = new Uint8Array(await readFile(join(directory, 'weights.bin'))).buffer;
  await tf.setBackend('cpu');
  return loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest.flatMap(({ weights }) => weights), weightData }));
}

/** Classes by falling score. @param images `[n, 28, 28, 1]`, 8 bits. */
function ranked(model: LayersModel, images: Uint8Array): number[][] {
  const scores = tf.tidy(
    () =>
      (
        model.predict(
          tf.tensor4d(
            Float32Array.from(images, (pixel) => pixel / 255),
            [images.length / 784, 28, 28, 1],
          ),
        ) as tf.Tensor2D
      ).arraySync() as number[][],
  );
  return scores.map((row) => [...row.keys()].sort((a, b) => row[b]! - row[a]!));
}

describe('a transfer', () => {
  it('has the counts of plain predictions on the same images', async () => {
    const dataset = await openDataset({ format: 'mnist', split: 'test' });
    const { images: levels, labels } = await dataset.read(OFFSET, COUNT);
    const images = toLevels(levels);
    await dataset.close();
    const models = new Map([
      [baseline, await plainModel('mnist-baseline')],
      [adversarial, await plainModel('mnist-adversarial')],
    ]);
    const clean = new Map([...models].map(([id, model]) => [id, ranked(model, images)]));
    const count = (holds: (i: number) => boolean) => [...labels.keys()].filter(holds).length;
    const within = (k: number, ranks: number[][]) => (i: number) => ranks[i]!.slice(0, k).includes(labels[i]!);
    const share = (part: number, n: number) => ({ value: n === 0 ? null : (expect.closeTo(part / n, 10) as unknown), n });
    expect(matrix.cells).toHaveLength(2 * 2 * 2 * 2);
    for (const [source, kind] of [
      [baseline, 'FGSM'],
      [adversarial, 'FGSM'],
      [baseline, 'ITER_LL'],
    ] as const) {
      const { evaluation } = cellOf(matrix, source, source, kind);
      const { imagesArtifactId } = await app.runtime.database.prisma.evaluation.findUniqueOrThrow({
        where: { id: rowId(evaluation.id, 'Evaluation') },
      });
      const stored = (await app.runtime.artifacts.readRange(imagesArtifactId!, 0, COUNT * 784))!;
      const attacked = new Map([...models].map(([id, model]) => [id, ranked(model, stored)]));
      for (const target of models.keys()) {
        const bothRight = (k: number) => (i: number) => within(k, clean.get(source)!)(i) && within(k, clean.get(target)!)(i);
        const fooled = (k: number) => (i: number) => bothRight(k)(i) && !within(k, attacked.get(source)!)(i);
        const both = (k: number) => (i: number) => fooled(k)(i) && !within(k, attacked.get(target)!)(i);
        const same = (ranks: Map<string, number[][]>) => (i: number) => ranks.get(source)![i]![0] === ranks.get(target)![i]![0];
        const errors = (k: number, ranks: Map<string, number[][]>) => COUNT - count(within(k, ranks.get(target)!));
        const sameWrong = count((i) => both(1)(i) && same(attacked)(i));
        expect(cellOf(matrix, source, target, kind)).toMatchObject({
          n: COUNT,
          bothRight: count(bothRight(1)),
          rate: share(count(both(1)), count(fooled(1))),
          rateTop5: share(count(both(5)), count(fooled(5))),
          sameWrongClass: share(sameWrong, count(fooled(1))),
          errorRate: share(errors(1, attacked), COUNT),
          errorRateTop5: share(errors(5, attacked), COUNT),
          cleanErrorRate: share(errors(1, clean), COUNT),
          cleanErrorRateTop5: share(errors(5, clean), COUNT),
          agreement: share(count(same(clean)), COUNT),
        });
      }
    }
  });

  it('always fools its source, and often another model', () => {
    for (const epsilon of [0.1, 0.3]) {
      for (const kind of ['FGSM', 'ITER_LL']) {
        for (const model of [baseline, adversarial]) {
          const cell = cellOf(matrix, model, model, kind, epsilon);
          expect(cell).toMatchObject({ rate: { value: cell.rate.n === 0 ? null : 1 }, agreement: { value: 1 }, kappa: 1 });
          expect(cell.sameWrongClass.value).toBe(cell.rate.value);
        }
      }
    }
    const across = cellOf(matrix, adversarial, baseline);
    expect(across.rate.value).toBeGreaterThan(0.2);
    expect(across.errorRate.value!).toBeGreaterThan(across.cleanErrorRate.value!);
    expect(across.rate.lower).toBeLessThan(across.rate.value!);
    expect(across.rate.upper).toBeGreaterThan(across.rate.value!);
  });

  it('has agreement measures that are symmetric in source and target', () => {
    const [there, back] = [cellOf(matrix, baseline, adversarial), cellOf(matrix, adversarial, baseline)];
    expect([there.agreement, there.kappa]).toEqual([back.agreement, back.kappa]);
    expect(there.symmetricRate).toBe(back.symmetricRate);
    expect(there.symmetricRate).toBeCloseTo((there.rate.value! + back.rate.value!) / 2, 10);
  });

  it('runs no new attack for a new target, and nothing at all where all results exist', async () => {
    const mlp = await submitArchitecture(app.graphql, 'mlp', 'mlp');
    const before = await app.inventory();
    const id = await transferred({ sourceIds: [baseline, adversarial], targetIds: [mlp] });
    const { artifacts, evaluations, jobs } = before;
    await expect.poll(() => app.inventory()).toMatchObject({ artifacts, evaluations, jobs: jobs! + 1 });
    const { transfer } = await dataOf(
      app.graphql(
        `query ($id: ID!) { transfer(id: $id) { offset sampleCount seed finishedAt dataset { id } sources { name } targets { id }
        evaluations { model { name } attack { kind } } job { kind transfer { id } progress { done total unit } } cells { ${CELL} } } }`,
        { id },
      ),
    );
    expect(transfer).toMatchObject({
      offset: OFFSET,
      sampleCount: COUNT,
      dataset: { id: datasetId },
      sources: [{ name: 'mnist-adversarial' }, { name: 'mnist-baseline' }],
      targets: [{ id: mlp }],
      job: { kind: 'transfer', transfer: { id }, progress: { done: 2, total: 2, unit: 'pairs' } },
    });
    expect(transfer.evaluations).toHaveLength(2);
    // Weights without training: what both get right is little, and never NaN.
    for (const cell of transfer.cells) expect(cell.rate.n === 0 ? cell.rate.value === null : cell.rate.value <= 1).toBe(true);
    expect(await readMatrix({ targetIds: [mlp] })).toEqual(
      expect.objectContaining({ targets: [{ id: mlp }], cells: expect.arrayContaining(transfer.cells) as unknown }),
    );

    const again = await start({ sourceIds: [adversarial, baseline], targetIds: [mlp, mlp] });
    expect(again.transfer.id).toBe(id);
    expect((await dataOf(app.graphql('query ($id: ID!) { node(id: $id) { __typename } }', { id }))).node.__typename).toBe('Transfer');
  });

  it('adds a finding to an attack on the target that fools fewer examples', async () => {
    const attacks = [{ iterBasic: { epsilon: 0.3, alpha: 0.01, steps: 2 } }];
    const request = { modelId: baseline, datasetId, attacks, sampleCount: COUNT, offset: OFFSET };
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, request);
    await finished(app.graphql, jobIds[0]!);
    const query = 'query ($id: ID!) { evaluation(id: $id) { findings { code evidence comparedWith { id model { id } } } } }';
    const { evaluation } = await dataOf(app.graphql(query, { id: evaluationIds[0] }));
    const finding = evaluation.findings.find(({ code }: { code: string }) => code === 'TRANSFER_BEATS_WHITE_BOX');
    expect(finding).toMatchObject({ evidence: { n: COUNT }, comparedWith: { model: { id: adversarial } } });
  });

  it('separates attacks by their parameters, and takes for each the latest evaluation of the most examples', async () => {
    const ask = (label: string, sampleCount: number) =>
      transferred({
        sourceIds: [baseline],
        targetIds: [adversarial],
        attacks: [{ fgsm: { epsilon: 0.15, label } }],
        sampleCount,
        offset: 0,
      });
    await ask('TRUE', 20);
    await ask('PREDICTED', 10);
    await ask('TRUE', 10);
    const { cells } = await readMatrix({ epsilons: [0.15] });
    expect(cells.map(({ attack, n }) => [attack.parameters['label'], n]).sort()).toEqual([
      ['PREDICTED', 10],
      ['TRUE', 20],
    ]);
  });

  it('makes the images of an evaluation that kept none, and no second evaluation', async () => {
    const attacks = [{ pgd: { epsilon: 0.2, steps: 3 } }];
    const request = { modelId: baseline, datasetId, attacks, sampleCount: 30 };
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, request);
    await finished(app.graphql, jobIds[0]!);
    const query = `query ($id: ID!) { evaluation(id: $id) { requestHash finishedAt clean { top1 { value } } adversarial { top1 { value } }
      queries gradients meanDistortion { linf l2 } findings { code } job { id kind state evaluation { id } } examples(first: 1) { nodes { adversarialImageUrl } } } }`;
    const read = async () => (await dataOf(app.graphql(query, { id: evaluationIds[0] }))).evaluation;
    const { job: computed, examples: before, ...numbers } = await read();
    expect(before.nodes).toEqual([{ adversarialImageUrl: null }]);
    const { evaluations } = await app.inventory();
    await transferred({ sourceIds: [baseline], targetIds: [adversarial], attacks, sampleCount: 30, offset: 0 });
    const [cell] = (await readMatrix({ epsilons: [0.2] })).cells;
    expect(cell).toMatchObject({ n: 30, evaluation: { id: evaluationIds[0] } });
    expect(await app.inventory()).toMatchObject({ evaluations, shards: 0 });
    const { job, examples, ...after } = await read();
    expect(after).toEqual(numbers);
    expect(job).toMatchObject({ kind: 'images', state: 'SUCCEEDED', evaluation: { id: evaluationIds[0] } });
    expect(job.id).not.toBe(computed.id);
    expect(examples.nodes[0].adversarialImageUrl).toMatch(/^\/artifacts/);
    // Now it has them: the same evaluation with images, started in any order, is this one, and finished.
    const again = await startEvaluation(app.graphql, { ...request, keepImages: true });
    expect(again).toEqual({ evaluationIds, jobIds: [job.id] });
  });

  it('leaves an evaluation its numbers where its images are cancelled, and reports that it made none', async () => {
    const attacks = [{ pgd: { epsilon: 0.25, steps: 40 } }];
    const request = { modelId: baseline, datasetId, attacks, sampleCount: 200 };
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, request);
    await finished(app.graphql, jobIds[0]!);
    const started = await start({ sourceIds: [baseline], targetIds: [adversarial], attacks, sampleCount: 200, offset: 0 });
    const query = 'query ($id: ID!) { evaluation(id: $id) { adversarial { top1 { n } } job { id kind state } } }';
    const read = async () => (await dataOf(app.graphql(query, { id: evaluationIds[0] }))).evaluation;
    const { job: images } = await read();
    expect(images.kind).toBe('images');
    await until(async () => (await readJob(app.graphql, images.id)).progress.done > 0, 'images');
    expect(await read()).toMatchObject({ adversarial: { top1: { n: 200 } } });
    const cancel = 'mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { __typename } }';
    expect((await dataOf(app.graphql(cancel, { id: images.id }))).cancelJob.__typename).toBe('CancelJobSuccess');
    expect(await read()).toMatchObject({ adversarial: { top1: { n: 200 } }, job: { id: jobIds[0], state: 'SUCCEEDED' } });
    expect(await finished(app.graphql, started.job.id)).toMatchObject({
      state: 'FAILED',
      errorCode: 'INCOMPLETE',
      error: expect.stringContaining('PGD on "mnist-baseline" made no images (cancelled)') as unknown,
    });
    await expect.poll(() => app.inventory()).toMatchObject({ shards: 0 });
  });

  it('keeps its results when it is cancelled, and continues from them when it is requested again', async () => {
    const input = { sourceIds: [baseline], targetIds: [baseline, adversarial], attacks: [{ stepLl: { epsilon: 0.1 } }], sampleCount: 500 };
    const { job, transfer } = await start(input);
    const cancel = 'mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { __typename } }';
    expect((await dataOf(app.graphql(cancel, { id: job.id }))).cancelJob.__typename).toBe('CancelJobSuccess');
    const { prisma } = app.runtime.database;
    expect(await prisma.transfer.findUnique({ where: { id: rowId(transfer.id, 'Transfer') } })).toMatchObject({
      finishedAt: expect.any(Date) as unknown,
    });
    const next = await transferred(input);
    expect(next).not.toBe(transfer.id);
    expect((await readMatrix({ attackKinds: ['STEP_LL'] })).cells).toHaveLength(2);
  });

  it('reports which pairs have no result and why, and keeps the others', async () => {
    const attacks = [{ fgsm: { epsilon: 0.05 } }, { stepRnd: { epsilon: 0.05 } }];
    const input = { sourceIds: [baseline], targetIds: [baseline, adversarial], attacks, sampleCount: 500 };
    const { job, transfer } = await start(input);
    const evaluation = await app.runtime.database.prisma.evaluation.findFirstOrThrow({ where: { attackKind: 'STEP_RND' } });
    const cancel = 'mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { __typename } }';
    await dataOf(app.graphql(cancel, { id: encodeGlobalId('Job', evaluation.jobId) }));
    expect(await finished(app.graphql, job.id)).toMatchObject({
      state: 'FAILED',
      errorCode: 'INCOMPLETE',
      error: expect.stringMatching(/^2 pairs .*STEP_RND on "mnist-baseline" made no images \(cancelled\)/) as unknown,
    });
    const read = await dataOf(app.graphql('query ($id: ID!) { transfer(id: $id) { cells { attack { kind } } } }', { id: transfer.id }));
    expect(read.transfer.cells).toEqual([{ attack: { kind: 'FGSM' } }, { attack: { kind: 'FGSM' } }]);
  });

  it('is refused with a message that says what to do, and leaves nothing behind', async () => {
    const large = await submitArchitecture(app.graphql, 'large', 'resnet-20');
    const before = await app.inventory();
    const sound = { sourceIds: [baseline], targetIds: [adversarial] };
    for (const [input, type, message, path] of [
      [{ sourceIds: [] }, 'ValidationError', /at least one model/, ['sourceIds']],
      [{ targetIds: [] }, 'ValidationError', /at least one model/, ['targetIds']],
      [{ attacks: [] }, 'ValidationError', /at least one attack/, ['attacks']],
      [{ epsilons: [] }, 'ValidationError', /at least one budget/, ['epsilons']],
      [{ sampleCount: 20_000 }, 'ValidationError', /1 to 9997 examples/, ['sampleCount']],
      [{ sourceIds: [datasetId] }, 'NotFoundError', /no model/, ['sourceIds', '0']],
      [{ targetIds: [baseline, 'x'] }, 'NotFoundError', /no model/, ['targetIds', '1']],
      [{ datasetId: baseline }, 'NotFoundError', /no data set/, ['datasetId']],
      [{ targetIds: [baseline, large] }, 'ModelDatasetMismatchError', /32×32×3/, ['targetIds', '1']],
      [onSources([baseline, 'x']), 'NotFoundError', /no model/, ['attacks', '0', 'ensemble', 'sourceModelIds', '1']],
      [onSources([large]), 'ModelDatasetMismatchError', /32×32×3/, ['attacks', '0', 'ensemble', 'sourceModelIds', '0']],
      [onSources([]), 'ValidationError', /1 to 10 models/, ['attacks', '0', 'ensemble', 'sourceModelIds']],
      [onSources([baseline], { weights: [1, 2] }), 'ValidationError', /one weight for each/, ['attacks', '0', 'ensemble', 'weights']],
      [onSources([baseline], { weights: [0] }), 'ValidationError', /above 0/, ['attacks', '0', 'ensemble', 'weights']],
      [
        { targetIds: Array(1000).fill(baseline), epsilons: Array.from({ length: 11 }, (_, i) => i / 100) },
        'LimitExceededError',
        /10000 pairs/,
        ['targetIds'],
      ],
    ] as const) {
      expect(await start({ ...sound, ...input })).toMatchObject({
        __typename: type,
        message: expect.stringMatching(message) as unknown,
        path,
      });
    }
    await expect.poll(() => app.inventory()).toEqual(before);
  });
});

/** An attack on an ensemble of source models, as a part of a request. */
const onSources = (sourceModelIds: string[], given: object = {}, attack: object = { fgsm: { epsilon: 0.3 } }) => ({
  attacks: [{ ensemble: { attacks: [attack], sourceModelIds, ...given } }],
});

describe('an attack on an ensemble of source models', () => {
  const QUERY = `query ($id: ID!) { evaluation(id: $id) { adversarial { top1 { value } } queries gradients successRate { value } meanDistortion { linf }
    attack { kind epsilon parameters } model { id } sourceModels { id } findings { code comparedWith { attack { kind } } } } }`;

  async function evaluated(modelId: string, attack: object, graphql: GraphQLClient = app.graphql) {
    const request = { modelId, datasetId, sampleCount: COUNT, offset: OFFSET, ...attack };
    const { evaluationIds, jobIds } = await startEvaluation(graphql, request);
    expect(await finished(graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED', error: null });
    return { id: evaluationIds[0]!, ...(await dataOf(graphql(QUERY, { id: evaluationIds[0] }))).evaluation };
  }

  it("whose gradients are not everyone's is seen, with its images, by those who see the sources", async () => {
    const [alice, viewer] = await Promise.all(
      (['SUBMITTER', 'VIEWER'] as const).map(async (role) => {
        const { secret } = await app.services.tokens.create({ name: `ensemble-${role}`, role });
        return { authorization: `Bearer ${secret}`, graphql: graphqlClient(app.graphqlUrl, `Bearer ${secret}`) };
      }),
    );
    const secret = await submitArchitecture(alice!.graphql, 'secret-source');
    const { id } = await evaluated(baseline, { ...onSources([secret], {}, { fgsm: { epsilon: 0.1 } }), keepImages: true }, alice!.graphql);
    const { prisma } = app.runtime.database;
    const { imagesArtifactId } = await prisma.evaluation.findUniqueOrThrow({ where: { id: rowId(id, 'Evaluation') } });
    const seen = async ({ graphql, authorization }: { graphql: GraphQLClient; authorization: string }) => {
      const { status, body } = await fetch(`${app.url}/artifacts/${imagesArtifactId}`, { headers: { authorization } });
      await body?.cancel();
      const { evaluation } = await dataOf(graphql('query ($id: ID!) { evaluation(id: $id) { id } }', { id }));
      return [evaluation !== null, status];
    };
    expect(await seen(alice!)).toEqual([true, 200]);
    expect(await seen(viewer!)).toEqual([false, 404]);
    const update = 'mutation ($input: UpdateModelInput!) { updateModel(input: $input) { __typename } }';
    const show = (visibility: string) => dataOf(alice!.graphql(update, { input: { modelId: secret, visibility } }));
    await show('LISTED');
    expect(await seen(viewer!)).toEqual([true, 404]);
    await show('PUBLIC');
    expect(await seen(viewer!)).toEqual([true, 200]);
    await show('PRIVATE');
    const remove = 'mutation ($input: DeleteModelInput!) { deleteModel(input: $input) { __typename } }';
    await dataOf(alice!.graphql(remove, { input: { modelId: secret } }));
    expect(await seen(alice!)).toEqual([false, 404]);
  });

  it('of one model counts as the transfer from that model does', async () => {
    for (const [source, target] of [
      [adversarial, baseline],
      [baseline, adversarial],
    ] as const) {
      const evaluation = await evaluated(target, onSources([source]));
      expect(evaluation.adversarial.top1.value).toBeCloseTo(1 - cellOf(matrix, source, target).errorRate.value!, 12);
      expect(evaluation).toMatchObject({
        model: { id: target },
        sourceModels: [{ id: source }],
        attack: { kind: 'ENSEMBLE', epsilon: 0.3 },
      });
    }
  });

  it('fools every source better than images of the other source do, in each fusion, and names its sources', async () => {
    const attack = { miFgsm: { epsilon: 0.2 } };
    const alone = await evaluated(adversarial, onSources([baseline], {}, attack));
    for (const fusion of ['LOGITS', 'PROBABILITIES', 'LOSSES']) {
      const request = onSources([baseline, adversarial], { fusion, weights: [1, 2] }, attack);
      const evaluation = await evaluated(adversarial, request);
      expect(evaluation.adversarial.top1.value, fusion).toBeLessThan(alone.adversarial.top1.value);
      // Ten passes of two models for each image.
      expect(evaluation).toMatchObject({ gradients: 20, queries: 20 });
      expect(evaluation.sourceModels).toEqual([{ id: baseline }, { id: adversarial }]);
      expect(evaluation.attack.parameters).toMatchObject({ fusion, weights: [1, 2], sourceModelIds: [baseline, adversarial] });
      expect(evaluation.meanDistortion.linf).toBeLessThan(0.2001);
      const onBaseline = await evaluated(baseline, request);
      expect(onBaseline.adversarial.top1.value, fusion).toBeLessThan(0.3);
    }
  });

  it('of other models that fools more than an attack on the model itself is a finding about that attack', async () => {
    const weak = await evaluated(baseline, { attacks: [{ iterBasic: { epsilon: 0.3, alpha: 0.005, steps: 2 } }] });
    await evaluated(baseline, onSources([adversarial], {}, { miFgsm: { epsilon: 0.3 } }));
    const { evaluation } = await dataOf(app.graphql(QUERY, { id: weak.id }));
    const codes = evaluation.findings.map(({ code }: { code: string }) => code);
    expect(codes).toContain('TRANSFER_BEATS_WHITE_BOX');
    expect(codes).not.toContain('BLACK_BOX_BEATS_WHITE_BOX');
    expect(codes).not.toContain('NOISE_BEATS_GRADIENT');
  });

  it("with a private source is its owner's only, lets nobody else attack it, and outlives a public one", async () => {
    const owner = graphqlClient(app.graphqlUrl, await app.authorizationOf('owner', 'SUBMITTER'));
    const other = graphqlClient(app.graphqlUrl, await app.authorizationOf('other', 'SUBMITTER'));
    const secret = await submit('mnist-adversarial', 'PRIVATE', 'owner', 'secret source');
    const { id, sourceModels } = await evaluated(baseline, onSources([secret]), owner);
    expect(sourceModels).toEqual([{ id: secret }]);
    expect((await dataOf(other(QUERY, { id }))).evaluation).toBeNull();
    const refused = await dataOf(other(START_EVALUATION, { input: { modelId: baseline, datasetId, ...onSources([secret]) } }));
    expect(refused.startEvaluation).toMatchObject({ __typename: 'NotFoundError' });
    const show = 'mutation ($id: ID!) { updateModel(input: { modelId: $id, visibility: PUBLIC }) { __typename } }';
    await dataOf(owner(show, { id: secret }));
    await dataOf(owner('mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }', { id: secret }));
    expect((await dataOf(owner(QUERY, { id }))).evaluation).toMatchObject({ sourceModels: [], model: { id: baseline } });
  });
});

describe('headlines', () => {
  /** Evaluations of both models at ε, with what the target makes of their images. */
  async function outcomesFor(target: string, epsilon: number) {
    const targetModelId = rowId(target, 'Model')!;
    const evaluations = await app.services.prisma.evaluation.findMany({
      where: { epsilon, sampleCount: COUNT, offset: OFFSET, seed: 0, attackKind: { in: ['FGSM', 'ITER_LL'] } },
      select: {
        id: true,
        modelId: true,
        attackKind: true,
        outcomes: true,
        transferResults: { where: { targetModelId }, select: { outcomes: true } },
      },
    });
    return evaluations.flatMap(({ transferResults: [result], ...one }) =>
      result
        ? [
            {
              ...one,
              isOwn: one.modelId === targetModelId,
              of: transferredOutcomes(unpackOutcomes(one.outcomes!), unpackTarget(result.outcomes)),
            },
          ]
        : [],
    );
  }
  const right = (all: readonly { of: Outcomes }[]) =>
    Array.from({ length: COUNT }, (_, i) => all.every(({ of }) => wasRight(of, i) && staysRight(of, i))).filter(Boolean).length / COUNT;

  it('count transferred images against the model that they fool', async () => {
    const board = `query ($input: LeaderboardInput!) { leaderboard(input: $input) {
      entries { nodes { model { id } robust { value } bestKnown { value } evaluationCount transferCount } } } }`;
    const worst = `query ($input: WorstCaseInput!) { worstCase(input: $input) { robust { value } contributions { transferred evaluation { id model { id } } } } }`;
    const range = { datasetId, sampleCount: COUNT, offset: OFFSET };
    let lowered = 0;
    for (const target of [baseline, adversarial]) {
      for (const epsilon of [0.1, 0.3]) {
        const all = await outcomesFor(target, epsilon);
        const others = all.filter(({ isOwn }) => !isOwn);
        expect([all.length, others.length]).toEqual([4, 2]);
        for (const attackKind of ['FGSM', 'ITER_LL']) {
          const own = all.filter((one) => one.isOwn && one.attackKind === attackKind);
          const input = { ...range, norm: 'LINF', epsilon, attackKinds: [attackKind] };
          const { nodes } = (await dataOf(app.graphql(board, { input }))).leaderboard.entries;
          const counts = {
            evaluationCount: 1,
            transferCount: 2,
            robust: { value: right([...own, ...others]) },
            bestKnown: { value: right(all) },
          };
          expect(nodes.find(({ model }: { model: { id: string } }) => model.id === target)).toMatchObject(counts);
          if (right([...own, ...others]) < right(own)) lowered++;
          const named = { modelId: target, datasetId, evaluationIds: own.map(({ id }) => encodeGlobalId('Evaluation', id)) };
          expect((await dataOf(app.graphql(worst, { input: named }))).worstCase.robust.value).toBe(right(own));
        }
        const inside = { ...range, modelId: target, threat: { norm: 'LINF', epsilon } };
        const { robust, contributions } = (await dataOf(app.graphql(worst, { input: inside }))).worstCase;
        expect(robust.value).toBeLessThanOrEqual(right(all));
        const transferredOnes = contributions.filter((one: { transferred: boolean }) => one.transferred);
        expect(transferredOnes).toHaveLength(4);
        for (const { evaluation } of transferredOnes) expect(evaluation.model.id).toBe(target === baseline ? adversarial : baseline);
      }
    }
    expect(lowered).toBeGreaterThan(0);
  });

  it('count the images of transfers that finished before their bits were kept', async () => {
    const { prisma } = app.services;
    const bits = () =>
      prisma.transferResult.findMany({ omit: { adversarialRight: false }, orderBy: [{ evaluationId: 'asc' }, { targetModelId: 'asc' }] });
    const before = await bits();
    await prisma.$executeRaw`UPDATE "TransferResult" SET "adversarialRight" = ''`;
    const migration = await readFile(join(loadConfig({}).migrationsDirectory, '20261129131000_headlines', 'migration.sql'), 'utf8');
    await prisma.$executeRawUnsafe(/^UPDATE [^;]*;/m.exec(migration)![0]);
    expect(await bits()).toEqual(before);
  });
});

describe('a transfer matrix', () => {
  it('can be filtered by sources, targets, attack, budget, range and architecture', async () => {
    const size = async (input: object) =>
      (await readMatrix({ sampleCount: COUNT, targetIds: [baseline, adversarial], ...input })).cells.length;
    expect(await size({})).toBe(16);
    expect(await size({ sourceIds: [baseline] })).toBe(8);
    expect(await size({ sourceIds: [baseline], targetIds: [adversarial] })).toBe(4);
    expect(await size({ attackKinds: ['ITER_LL'] })).toBe(8);
    expect(await size({ epsilons: ['1/10', 0.3], attackKinds: ['FGSM'] })).toBe(8);
    expect(await size({ seed: 1 })).toBe(0);
    expect(await size({ offset: 0 })).toBe(0);
    expect(await size({ architectures: ['resnet-20'] })).toBe(0);
    expect(await size({ sourceIds: ['x'] })).toBe(0);
    expect(await readMatrix({ datasetId: baseline })).toEqual({ sources: [], targets: [], cells: [] });
  });

  it('takes the same number of statements for any size', async () => {
    const counted = async (input: object) => {
      const [{ cells }, sent] = await statements.during(() => readMatrix(input));
      return [cells.length, sent.length] as const;
    };
    const [few, statementsOfFew] = await counted({ sourceIds: [baseline], attackKinds: ['FGSM'], epsilons: [0.3] });
    // As nothing that is kept was asked for.
    const [many, statementsOfMany] = await counted({ offset: OFFSET });
    expect(many).toBeGreaterThan(4 * few);
    expect(statementsOfMany).toBe(statementsOfFew);
    // Data set, how many there are, results, their evaluations for the cells, models, evaluations.
    expect(statementsOfMany).toBeLessThanOrEqual(6);
  });

  it('shows private models to their owner only, and loses the cells of deleted models', async () => {
    const graphql = graphqlClient(app.graphqlUrl, await app.authorizationOf('owner', 'SUBMITTER'));
    const other = graphqlClient(app.graphqlUrl, await app.authorizationOf('other', 'SUBMITTER'));
    const seen = async (client: GraphQLClient) => {
      const { transfers } = await dataOf(client('{ transfers(first: 100) { totalCount nodes { targets { id } } } }'));
      return { transfers: transfers.totalCount, cells: (await readMatrix({}, client)).cells.length };
    };
    const before = { seen: await seen(other), inventory: await app.inventory() };
    const hidden = await submit('mnist-adversarial', 'PRIVATE', 'owner', 'hidden');
    const started = await start({ sourceIds: [baseline, hidden], targetIds: [baseline, hidden] }, graphql);
    await finished(graphql, started.job.id);
    expect((await readMatrix({}, graphql)).cells.length).toBe(before.seen.cells + 3);
    expect(await seen(graphql)).toMatchObject({ transfers: before.seen.transfers + 1 });
    expect(await seen(other)).toEqual(before.seen);
    expect((await dataOf(other('query ($id: ID!) { node(id: $id) { id } }', { id: started.transfer.id }))).node).toBeNull();
    expect((await dataOf(other('query ($id: ID!) { job(id: $id) { id } }', { id: started.job.id }))).job).toBeNull();
    expect(await start({ sourceIds: [baseline], targetIds: [hidden] }, other)).toMatchObject({ __typename: 'NotFoundError' });

    const remove = 'mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }';
    expect((await dataOf(graphql(remove, { id: hidden }))).deleteModel.__typename).toBe('DeleteModelSuccess');
    await expect.poll(() => app.inventory()).toEqual(before.inventory);
    expect(await seen(graphql)).toEqual(before.seen);
  });
});
