import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictNext } from '../../src/compute/statistics/index.js';
import { costOf, type MeasuredWork } from '../../src/results/cost.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';

const measured = (part: Partial<MeasuredWork> = {}): MeasuredWork => ({
  attackKind: 'PGD',
  parameters: { steps: 10, restarts: 1 },
  sampleCount: 100,
  predictions: 1,
  fingerprint: 'a',
  multiplyAdds: 1e6,
  seconds: 5,
  ...part,
});

describe('the cost of an evaluation', () => {
  it('grows with images, steps and restarts', () => {
    const cost = costOf({ ...measured(), sampleCount: 200, parameters: { steps: 20, restarts: 3 } }, [measured()])!;
    expect(cost.value).toBeCloseTo(5 * 2 * 2 * 3);
    expect(cost.measurements).toBe(1);
  });

  it('is that of the same network where it was measured, else of others by their multiplications', () => {
    const other = measured({ fingerprint: 'b', multiplyAdds: 4e6, seconds: 80 });
    expect(costOf(measured(), [measured(), other])!.value).toBeCloseTo(5);
    expect(costOf(measured(), [other])!.value).toBeCloseTo(20);
  });

  it('is that of a list of attacks as of all of them', () => {
    const list = (...steps: number[]) =>
      measured({ parameters: { attacks: steps.map((count) => ({ kind: 'PGD', parameters: { steps: count } })) } as never });
    expect(costOf(list(10, 30), [list(5, 5)])!.value).toBeCloseTo(20);
  });

  it('is not known where the attack was never measured, or nothing is known of the model', () => {
    expect(costOf(measured(), [measured({ attackKind: 'FGSM' })])).toBeUndefined();
    expect(costOf(measured({ fingerprint: null, multiplyAdds: null }), [measured()])).toBeUndefined();
  });
});

describe('a prediction', () => {
  it('has an interval from one measurement on, which many that agree make narrow, and many that do not keep wide', () => {
    const one = predictNext([3]);
    expect(one.value).toBeCloseTo(3);
    expect(one.upper / one.lower).toBeGreaterThan(9);
    const agreeing = predictNext(Array<number>(50).fill(3));
    expect(agreeing.upper / agreeing.lower).toBeLessThan(2);
    const spread = predictNext([1, 10, 100, 1, 10, 100]);
    expect(spread.value).toBeCloseTo(10);
    expect(spread.lower).toBeLessThan(1);
    expect(spread.upper).toBeGreaterThan(100);
  });

  it('holds the next number 95 times of 100', () => {
    // Log-normal numbers from a fixed sequence: sums of twelve uniform ones.
    let state = 1;
    const uniform = () => (state = (state * 16807) % 2147483647) / 2147483647;
    const draw = () => Math.exp(0.4 * (Array.from({ length: 12 }, uniform).reduce((a, b) => a + b) - 6));
    let inside = 0;
    for (let i = 0; i < 2000; i++) {
      const { lower, upper } = predictNext(Array.from({ length: 5 }, draw));
      const next = draw();
      if (lower <= next && next <= upper) inside++;
    }
    expect(inside / 2000).toBeGreaterThan(0.93);
    expect(inside / 2000).toBeLessThan(0.975);
  });
});

describe('evaluationCost', () => {
  let app: TestApplication;
  let datasetId: string;
  let modelId: string;
  const ask = async (input: object) => {
    const query = `query ($input: StartEvaluationInput!) {
      evaluationCost(input: $input) { evaluationCount existingCount unknownCount seconds lower upper measurementCount }
    }`;
    return (await dataOf(app.graphql(query, { input }))).evaluationCost;
  };
  beforeAll(async () => {
    app = await startTestApplication();
    datasetId = await registerMnist(app.graphql);
    modelId = await submitArchitecture(app.graphql, 'small');
  });
  afterAll(() => app?.close());

  it('says what is not known, what was measured, and what exists already', async () => {
    const request = { modelId, datasetId, attacks: [{ pgd: { epsilon: 0.1, steps: 4 } }], sampleCount: 64 };
    expect(await ask(request)).toEqual({
      evaluationCount: 1,
      existingCount: 0,
      unknownCount: 1,
      seconds: null,
      lower: null,
      upper: null,
      measurementCount: 0,
    });
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, request);
    await finished(app.graphql, jobIds[0]!);
    expect(await ask(request)).toMatchObject({ evaluationCount: 1, existingCount: 1, unknownCount: 0, seconds: null });
    const { evaluation } = await dataOf(
      app.graphql('query ($id: ID!) { evaluation(id: $id) { seconds { total compile } } }', { id: evaluationIds[0] }),
    );
    const { total, compile } = evaluation.seconds;
    const twice = await ask({ ...request, attacks: [{ pgd: { epsilon: 0.2, steps: 8 } }], sampleCount: 128 });
    expect(twice).toMatchObject({ evaluationCount: 1, existingCount: 0, unknownCount: 0, measurementCount: 1 });
    expect(twice.seconds).toBeCloseTo(4 * (total - compile));
    expect(twice.lower).toBeLessThan(twice.seconds);
    expect(twice.upper).toBeGreaterThan(twice.seconds);
  });

  it('refuses what startEvaluation refuses, by the same words', async () => {
    const { errors } = await app.graphql('query ($input: StartEvaluationInput!) { evaluationCost(input: $input) { seconds } }', {
      input: { modelId, datasetId, attacks: [], sampleCount: 4 },
    });
    expect(errors?.[0]).toMatchObject({ message: 'Name at least one attack.', extensions: { code: 'BAD_USER_INPUT' } });
  });
});

describe('exampleFates', () => {
  it('agrees with the examples of each evaluation', async () => {
    const app = await startTestApplication();
    try {
      const datasetId = await registerMnist(app.graphql);
      const modelIds = [await submitArchitecture(app.graphql, 'one'), await submitArchitecture(app.graphql, 'two', undefined, 2)];
      const attacks = [{ fgsm: { epsilon: 0.1 } }];
      const first = await startEvaluation(app.graphql, { modelIds, datasetId, attacks, epsilons: [0.05, 0.3], sampleCount: 20 });
      // Of other examples.
      const second = await startEvaluation(app.graphql, { modelIds, datasetId, attacks, offset: 15, sampleCount: 10 });
      for (const jobId of [...first.jobIds, ...second.jobIds]) await finished(app.graphql, jobId);
      const query = `query ($id: ID!, $index: Int!) {
        exampleFates(datasetId: $id, index: $index) {
          evaluationCount cleanCorrectCount adversarialCorrectCount
          fates { cleanCorrect adversarialCorrect evaluation { id offset examples(first: 20) { nodes { index label clean { label } adversarial { label } } } } }
        }
      }`;
      for (const [index, count] of [
        [3, 4],
        [17, 6],
        [22, 2],
        [40, 0],
      ] as const) {
        const { exampleFates } = await dataOf(app.graphql(query, { id: datasetId, index }));
        expect(exampleFates.evaluationCount).toBe(count);
        expect(exampleFates.fates).toHaveLength(count);
        for (const { cleanCorrect, adversarialCorrect, evaluation } of exampleFates.fates) {
          const example = evaluation.examples.nodes.find((one: { index: number }) => one.index === index);
          expect([cleanCorrect, adversarialCorrect]).toEqual([
            example.clean.label === example.label,
            example.adversarial.label === example.label,
          ]);
        }
        const right = exampleFates.fates.filter(({ adversarialCorrect }: { adversarialCorrect: boolean }) => adversarialCorrect);
        expect(exampleFates.adversarialCorrectCount).toBe(right.length);
      }
      const { errors } = await app.graphql(query, { id: datasetId, index: 10_000 });
      expect(errors?.[0]).toMatchObject({ message: 'index must be from 0 to 9999.' });
    } finally {
      await app.close();
    }
  });
});
