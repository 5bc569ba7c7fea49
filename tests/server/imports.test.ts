import { dump } from 'npyjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';
import { upload, zipOf } from './support/upload.js';

const COUNT = 12;
const OFFSET = 3;
const EPSILON = '20/255';

let app: TestApplication;
let modelId: string;
let datasetId: string;
let madeHere: EvaluationView;
/** Of FGSM, as this server keeps them. */
let images: Uint8Array;

interface EvaluationView {
  attack: { kind: string; epsilon: number | null };
  judging: string;
  effectiveEpsilon: number | null;
  adversarial: { top1: { value: number; n: number } };
  judged: { stored: { value: number }; float: { value: number; n: number }; undoneByRounding: number };
  meanDistortion: object;
  queries: number;
  findings: { code: string; severity: string; evidence: object }[];
  examples: { nodes: { adversarialImageUrl: string }[] };
}

beforeAll(async () => {
  app = await startTestApplication();
  datasetId = await registerMnist(app.graphql);
  modelId = await submitArchitecture(app.graphql, 'model');
  const request = { modelId, datasetId, attacks: [{ fgsm: { epsilon: EPSILON } }], sampleCount: COUNT, offset: OFFSET, keepImages: true };
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, request);
  await finished(app.graphql, jobIds[0]!);
  madeHere = await evaluation(evaluationIds[0]!);
  images = await artifactOf(madeHere);
});
afterAll(() => app?.close());

/** All images of an evaluation, as they are kept. */
async function artifactOf({ examples }: EvaluationView): Promise<Uint8Array> {
  const [, , artifact] = examples.nodes[0]!.adversarialImageUrl.split('/');
  const response = await fetch(`${app.url}/artifacts/${artifact}`, { headers: { authorization: app.authorization } });
  return new Uint8Array(await response.arrayBuffer());
}

async function evaluation(id: string): Promise<EvaluationView> {
  const query = `query ($id: ID!) { evaluation(id: $id) {
    attack { kind epsilon } adversarial { top1 { value n } top5 { value } } meanDistortion { linf l2 l0 } queries findings { code severity evidence }
    judging effectiveEpsilon judged { stored { value n } float { value n } undoneByRounding }
    examples(first: 100) { nodes { index success adversarial { label } adversarialImageUrl } } } }`;
  return (await dataOf(app.graphql(query, { id }))).evaluation;
}

const npy = (values: Uint8Array | Float32Array | Float64Array | Int32Array, shape: number[]) => new Uint8Array(dump(values, shape));

const IMPORT = `mutation ($input: ImportImagesInput!) { importImages(input: $input) {
  __typename ... on StartEvaluationSuccess { evaluations { id } jobs { id } } ... on UserError { message path } } }`;

async function importFile(file: Uint8Array, input: object = {}) {
  const uploadId = await upload(app, file);
  const given = { modelIds: [modelId], datasetId, uploadId, epsilon: EPSILON, offset: OFFSET, ...input };
  return (await dataOf(app.graphql(IMPORT, { input: given }))).importImages;
}

async function evaluateImported(file: Uint8Array, input: object = {}): Promise<EvaluationView> {
  const { evaluations, jobs, message } = await importFile(file, input);
  if (message) throw new Error(message);
  await finished(app.graphql, jobs[0].id);
  return evaluation(evaluations[0].id);
}

describe('imported images', () => {
  it('are evaluated like generated ones, in 8 bits or as fractions, channels first or last', async () => {
    const asBytes = await evaluateImported(zipOf({ 'x_adv.npy': npy(images, [COUNT, 28, 28, 1]) }));
    const fractions = Float32Array.from(images, (value) => value / 255);
    const labels = npy(new Int32Array(COUNT), [COUNT]);
    const asFractions = await evaluateImported(zipOf({ 'x_adv.npy': npy(fractions, [COUNT, 1, 28, 28]), 'y.npy': labels }), {
      array: 'x_adv',
    });
    for (const found of [asBytes, asFractions]) {
      expect(found.attack).toEqual({ kind: 'IMPORTED', epsilon: madeHere.attack.epsilon });
      expect(found.adversarial).toEqual(madeHere.adversarial);
      expect(found.meanDistortion).toEqual(madeHere.meanDistortion);
      // The artifact is the same too: equal bytes are kept once.
      expect(found.examples).toEqual(madeHere.examples);
      expect(found.queries).toBe(0);
      expect(found.findings.map(({ code }) => code)).not.toContain('BUDGET_VIOLATED');
    }
  });

  it('violate a budget that is smaller than their distance, which rounding alone never does', async () => {
    const found = await evaluateImported(zipOf({ 'x.npy': npy(images, [COUNT, 28, 28]) }), { epsilon: '19/255' });
    expect(found.findings.map(({ code }) => code)).toContain('BUDGET_VIOLATED');
    // Half a level more than whole levels allow, as float32 tools give them.
    const fractions = Float64Array.from(images, (value) => Math.min(1, (value + 0.5) / 255));
    const wide = await evaluateImported(zipOf({ 'x.npy': npy(fractions, [COUNT, 28, 28]) }), { epsilon: 20.5 / 255 });
    expect(wide.findings.map(({ code }) => code)).not.toContain('BUDGET_VIOLATED');
  });

  it('are judged both ways, and say what rounding to 8 bits undoes', async () => {
    const attacks = [{ fabL2: { steps: 10 } }];
    const sampleCount = 200;
    const request = { modelId, datasetId, attacks, sampleCount, offset: OFFSET, keepImages: true, judging: 'FLOAT' };
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, request);
    expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
    const made = await evaluation(evaluationIds[0]!);
    expect(made).toMatchObject({ judging: 'FLOAT', effectiveEpsilon: null, judged: { float: made.adversarial.top1 } });
    // FAB ends right behind the boundary: most of its changes are less than half a level, which rounding takes back.
    expect(made.judged.undoneByRounding).toBeGreaterThan(10);
    expect(made.judged.stored.value).toBeGreaterThan(made.judged.float.value);
    const floats = new Float32Array(Uint8Array.from(await artifactOf(made)).buffer);
    expect(floats).toHaveLength(sampleCount * 784);

    const file = zipOf({ 'x.npy': npy(floats, [sampleCount, 28, 28]) });
    const asFloats = await evaluateImported(file, { epsilon: null, norm: 'L2', judging: 'FLOAT' });
    expect(asFloats.adversarial).toEqual(made.adversarial);
    expect(asFloats.judged).toEqual(made.judged);
    const asStored = await evaluateImported(file, { epsilon: null, norm: 'L2' });
    expect(asStored).toMatchObject({ judging: 'STORED', judged: made.judged, adversarial: { top1: made.judged.stored } });
    const undone = asStored.findings.find(({ code }) => code === 'UNDONE_BY_ROUNDING');
    expect(undone).toMatchObject({ severity: 'WARNING', evidence: { undone: made.judged.undoneByRounding } });
    const png = await fetch(app.url + made.examples.nodes[0]!.adversarialImageUrl, { headers: { authorization: app.authorization } });
    expect(png.headers.get('content-type')).toBe('image/png');

    const start = `mutation ($input: StartTransferInput!) { startTransfer(input: $input) {
      ... on StartTransferSuccess { transfer { id judging } job { id } } ... on UserError { message } } }`;
    const { modelId: sourceId, keepImages: _, ...rest } = request;
    const input = { ...rest, sourceIds: [sourceId], targetIds: [sourceId] };
    const { startTransfer } = await dataOf(app.graphql(start, { input }));
    expect(startTransfer.transfer.judging).toBe('FLOAT');
    expect(await finished(app.graphql, startTransfer.job.id)).toMatchObject({ state: 'SUCCEEDED' });
    const read = `query ($id: ID!) { transfer(id: $id) { cells { errorRate { value } } } }`;
    const { transfer } = await dataOf(app.graphql(read, { id: startTransfer.transfer.id }));
    expect(transfer.cells[0].errorRate.value).toBeCloseTo(1 - made.adversarial.top1.value, 9);
  });

  it('are refused where they do not fit, and leave nothing behind', async () => {
    const shape = [COUNT, 28, 28, 1];
    const array = npy(images, shape);
    const fortran = Buffer.from(Buffer.from(array).toString('latin1').replace("'fortran_order':False", "'fortran_order':True "), 'latin1');
    const cases: [RegExp, Uint8Array, object?][] = [
      [/Divide pixel values by 255/, zipOf({ 'x.npy': npy(Float32Array.from(images), shape) })],
      [/images of shape \(32, 32, 3\)/, zipOf({ 'x.npy': npy(new Uint8Array(2 * 3072), [2, 32, 32, 3]) })],
      [/12 images; from example 9995 on/, zipOf({ 'x.npy': array }), { offset: 9995 }],
      [/which array.*a, b/, zipOf({ 'a.npy': array, 'b.npy': array })],
      [/no array "c".*a\./, zipOf({ 'a.npy': array }), { array: 'c' }],
      [/Fortran order/, zipOf({ 'x.npy': fortran })],
      [/type i4/, zipOf({ 'x.npy': npy(Int32Array.from(images), shape) })],
      [/no \.npz archive/, zipOf({ 'x.npy': array.subarray(0, 60) })],
      [/no \.npz archive/, Buffer.from('not an archive')],
      [/has 9[0-9]{3} values|no \.npz archive|should have 9408 values/, zipOf({ 'x.npy': array.subarray(0, array.length - 8) })],
    ];
    const before = await app.inventory();
    for (const [message, file, input] of cases) {
      const refused = await importFile(file, input);
      expect(refused.__typename, String(message)).toBe('ValidationError');
      expect(refused.message).toMatch(message);
    }
    // Uploads stay until they expire, for another try.
    const more = Object.fromEntries(['uploads', 'artifacts', 'artifactFiles'].map((name) => [name, before[name]! + cases.length]));
    await expect.poll(() => app.inventory()).toEqual({ ...before, ...more });
  });
});
