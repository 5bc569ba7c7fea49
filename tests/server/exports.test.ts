import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';

let app: TestApplication;
let modelId: string;
let datasetId: string;
let evaluationIds: string[];

beforeAll(async () => {
  app = await startTestApplication();
  datasetId = await registerMnist(app.graphql);
  modelId = await submitArchitecture(app.graphql, 'small');
  const attacks = [{ fgsm: { epsilon: '8/255' } }, { ddn: { steps: 5, target: 'RANDOM' } }, { autoAttackLinf: { epsilon: '8/255' } }];
  const started = await startEvaluation(app.graphql, { modelId, datasetId, attacks, sampleCount: 20, offset: 5 });
  for (const jobId of started.jobIds) await finished(app.graphql, jobId);
  evaluationIds = started.evaluationIds;
});
afterAll(() => app?.close());

const get = (path: string) => fetch(app.url + path, { headers: { authorization: app.authorization } });

async function evaluations() {
  const fields =
    'id epsilon: attack { epsilon } effectiveEpsilon adversarial { top1 { value lower upper } } targetSuccess { value upper } queries sampleCount createdAt';
  const { evaluations: found } = await dataOf(app.graphql(`{ evaluations(first: 10) { nodes { ${fields} } } }`));
  return found.nodes;
}

async function examples(evaluation = 0) {
  const fields = 'index label clean { label } adversarial { label confidence } success target targetReached';
  const query = `query ($id: ID!) { evaluation(id: $id) { examples(first: 100) { nodes { ${fields} } } } }`;
  return (await dataOf(app.graphql(query, { id: evaluationIds[evaluation] }))).evaluation.examples.nodes;
}

/** Lines of a file whose cells hold no line breaks. */
const linesOf = (text: string) => text.split('\r\n').filter((line) => line !== '');

describe('exports of evaluations', () => {
  it('hold, as JSON, the values that GraphQL returns', async () => {
    const response = await get('/evaluations.json');
    expect(response.headers.get('content-type')).toContain('application/json');
    const rows = (await response.json()) as Record<string, unknown>[];
    const known = await evaluations();
    expect(rows.map(({ id }) => id).sort()).toEqual([...evaluationIds].sort());
    for (const row of rows) {
      const same = known.find(({ id }: { id: string }) => id === row['id']);
      expect(row).toMatchObject({
        model: 'small',
        dataset: 'mnist-test',
        state: 'SUCCEEDED',
        epsilon: same.epsilon.epsilon,
        effectiveEpsilon: same.effectiveEpsilon,
        adversarialAccuracy: same.adversarial.top1.value,
        adversarialAccuracyLower: same.adversarial.top1.lower,
        targetSuccess: same.targetSuccess?.value ?? null,
        targetSuccessUpper: same.targetSuccess?.upper ?? null,
        queries: same.queries * same.sampleCount,
        createdAt: same.createdAt,
      });
    }
  });

  it('hold the same values as CSV and as Parquet', async () => {
    const rows = (await (await get('/evaluations.json')).json()) as Record<string, unknown>[];
    const parquet = await parquetReadObjects({ file: await (await get('/evaluations.parquet')).arrayBuffer() });
    const plain = parquet.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          typeof value === 'bigint' ? Number(value) : value instanceof Date ? value.toISOString() : value,
        ]),
      ),
    );
    expect(plain).toEqual(rows);
    const [header, ...lines] = linesOf(await (await get('/evaluations.csv')).text());
    expect(header!.split(',')).toEqual(Object.keys(rows[0]!));
    expect(lines).toHaveLength(rows.length);
    // Parameters are JSON, whose quotes are doubled.
    expect(lines[0]).toContain('""epsilon"":');
  });

  it('can be filtered, and refuse unknown filters', async () => {
    const kinds = async (query: string) =>
      ((await (await get(`/evaluations.json?${query}`)).json()) as { attackKind: string }[]).map(({ attackKind }) => attackKind);
    expect(await kinds(`modelId=${modelId}&attackKind=FGSM&attackKind=DDN`)).toEqual(['FGSM', 'DDN']);
    expect(await kinds('modelId=none')).toEqual([]);
    expect((await get('/evaluations.xlsx')).status).toBe(404);
    expect((await get('/evaluations.csv?colour=red')).status).toBe(400);
    expect((await get('/evaluations.csv?attackKind=%00')).status).toBe(400);
  });
});

describe('exports of examples', () => {
  it.each([0, 1])('hold, in every format, the values that GraphQL returns', async (evaluation) => {
    const known = await examples(evaluation);
    const path = `/evaluations/${evaluationIds[evaluation]}/examples`;
    const rows = (await (await get(`${path}.json`)).json()) as Record<string, unknown>[];
    expect(rows).toHaveLength(20);
    for (const [i, row] of rows.entries()) {
      const { index, label, clean, adversarial, success, target, targetReached } = known[i];
      expect(row).toMatchObject({ index, label, cleanPrediction: clean.label, adversarialPrediction: adversarial.label, success });
      expect(row).toMatchObject({ target, targetReached });
      expect(row['adversarialConfidence']).toBeCloseTo(adversarial.confidence, 6);
    }
    expect(await parquetReadObjects({ file: await (await get(`${path}.parquet`)).arrayBuffer() })).toEqual(rows);
    expect(linesOf(await (await get(`${path}.csv`)).text())).toHaveLength(21);
    expect((await get('/evaluations/none/examples.csv')).status).toBe(404);
  });
});

describe('the entry for RobustBench', () => {
  it('comes from the standard AutoAttack with that budget, not from a cheaper one on more examples', async () => {
    const cheap = { autoAttackLinf: { epsilon: '8/255', steps: 1, queries: 1 } };
    const { jobIds } = await startEvaluation(app.graphql, { modelId, datasetId, attacks: [cheap], sampleCount: 40 });
    await finished(app.graphql, jobIds[0]!);
    const query = (epsilon: string) => get(`/models/${modelId}/robustbench.json?datasetId=${datasetId}&norm=LINF&epsilon=${epsilon}`);
    const entry = (await (await query('8/255')).json()) as Record<string, unknown>;
    const known = (await evaluations()).find(({ id }: { id: string }) => id === evaluationIds[2]);
    expect(entry).toMatchObject({
      dataset: 'mnist',
      additional_data: false,
      threat_model: 'Linf',
      eps: '8/255',
      effective_eps: '8/255',
      number_forward_passes: 1,
    });
    expect(entry['footnote']).toMatch(/^20 examples from 5 on/);
    expect(Number(entry['autoattack_acc'])).toBeCloseTo(100 * known.adversarial.top1.value, 2);
    // What is found in the evaluation stands in it, and a lower accuracy that is known of these images. The network is untrained.
    expect(entry).toMatchObject({
      unreliable: true,
      findings: expect.arrayContaining([expect.objectContaining({ code: 'TOO_FEW_EXAMPLES' })]) as unknown,
    });
    expect(entry['footnote']).toMatch(/CLEAN_ACCURACY_NEAR_CHANCE: The model is right on/);
    const threat = { norm: 'LINF', epsilon: '8/255' };
    const { worstCase } = await dataOf(
      app.graphql('query ($input: WorstCaseInput!) { worstCase(input: $input) { robust { value } } }', {
        input: { modelId, datasetId, offset: 5, sampleCount: 20, threat },
      }),
    );
    const isLower = worstCase.robust.value < known.adversarial.top1.value;
    expect(entry['external']).toBe(isLower ? (100 * worstCase.robust.value).toFixed(2) : undefined);
    // Of examples that have been attacked with floats only.
    const floats = { attacks: [{ autoAttackLinf: { epsilon: '8/255' } }], sampleCount: 3, offset: 60, judging: 'FLOAT' };
    const started = await startEvaluation(app.graphql, { modelId, datasetId, ...floats });
    await finished(app.graphql, started.jobIds[0]!);
    const inFloats = await get(`/models/${modelId}/robustbench.json?datasetId=${datasetId}&norm=LINF&epsilon=8/255&judging=FLOAT`);
    expect(await inFloats.json()).toMatchObject({ judging: 'FLOAT', footnote: expect.stringMatching(/^3 examples from 60 on/) as unknown });
    expect((await query('4/255')).status).toBe(404);
    expect((await query('much')).status).toBe(400);
  });
});
