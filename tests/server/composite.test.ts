/** Lists of attacks over HTTP: given as nested inputs, kept as they were run, refused with the place of the mistake. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId, rowId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { collect } from './support/subscription.js';
import { finished, registerMnist, RESULT, START, startEvaluation, submitArchitecture } from './support/operations.js';

let app: TestApplication;
let modelId: string;
let datasetId: string;

beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_SHARD_SIZE: '40' });
  modelId = await submitArchitecture(app.graphql, 'model');
  datasetId = await registerMnist(app.graphql);
});
afterAll(() => app?.close());

const pgd = (epsilon: number | string) => ({ pgd: { epsilon, steps: 2 } });

describe('a list of attacks', () => {
  it('is run and shown with every parameter filled in', async () => {
    const attacks = [{ worstOf: { attacks: [pgd('0.1'), { bpda: { attacks: [pgd(0.1)] } }] } }];
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, { modelId, datasetId, attacks, sampleCount: 4 });
    expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED', error: null });
    const { evaluation } = await dataOf(app.graphql(`query ($id: ID!) { evaluation(id: $id) { ${RESULT} } }`, { id: evaluationIds[0] }));
    const defaults = { randomStart: true, restarts: 1, loss: 'CROSS_ENTROPY', bestIterate: false, target: 'NONE' };
    const complete = { kind: 'PGD', parameters: { epsilon: 0.1, steps: 2, ...defaults } };
    expect(evaluation.attack).toEqual({
      kind: 'WORST_OF',
      epsilon: 0.1,
      norm: 'LINF',
      parameters: { attacks: [complete, { kind: 'BPDA', parameters: { attacks: [complete], preprocessor: 'GRADIENT' } }] },
    });
  });

  it('names the attack that runs, and is seen to move before the first of its parts is done', async () => {
    const autoAttack = { epsilon: '0.01', version: 'CUSTOM', stages: ['APGD_CE', 'SQUARE'], steps: 2, restarts: 1, queries: 100_000 };
    const attacks = [{ autoAttackLinf: autoAttack }];
    const [jobId] = (await startEvaluation(app.graphql, { modelId, datasetId, attacks, sampleCount: 40 })).jobIds;
    const seen: { done: number; fraction: number; stage: string | null }[] = [];
    let cancelled: Promise<unknown> | undefined;
    const cancel = `mutation ($id: ID!) { cancelJob(input: {jobId: $id}) { __typename } }`;
    const progress = `subscription ($id: ID!) { jobProgress(jobId: $id) { state progress { done fraction stage } } }`;
    await collect<{ jobProgress: { progress: (typeof seen)[number] } }>(
      app.graphqlUrl,
      app.authorization,
      progress,
      { id: jobId },
      ({ jobProgress }) => {
        seen.push(jobProgress.progress);
        // Nobody waits for the rest.
        if (jobProgress.progress.stage === 'SQUARE_LINF') cancelled ??= app.graphql(cancel, { id: jobId });
      },
    );
    await cancelled;
    expect(seen[0]).toEqual({ done: 0, fraction: 0, stage: null });
    // One of two attacks is through on 16 of 40 images.
    expect(seen.find(({ stage }) => stage === 'SQUARE_LINF')).toEqual({ done: 0, fraction: 0.2, stage: 'SQUARE_LINF' });
    expect(seen.at(-1)!.stage).toBeNull();
  });

  it('has the accuracy after each of its attacks and their seconds, whatever the shards; other attacks have none', async () => {
    const stages = ['APGD_CE', 'SQUARE', 'FAB_T'];
    const autoAttack = { epsilon: '0.01', version: 'CUSTOM', stages, steps: 2, restarts: 1, targets: 2, queries: 3 };
    const request = { modelId, datasetId, attacks: [{ autoAttackLinf: autoAttack }, { pgd: { epsilon: '0.01', steps: 2 } }] };
    // In three shards.
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, { ...request, sampleCount: 100 });
    for (const id of jobIds) expect(await finished(app.graphql, id)).toMatchObject({ state: 'SUCCEEDED', error: null });
    const query = `query ($id: ID!) { evaluation(id: $id) {
      clean { top1 { value } } adversarial { top1 { value } } attack { parameters } findings { code }
      stages { attack name accuracy { value n lower upper } seconds }
    } }`;
    const [composite, single] = await Promise.all(evaluationIds.map(async (id) => (await dataOf(app.graphql(query, { id }))).evaluation));
    expect(single.stages).toBeNull();
    expect(composite.attack.parameters).toMatchObject({ version: 'CUSTOM', stages });
    expect(composite.stages.map(({ attack, name }: Record<string, string>) => [attack, name])).toEqual([
      ['APGD_CE_LINF', 'APGD-CE, L∞'],
      ['SQUARE_LINF', 'Square, L∞'],
      ['FAB_T_LINF', 'FAB-T, L∞'],
    ]);
    const accuracies = composite.stages.map(({ accuracy }: { accuracy: { value: number } }) => accuracy.value) as number[];
    expect(accuracies).toEqual([...accuracies].sort((a, b) => b - a));
    expect(accuracies[0]).toBeLessThanOrEqual(composite.clean.top1.value);
    expect(accuracies.at(-1)).toBe(composite.adversarial.top1.value);
    for (const { accuracy, seconds } of composite.stages) {
      expect(accuracy.n).toBe(100);
      expect(seconds).toBeGreaterThan(0);
    }
    expect(await app.services.prisma.jobPart.count()).toBe(0);
  });

  it('of AutoAttack is refused with the path of its stages, where it has a version with stages of its own', async () => {
    const ask = async (given: object) => {
      const input = { modelId, datasetId, attacks: [{ autoAttackL1: { epsilon: 8, ...given } }] };
      return (await dataOf(app.graphql(START, { input }))).startEvaluation;
    };
    const path = ['attacks', '0', 'autoAttackL1', 'stages'];
    expect(await ask({ version: 'CUSTOM' })).toMatchObject({ message: expect.stringMatching(/CUSTOM needs "stages"/), path });
    expect(await ask({ version: 'PLUS', stages: ['FAB'] })).toMatchObject({ message: expect.stringMatching(/stages of its own/), path });
    expect(await ask({ version: 'CUSTOM', stages: [] })).toMatchObject({ message: expect.stringMatching(/Give a list of APGD_CE/), path });
  });

  it('passes each of `epsilons` to its attacks', async () => {
    const bare = { pgd: { steps: 2 } };
    const lists = [{ bpda: { attacks: [bare] } }, { worstOf: { attacks: [bare, { bpda: { attacks: [pgd(0.3)] } }] } }];
    const request = { modelId, datasetId, sampleCount: 4, epsilons: ['0.1', '0.2'] };
    const { evaluationIds } = await startEvaluation(app.graphql, { ...request, attacks: lists });
    const query = `query ($id: ID!) { evaluation(id: $id) { ${RESULT} } }`;
    const found = await Promise.all(
      evaluationIds.map(async (id) => (await dataOf(app.graphql(query, { id }))).evaluation.attack as { kind: string; epsilon: number }),
    );
    expect(found.map(({ kind, epsilon }) => [kind, epsilon])).toEqual([
      ['BPDA', 0.1],
      ['BPDA', 0.2],
      ['WORST_OF', 0.1],
      ['WORST_OF', 0.2],
    ]);
    // One that has no ε keeps the budget that it has, which is not that of the others.
    const { startEvaluation: mixed } = await dataOf(
      app.graphql(START, { input: { ...request, attacks: [{ worstOf: { attacks: [bare, { rotationTranslation: {} }] } }] } }),
    );
    expect(mixed).toMatchObject({ __typename: 'ValidationError', message: expect.stringMatching(/share one budget.*Give all the same/) });
  });

  it('is refused with the path of the invalid attack', async () => {
    const refusal = async (attacks: object[]) =>
      (await dataOf(app.graphql(START, { input: { modelId, datasetId, attacks: [{ worstOf: { attacks } }] } }))).startEvaluation;
    const wrong = { pgd: { epsilon: 0.1, steps: -1 } };
    expect(await refusal([pgd(0.1), { bpda: { attacks: [wrong] } }])).toMatchObject({
      __typename: 'ValidationError',
      message: expect.stringMatching(/"steps" is -1/),
      path: ['attacks', '0', 'worstOf', 'attacks', '1', 'bpda', 'attacks', '0', 'pgd', 'steps'],
    });
    expect(await refusal([pgd(0.1), pgd(0.2)])).toMatchObject({ message: expect.stringMatching(/share one budget/) });
    expect(await refusal([{ worstOf: { attacks: [pgd(0.1)] } }])).toMatchObject({ message: expect.stringMatching(/cannot be in a list/) });
    expect(await refusal([])).toMatchObject({ message: expect.stringMatching(/1 to 20 attacks/) });
    expect(await refusal([pgd(0.1), { pgd: { epsilon: 0.1, alpha: 0.01, relativeAlpha: 0.1 } }])).toMatchObject({
      message: expect.stringMatching(/Leave one of them out/),
      path: ['attacks', '0', 'worstOf', 'attacks', '1', 'pgd', 'relativeAlpha'],
    });
  });

  it('with an attack that needs more classes is refused with the request, whatever the attacks before it would leave', async () => {
    const { prisma } = app.services;
    const { id: _, ...row } = await prisma.dataset.findUniqueOrThrow({ where: { id: rowId(datasetId, 'Dataset')! } });
    const two = await prisma.dataset.create({
      data: { ...row, tagsText: undefined, request: undefined, name: 'two classes', classNames: ['even', 'odd'] },
    });
    const { spec } = await prisma.model.findUniqueOrThrow({ where: { id: rowId(modelId, 'Model')! } });
    await prisma.model.update({ where: { id: rowId(modelId, 'Model')! }, data: { spec: { ...(spec as object), classCount: 2 } } });
    for (const epsilon of ['2/255', '200/255']) {
      const ask = async (attack: object) => {
        const input = { modelId, datasetId: encodeGlobalId('Dataset', two.id), attacks: [attack] };
        return (await dataOf(app.graphql(START, { input }))).startEvaluation;
      };
      expect(await ask({ autoAttackLinf: { epsilon } })).toMatchObject({
        __typename: 'ValidationError',
        message: expect.stringMatching(/AUTO_ATTACK_LINF compares the 4 highest logits, and there are 2 classes. Use WORST_OF/),
        path: ['attacks', '0', 'autoAttackLinf', 'kind'],
      });
      expect(await ask({ worstOf: { attacks: [pgd(epsilon), { apgdDlrLinf: { epsilon } }] } })).toMatchObject({
        __typename: 'ValidationError',
        message: expect.stringMatching(/APGD_DLR_LINF compares the 3 highest logits/),
        path: ['attacks', '0', 'worstOf', 'attacks', '1', 'apgdDlrLinf', 'kind'],
      });
    }
    await prisma.model.update({ where: { id: rowId(modelId, 'Model')! }, data: { spec: spec! } });
    await prisma.dataset.delete({ where: { id: two.id } });
  });

  it('is described in the catalogue', async () => {
    const { attackKinds } = await dataOf(app.graphql('{ attackKinds { kind parameters { name type required default } } }'));
    const worstOf = attackKinds.find(({ kind }: { kind: string }) => kind === 'WORST_OF');
    expect(worstOf.parameters).toEqual([{ name: 'attacks', type: 'attacks', required: true, default: null }]);
  });
});
