import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Prisma } from '../../src/storage/generated/client.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, RESULT, START, startEvaluation, submitArchitecture } from './support/operations.js';
import { readFolder, tarOf, upload, zipOf } from './support/upload.js';

let app: TestApplication;
let datasetId: string;

beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_SHARD_SIZE: '16' });
  datasetId = await registerMnist(app.graphql);
});
afterAll(() => app?.close());

const SUBMIT = `mutation ($input: SubmitModelInput!) {
  submitModel(input: $input) {
    __typename
    ... on SubmitModelSuccess { model { id status fingerprint } job { id kind model { id } } }
    ... on UserError { message path }
  }
}`;

const CARD = `query ($id: ID!) { model(id: $id) {
  status fingerprint spec { inputShape classCount } output parameterCount multiplyAdds gradientsHealthy downloadUrl
} }`;

async function modelFiles() {
  const directory = join(app.directory, 'built');
  await app.runtime.compute.buildModel({ architecture: 'mnist-small-cnn', seed: 3 }, directory);
  return readFolder(directory);
}

describe('the API', () => {
  it('accepts a model as zip, tar and tar.gz, with one fingerprint', async () => {
    const files = await modelFiles();
    const archives = { zip: zipOf(files), tar: await tarOf(files, false), tgz: await tarOf(files, true) };
    const fingerprints = new Set<string>();
    for (const [name, bytes] of Object.entries(archives)) {
      const uploadId = await upload(app, bytes);
      const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: `uploaded ${name}`, uploadId } }));
      expect(submitModel).toMatchObject({
        __typename: 'SubmitModelSuccess',
        model: { status: 'VALIDATING', fingerprint: null },
        job: { kind: 'validation', model: { id: submitModel.model.id } },
      });
      expect((await finished(app.graphql, submitModel.job.id)).state).toBe('SUCCEEDED');
      const { model } = await dataOf(app.graphql(CARD, { id: submitModel.model.id }));
      expect(model).toMatchObject({
        status: 'READY',
        spec: { inputShape: [28, 28, 1], classCount: 10 },
        output: 'LOGITS',
        gradientsHealthy: true,
      });
      expect(model.multiplyAdds).toBeGreaterThan(model.parameterCount);
      fingerprints.add(model.fingerprint);
      const download = await fetch(app.url + model.downloadUrl, { headers: { authorization: app.authorization } });
      expect(Buffer.from(await download.arrayBuffer()).equals(bytes)).toBe(true);
    }
    expect(fingerprints.size).toBe(1);
    expect((await app.inventory()).uploads).toBe(0);
  });

  it('computes all results of an evaluation from the outcomes of its examples', async () => {
    const modelId = await submitArchitecture(app.graphql, 'first');
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, {
      modelId,
      datasetId,
      attacks: [{ fgsm: { epsilon: '8/255' } }],
      sampleCount: 40,
      offset: 5,
      keepImages: true,
    });
    expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED', progress: { done: 40, total: 40 }, error: null });
    const { evaluation } = await dataOf(
      app.graphql(
        `query ($id: ID!) { evaluation(id: $id) { ${RESULT} examples(first: 100) { totalCount edges { cursor node {
          index label success queries clean { label confidence top5 } adversarial { label confidence top5 }
          distortion { linf l2 l1 l0 rms ssim pass } cleanImageUrl adversarialImageUrl } } } } }`,
        { id: evaluationIds[0] },
      ),
    );
    expect(evaluation).toMatchObject({
      model: { id: modelId },
      dataset: { id: datasetId },
      job: { id: jobIds[0], state: 'SUCCEEDED', evaluation: { id: evaluationIds[0] } },
      attack: { kind: 'FGSM', epsilon: 8 / 255, norm: 'LINF', parameters: { epsilon: 8 / 255, label: 'TRUE' } },
      sampleCount: 40,
      offset: 5,
      seed: 0,
      // The network has learned nothing.
      findings: [{ code: 'CLEAN_ACCURACY_NEAR_CHANCE' }, { code: 'TOO_FEW_EXAMPLES' }],
    });
    const examples = evaluation.examples.edges.map((edge: { node: object }) => edge.node);
    expect(evaluation.examples.totalCount).toBe(40);
    expect(examples.map((example: { index: number }) => example.index)).toEqual(Array.from({ length: 40 }, (_, i) => 5 + i));

    type Example = {
      label: number;
      clean: { label: number };
      adversarial: { label: number };
      success: boolean;
      distortion: { linf: number; l2: number; l1: number; rms: number; ssim: number; pass: number };
    };
    const right = (examples as Example[]).filter((example) => example.clean.label === example.label).length;
    const still = (examples as Example[]).filter((example) => example.adversarial.label === example.label).length;
    const successes = (examples as Example[]).filter((example) => example.success);
    expect(evaluation.clean.top1).toMatchObject({ value: right / 40, n: 40 });
    expect(evaluation.adversarial.top1).toMatchObject({ value: still / 40, n: 40 });
    expect(evaluation.successRate.n).toBe(right);
    if (right > 0) expect(evaluation.successRate.value).toBeCloseTo(successes.length / right, 12);
    for (const { distortion } of examples as Example[]) {
      expect(distortion.linf).toBeLessThanOrEqual(8 / 255 + 1e-6);
      expect(distortion.rms).toBeCloseTo(distortion.l2 / 28, 12);
      expect(distortion.l1).toBeGreaterThanOrEqual(distortion.l2);
      for (const similarity of [distortion.ssim, distortion.pass]) expect(similarity).toBeLessThanOrEqual(1);
    }
    const measures = (measure: keyof Example['distortion']) => successes.map(({ distortion }) => distortion[measure]).sort((a, b) => a - b);
    for (const measure of successes.length > 0 ? (['linf', 'l2', 'l1', 'rms', 'ssim', 'pass'] as const) : []) {
      const values = measures(measure);
      const half = (values.length - 1) / 2;
      expect(evaluation.meanDistortion[measure]).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 9);
      expect(evaluation.medianDistortion[measure]).toBeCloseTo((values[Math.floor(half)]! + values[Math.ceil(half)]!) / 2, 9);
    }
    for (const time of [evaluation.createdAt, evaluation.finishedAt]) expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(600_000);
    expect(evaluation.throughput).toBeGreaterThan(0);
    const { seconds } = evaluation;
    for (const phase of ['decode', 'clean', 'attack', 'predict', 'metrics', 'store']) expect(seconds[phase]).toBeGreaterThan(0);
    // The engine has one evaluation at a time; what passes beside it is in no sum.
    expect(seconds.clean + seconds.attack + seconds.predict).toBeLessThan(seconds.total);
    expect(evaluation.imagesPerSecond).toBeCloseTo(40 / seconds.total, 9);
    expect(evaluation.throughput).toBeGreaterThan(evaluation.imagesPerSecond);
    expect(evaluation.engine).toBe((await app.runtime.compute.engine()).label);

    for (const which of ['cleanImageUrl', 'adversarialImageUrl']) {
      const response = await fetch(app.url + examples[0][which], { headers: { authorization: app.authorization } });
      expect(response.headers.get('content-type')).toBe('image/png');
      expect(await sharp(Buffer.from(await response.arrayBuffer())).metadata()).toMatchObject({ width: 28, height: 28 });
    }
  });

  it('has no seconds for an evaluation from before they were kept', async () => {
    const { prisma } = app.runtime.database;
    const [before] = await prisma.evaluation.findMany();
    await prisma.evaluation.update({ where: { id: before!.id }, data: { phases: Prisma.DbNull } });
    const { evaluations } = await dataOf(app.graphql(`{ evaluations { nodes { imagesPerSecond throughput seconds { total } } } }`));
    expect(evaluations.nodes).toEqual([{ imagesPerSecond: null, seconds: null, throughput: expect.any(Number) }]);
  });

  it('pages and filters examples', async () => {
    const read = async (args: string) =>
      (
        await dataOf(
          app.graphql(
            `{ evaluations { nodes { examples(${args}) { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { index success } } } } }`,
          ),
        )
      ).evaluations.nodes[0].examples;
    const first = await read('first: 3');
    expect(first.nodes.map((node: { index: number }) => node.index)).toEqual([5, 6, 7]);
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const second = await read(`first: 3, after: "${first.pageInfo.endCursor}"`);
    expect(second.nodes.map((node: { index: number }) => node.index)).toEqual([8, 9, 10]);
    const back = await read(`last: 2, before: "${second.pageInfo.startCursor}"`);
    expect(back.nodes.map((node: { index: number }) => node.index)).toEqual([6, 7]);
    const [yes, no] = [await read('success: true'), await read('success: false')];
    expect(yes.totalCount + no.totalCount).toBe(40);
    expect(yes.nodes.every((node: { success: boolean }) => node.success)).toBe(true);
  });

  it('makes each example one of a class of its own, in whatever shard it is, or of all classes in turn', async () => {
    const uploadId = await upload(app, await tarOf(await readFolder('assets/models/mnist-baseline'), false));
    const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: 'trained', uploadId } }));
    await finished(app.graphql, submitModel.job.id);
    const request = { modelId: submitModel.model.id, datasetId, sampleCount: 20, offset: 5 };
    type Example = { label: number; adversarial: { label: number }; distortion: { linf: number } };
    const results = async (parameters: object) => {
      const attacks = [{ pgd: { epsilon: 0.2, steps: 5, ...parameters } }];
      const { evaluationIds, jobIds } = await startEvaluation(app.graphql, { ...request, attacks });
      expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED', error: null });
      const fields = 'targetSuccess { value n } attack { parameters } gradients';
      const examples = 'examples(first: 100) { edges { node { label adversarial { label } distortion { linf } } } }';
      const { evaluation } = await dataOf(
        app.graphql(`query ($id: ID!) { evaluation(id: $id) { ${fields} ${examples} } }`, { id: evaluationIds[0] }),
      );
      const nodes: Example[] = evaluation.examples.edges.map(({ node }: { node: Example }) => node);
      return { targetSuccess: evaluation.targetSuccess, gradients: evaluation.gradients, attack: evaluation.attack, examples: nodes };
    };
    const free = await results({});
    const labels = free.examples.map(({ label }) => label);
    // The last two of the second shard, of examples 16 to 19, are of their class already.
    const targetClasses = labels.map((label, i) => (i < 18 ? (label + 1) % 10 : label));
    const own = await results({ targetClasses });
    expect(own.attack.parameters.targetClasses).toEqual(targetClasses);
    expect(own.examples.map(({ distortion }) => distortion.linf > 0)).toEqual(labels.map((_, i) => i < 18));
    const reached = own.examples.filter(({ adversarial }, i) => i < 18 && adversarial.label === targetClasses[i]).length;
    expect(reached).toBeGreaterThan(0);
    expect(own.targetSuccess).toEqual({ value: reached / 18, n: 18 });

    // Five steps towards each of nine classes, none of which is near.
    expect(await results({ target: 'ALL', epsilon: '1/255' })).toMatchObject({ targetSuccess: null, gradients: 45 });

    const refusal = async (parameters: object) => {
      const attacks = [{ worstOf: { attacks: [{ pgd: { epsilon: 0.2, ...parameters } }] } }];
      return (await dataOf(app.graphql(START, { input: { ...request, attacks } }))).startEvaluation;
    };
    const path = ['attacks', '0', 'worstOf', 'attacks', '0', 'pgd', 'targetClasses'];
    const tooFew = {
      __typename: 'ValidationError',
      message: 'targetClasses has 2 classes, and there are 20 examples. Give one for each.',
      path,
    };
    expect(await refusal({ targetClasses: [1, 2] })).toMatchObject(tooFew);
    expect(await refusal({ targetClasses: labels.map(() => 10) })).toMatchObject({ message: expect.stringMatching(/0 to 9/), path });
    expect(await refusal({ targetClasses, targetClass: 1 })).toMatchObject({ message: expect.stringMatching(/not both/), path });
    const { attackKinds } = await dataOf(app.graphql('{ attackKinds { kind targeted parameters { name type required minimum } } }'));
    const fgsm = attackKinds.find(({ kind }: { kind: string }) => kind === 'FGSM');
    expect(fgsm).toMatchObject({ targeted: true });
    expect(fgsm.parameters).toContainEqual({ name: 'targetClasses', type: 'integers', required: false, minimum: 0 });
  });

  it('returns the success rate of a targeted attack, beside its untargeted one', async () => {
    const modelId = await submitArchitecture(app.graphql, 'aimed at');
    const attacks = [{ pgd: { epsilon: 0.3, steps: 5, target: 'RANDOM' } }, { pgd: { epsilon: 0.3, steps: 5 } }];
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, { modelId, datasetId, attacks, sampleCount: 40 });
    for (const jobId of jobIds) expect((await finished(app.graphql, jobId)).state).toBe('SUCCEEDED');
    const read = async (id: string) => {
      const fields = 'label success target targetReached clean { label } adversarial { label }';
      const query = `query ($id: ID!) { evaluation(id: $id) { ${RESULT} targetSuccess { value lower upper n } examples(first: 40) { nodes { ${fields} } } } }`;
      return (await dataOf(app.graphql(query, { id }))).evaluation;
    };
    const [targeted, free] = [await read(evaluationIds[0]!), await read(evaluationIds[1]!)];
    type Example = { label: number; target: number; targetReached: boolean; clean: { label: number }; adversarial: { label: number } };
    const right = (targeted.examples.nodes as Example[]).filter(({ label, clean }) => clean.label === label);
    const reached = right.filter(({ target, adversarial }) => adversarial.label === target);
    expect(reached.length).toBeGreaterThan(0);
    expect(right.filter(({ targetReached }) => targetReached)).toEqual(reached);
    expect(targeted.targetSuccess).toMatchObject({ value: reached.length / right.length, n: right.length });
    expect(targeted.targetSuccess.value).toBeLessThanOrEqual(targeted.successRate.value);
    expect(free.targetSuccess).toBeNull();
    expect(free.examples.nodes[0]).toMatchObject({ target: null, targetReached: null });
  });

  it('returns the same evaluation for the same request', async () => {
    const modelId = await submitArchitecture(app.graphql, 'same', undefined, 7);
    const input = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }, { iterBasic: { epsilon: 0.1, steps: 2 } }], sampleCount: 20 };
    const first = await startEvaluation(app.graphql, input);
    const whileRunning = await startEvaluation(app.graphql, input);
    expect(whileRunning).toEqual(first);
    for (const jobId of first.jobIds) await finished(app.graphql, jobId);
    expect(await startEvaluation(app.graphql, input)).toEqual(first);
    // Spelled out otherwise, it is the same.
    expect(
      await startEvaluation(app.graphql, {
        ...input,
        modelId: undefined,
        modelIds: [modelId],
        attacks: [{ fgsm: { epsilon: '0.1', label: 'TRUE' } }, { iterBasic: { epsilon: 0.1, steps: 2 } }],
        offset: 0,
        seed: 0,
      }),
    ).toEqual(first);
    const other = await startEvaluation(app.graphql, { ...input, seed: 1 });
    expect(other.evaluationIds).not.toEqual(first.evaluationIds);
    for (const jobId of other.jobIds) await finished(app.graphql, jobId);
  });

  it('starts one evaluation for each budget of a list', async () => {
    const modelId = await submitArchitecture(app.graphql, 'budgets', undefined, 13);
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, {
      modelId,
      datasetId,
      attacks: [{ fgsm: {} }, { pgdL2: { steps: 2 } }],
      epsilons: ['8/255', 0.2],
      sampleCount: 10,
    });
    for (const jobId of jobIds) await finished(app.graphql, jobId);
    const read = async (id: string) =>
      (await dataOf(app.graphql('query ($id: ID!) { evaluation(id: $id) { attack { kind epsilon parameters } } }', { id }))).evaluation
        .attack;
    expect(await Promise.all(evaluationIds.map(read))).toMatchObject([
      { kind: 'FGSM', epsilon: 8 / 255 },
      { kind: 'FGSM', epsilon: 0.2 },
      { kind: 'PGD_L2', epsilon: 8 / 255, parameters: { epsilon: 8 / 255, steps: 2 } },
      { kind: 'PGD_L2', epsilon: 0.2 },
    ]);
  });

  it('deletes a model together with its results', async () => {
    const before = await app.inventory();
    const modelId = await submitArchitecture(app.graphql, 'to delete', undefined, 11);
    const { jobIds } = await startEvaluation(app.graphql, {
      modelId,
      datasetId,
      attacks: [{ stepRnd: { epsilon: 0.2 } }],
      sampleCount: 10,
      keepImages: true,
    });
    await finished(app.graphql, jobIds[0]!);
    const { deleteModel } = await dataOf(
      app.graphql(
        `mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename ... on DeleteModelSuccess { deletedModelId } } }`,
        {
          id: modelId,
        },
      ),
    );
    expect(deleteModel).toEqual({ __typename: 'DeleteModelSuccess', deletedModelId: modelId });
    await expect.poll(() => app.inventory()).toEqual(before);
  });
});
