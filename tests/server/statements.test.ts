import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, RESULT, startEvaluation, submitArchitecture } from './support/operations.js';
import { Statements } from './support/statements.js';

const statements = new Statements();
let app: TestApplication;

/** 60 evaluations of 3 models; one is computed, the rest are copies of its row. */
beforeAll(async () => {
  app = await startTestApplication({}, { onQuery: statements.onQuery });
  const datasetId = await registerMnist(app.graphql);
  const modelIds: string[] = [];
  for (let seed = 0; seed < 3; seed++) modelIds.push(await submitArchitecture(app.graphql, `model ${seed}`, undefined, seed));
  const { jobIds } = await startEvaluation(app.graphql, { modelIds, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 4 });
  for (const jobId of jobIds) await finished(app.graphql, jobId);
  await copyRows(60 - jobIds.length);
});
afterAll(() => app?.close());

async function copyRows(count: number): Promise<void> {
  const { prisma } = app.runtime.database;
  const evaluations = await prisma.evaluation.findMany({
    // Accuracies are computed by the database.
    omit: { outcomes: false, cleanRight: false, adversarialRight: false, cleanAccuracy: true, robustAccuracy: true },
    include: { job: true },
  });
  for (let i = 0; i < count; i++) {
    const { job, ...evaluation } = evaluations[i % evaluations.length]!;
    // Times that repeat: the order must be stable all the same.
    const createdAt = new Date(1_700_000_000_000 + Math.floor(i / 3) * 1000);
    const { id: jobId } = await prisma.job.create({ data: { ...job, id: undefined, activeRequestHash: null, createdAt } });
    const { tagsText: _made, engine, parameters, diagnostics, calibration, stages, phases, findings, ...columns } = evaluation;
    await prisma.evaluation.create({
      data: {
        ...columns,
        engine: engine as object,
        parameters: parameters as object,
        diagnostics: diagnostics as object,
        calibration: calibration as object,
        stages: stages === null ? undefined : (stages as object),
        phases: phases as object,
        findings: findings as object[],
        id: undefined,
        jobId,
        createdAt,
        // No limit is a budget too, and the largest.
        epsilon: i % 7 === 6 ? null : (i % 7) / 10,
      },
    });
  }
}

async function counted<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
  const [result, sent] = await statements.during(work);
  return [result, sent.length];
}

describe('a page of evaluations with model, data set and job', () => {
  it('takes the same number of statements for any length', async () => {
    const page = (first: number) =>
      counted(() =>
        dataOf(app.graphql(`query ($first: Int) { evaluations(first: $first) { totalCount nodes { ${RESULT} } } }`, { first })),
      );
    const [small, few] = await page(2);
    const [large, many] = await page(50);
    expect(small.evaluations.nodes).toHaveLength(2);
    expect(large.evaluations.nodes).toHaveLength(50);
    expect(large.evaluations.totalCount).toBe(60);
    expect(many).toBe(few);
    // Page, count, models, data sets, jobs, evaluations of the jobs.
    expect(many).toBeLessThanOrEqual(6);
  });

  it('reads the outcomes of all evaluations in one statement', async () => {
    const [data, count] = await counted(() =>
      dataOf(app.graphql('{ evaluations(first: 50) { nodes { examples(first: 2) { totalCount nodes { index success } } } } }')),
    );
    expect(data.evaluations.nodes).toHaveLength(50);
    // Page, outcomes, data sets.
    expect(count).toBe(3);
  });
});

describe('pages', () => {
  it.each(['CREATED_AT', 'EPSILON'])('by %s, forwards and backwards, list everything once and in order', async (field) => {
    for (const direction of ['ASC', 'DESC']) {
      const read = async (args: string) =>
        (
          await dataOf(
            app.graphql(
              `{ evaluations(orderBy: { field: ${field}, direction: ${direction} }, ${args}) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
            ),
          )
        ).evaluations;
      const whole = (await read('first: 100')).nodes.map((node: { id: string }) => node.id);
      expect(new Set(whole).size).toBe(60);

      const forwards: string[] = [];
      for (let page = await read('first: 7'); ; page = await read(`first: 7, after: "${page.pageInfo.endCursor}"`)) {
        forwards.push(...page.nodes.map((node: { id: string }) => node.id));
        if (!page.pageInfo.hasNextPage) break;
      }
      expect(forwards).toEqual(whole);

      const backwards: string[] = [];
      for (let page = await read('last: 9'); ; page = await read(`last: 9, before: "${page.pageInfo.startCursor}"`)) {
        backwards.unshift(...page.nodes.map((node: { id: string }) => node.id));
        if (!page.pageInfo.hasPreviousPage) break;
      }
      expect(backwards).toEqual(whole);
    }
  });

  it('can be filtered', async () => {
    const count = async (filter: string) =>
      (await dataOf(app.graphql(`{ evaluations(filter: ${filter}) { totalCount } }`))).evaluations.totalCount;
    const { model } = await dataOf(app.graphql('{ model(name: "model 0") { id } }'));
    expect(await count(`{ modelIds: ["${model.id}"] }`)).toBe(20);
    expect(await count('{ modelIds: ["x"] }')).toBe(0);
    expect(await count('{ attackKinds: [FGSM] }')).toBe(60);
    expect(await count('{ attackKinds: [STEP_LL] }')).toBe(0);
    expect(await count('{ states: [SUCCEEDED] }')).toBe(60);
    expect(await count('{ epsilonMin: 0.3, epsilonMax: "1/2" }')).toBe(24);
    expect(await count('{ epsilonMin: 0.3 }')).toBe(32);
    expect(await count('{ epsilonMax: 1 }')).toBe(52);
    expect(await count('{ createdBefore: "2023-11-14T22:13:21Z" }')).toBe(3);
    expect(await count('{ seed: 5 }')).toBe(0);
  });
});

describe('node', () => {
  it('returns every kind of object by its id', async () => {
    const { evaluations } = await dataOf(app.graphql('{ evaluations(first: 1) { nodes { id model { id } dataset { id } job { id } } } }'));
    const [{ id, model, dataset, job }] = evaluations.nodes;
    for (const [type, wanted] of [
      ['Evaluation', id],
      ['Model', model.id],
      ['Dataset', dataset.id],
      ['Job', job.id],
    ]) {
      const { node } = await dataOf(app.graphql('query ($id: ID!) { node(id: $id) { __typename id } }', { id: wanted }));
      expect(node).toEqual({ __typename: type, id: wanted });
    }
  });
});
