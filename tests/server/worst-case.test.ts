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
  modelId = await submitArchitecture(app.graphql, 'model');
  const attacks = [{ fgsm: { epsilon: 0.01 } }, { stepRnd: { epsilon: 0.05 } }, { ddn: { steps: 10 } }];
  const started = await startEvaluation(app.graphql, { modelId, datasetId, attacks, sampleCount: 60 });
  for (const jobId of started.jobIds) await finished(app.graphql, jobId);
  evaluationIds = started.evaluationIds;
});
afterAll(() => app?.close());

const QUERY = `query ($input: WorstCaseInput!) { worstCase(input: $input) {
  offset clean { value n } robust { value lower upper n } contributions { evaluation { id attack { kind } } fooled fooledAlone } } }`;
const read = async (input: object) => (await dataOf(app.graphql(QUERY, { input: { modelId, datasetId, ...input } }))).worstCase;

interface ExampleView {
  label: number;
  clean: { label: number };
  adversarial: { label: number };
  distortion: { l2: number };
}

async function examples(id: string): Promise<ExampleView[]> {
  const fields = 'label clean { label } adversarial { label } distortion { l2 }';
  const query = `query ($id: ID!) { evaluation(id: $id) { examples(first: 100) { nodes { ${fields} } } } }`;
  return (await dataOf(app.graphql(query, { id }))).evaluation.examples.nodes;
}

describe('the worst case over attacks', () => {
  it('is the minimum over all finished evaluations, for each example', async () => {
    const attacks = await Promise.all(evaluationIds.map(examples));
    const right = attacks[0]!.filter(
      (one, i) => one.clean.label === one.label && attacks.every((all) => all[i]!.adversarial.label === one.label),
    );
    const found = await read({});
    expect(found).toMatchObject({ offset: 0, robust: { value: right.length / 60, n: 60 } });
    expect(found.contributions.map(({ evaluation }: { evaluation: { id: string } }) => evaluation.id).sort()).toEqual(
      [...evaluationIds].sort(),
    );
  });

  it('counts the images of a minimum-norm attack that are inside the threat model', async () => {
    const ddn = await examples(evaluationIds[2]!);
    const lengths = ddn
      .filter((one) => one.clean.label === one.label && one.adversarial.label !== one.label)
      .map((one) => one.distortion.l2);
    const middle = lengths.sort((a, b) => a - b)[lengths.length >> 1]!;
    const found = await read({ evaluationIds: [evaluationIds[2]], threat: { norm: 'L2', epsilon: middle } });
    expect(found.contributions).toMatchObject([
      { evaluation: { attack: { kind: 'DDN' } }, fooled: lengths.filter((length) => length <= middle + 1e-5).length },
    ]);
    expect((await read({ threat: { norm: 'L2', epsilon: 0 } })).robust.value).toBe(found.clean.value);
  });

  it('is null where nothing has finished, and refuses evaluations of other models', async () => {
    const other = await submitArchitecture(app.graphql, 'other', undefined, 2);
    expect(await read({ modelId: other })).toBeNull();
    expect(await read({ sampleCount: 7 })).toBeNull();
    expect(await read({ modelId: 'x' })).toBeNull();
    for (const input of [{ modelId: other, evaluationIds }, { evaluationIds: [...evaluationIds, 'x'] }]) {
      const { errors } = await app.graphql(QUERY, { input: { modelId, datasetId, ...input } });
      expect(errors?.[0]).toMatchObject({
        message: expect.stringMatching(/have finished/) as unknown,
        extensions: { code: 'BAD_USER_INPUT' },
      });
    }
  });
});
