/** Imports of ONNX files are held against onnxruntime on the same file. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { testEngine } from '../test-engine.js';
import { ComputeService } from '../../src/compute/host/service.js';
import { compareWithOnnxruntime, type Comparison } from '../../src/compute/models/black-box/onnxruntime/comparison.js';
import { noiseImages, noiseTrial } from '../../src/compute/models/trial-images.js';
import { predict } from '../../src/compute/models/functions.js';
import { loadModel } from '../../src/compute/models/load.js';
import { DEFAULT_REMOTE_POLICY } from '../../src/compute/models/black-box/remote/endpoint.js';
import { openModel } from '../../src/compute/models/open.js';
import { DEFAULT_MODEL_LIMITS, type DifferentiableModel } from '../../src/compute/models/types.js';
import { ENGINE_UNDER_TEST } from '../test-engine.js';
import { failure, refusal, temporaryDirectory } from './fixtures.js';
import { DataType, encode, floats, raw, writeOnnx, type GraphSpec, withNoise } from './onnx-files.js';

const root = await temporaryDirectory();
const engine = await testEngine({ microBatch: 2 });
const compute = new ComputeService({ engine: { engine: ENGINE_UNDER_TEST, threads: 1 } });
afterAll(() => Promise.all([engine.dispose(), compute.close()]));

let count = 0;
const folder = () => join(root, String(count++));

async function fixture(name: string): Promise<string> {
  const directory = folder();
  await mkdir(directory);
  await copyFile(`tests/fixtures/onnx/${name}.onnx`, join(directory, 'model.onnx'));
  return directory;
}

/** @param change made to the import, and not to the file. */
async function compared(directory: string, change?: (model: DifferentiableModel) => DifferentiableModel): Promise<Comparison> {
  const files = { directory, spec: {} };
  const model = await loadModel(files);
  const scores = await predict(engine, change?.(model) ?? model, noiseImages(model.spec.inputShape));
  return compareWithOnnxruntime(
    files,
    { ...model, onnx: model.onnx! },
    noiseTrial(model.spec.inputShape),
    scores,
    'cpu',
    DEFAULT_MODEL_LIMITS,
  );
}

/** Every weight of the import is 1% off. */
const withWrongWeights = (model: DifferentiableModel) => scaled(model, 1.01);

function scaled(model: DifferentiableModel, factor: number): DifferentiableModel {
  const wrong = Object.entries(model.variables).map(([name, weight]) => {
    return [name, { ...weight, data: (weight.data as Float32Array).map((value) => factor * value) }] as const;
  });
  return { ...model, variables: Object.fromEntries(wrong), fingerprint: `${model.fingerprint} and wrong` };
}

const SINES = floats(
  [16, 3],
  Array.from({ length: 48 }, (_, i) => Math.sin(i)),
);

const linear = (nodes: GraphSpec['nodes'], rest: Partial<GraphSpec> = {}) =>
  encode({
    input: ['n', 4, 4, 1],
    nodes: [{ op: 'Flatten', inputs: ['image'], outputs: ['flat'] }, ...nodes],
    weights: { w: SINES },
    ...rest,
  });

/** A linear model of the pixels moved by `offset`, rounded to half precision, and moved back: where numbers are large, halves are far apart. */
const throughHalf = (offset: number) =>
  encode({
    input: ['n', 4, 4, 1],
    nodes: [
      { op: 'Add', inputs: ['image', 'offset'], outputs: ['far'] },
      { op: 'Cast', inputs: ['far'], outputs: ['half'], attributes: { to: DataType.FLOAT16 } },
      // Without a node of its own in halves, onnxruntime would leave them out.
      { op: 'Transpose', inputs: ['half'], outputs: ['turned'], attributes: { perm: [0, 2, 1, 3] } },
      { op: 'Cast', inputs: ['turned'], outputs: ['single'], attributes: { to: DataType.FLOAT } },
      { op: 'Sub', inputs: ['single', 'offset'], outputs: ['near'] },
      { op: 'Flatten', inputs: ['near'], outputs: ['flat'] },
      { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['scores'] },
    ],
    weights: { w: SINES, offset: floats([1], [offset]) },
  });

describe('networks that PyTorch exported', () => {
  it.each(['resnet', 'mobilenet', 'vit', 'sequence-first-fixed-batch', 'convnext', 'swin', 'lenet-fixed-batch', 'shufflenet', 'mixed'])(
    '%s: they differ only by rounding',
    async (name) => {
      const directory = await fixture(name);
      const { forwardDifference, warnings } = await compared(directory);
      expect(forwardDifference).toBeLessThanOrEqual(1e-5);
      expect(warnings).toEqual([]);
      expect(await failure(compared(directory, withWrongWeights))).toMatchObject(
        refusal('IMPORT_DIFFERS', /scores that are up to 0\.\d+ of the largest/),
      );
    },
  );
});

describe('a sigmoid of each score, which the import takes off', () => {
  const path = folder();
  const ends = (w: ReturnType<typeof floats>) =>
    linear(
      [
        { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['logits'] },
        { op: 'Sigmoid', inputs: ['logits'], outputs: ['scores'] },
      ],
      { weights: { w } },
    );

  it('is compared with what the file outputs', async () => {
    await writeOnnx(path, ends(SINES));
    expect(await loadModel({ directory: path, spec: {} })).toMatchObject({ output: 'LOGITS', softmaxRemoved: true, sigmoidRemoved: true });
    expect((await compared(path)).forwardDifference).toBeLessThanOrEqual(1e-6);
    expect(await failure(compared(path, withWrongWeights))).toMatchObject(refusal('IMPORT_DIFFERS', /away from onnxruntime's/));
  });

  it('leaves gradients where it is saturated', async () => {
    const saturated = folder();
    await writeOnnx(
      saturated,
      ends(
        floats(
          [16, 3],
          Array.from({ length: 48 }, (_, i) => 40 * (1 + Math.sin(i))),
        ),
      ),
    );
    const { gradientsHealthy, warnings } = await compute.inspectModel({ directory: saturated });
    expect(gradientsHealthy).toBe(true);
    expect(warnings.join()).toMatch(/sigmoid of each score/);
  });
});

describe('the card', () => {
  it('states the difference of the scores from those of onnxruntime', async () => {
    const { forwardDifference, warnings } = await compute.inspectModel({ directory: await fixture('lenet-fixed-batch') });
    expect(forwardDifference).toBeLessThanOrEqual(1e-5);
    expect(warnings).toEqual([]);
  });

  it('states if there was nothing to compare with', async () => {
    const product = [{ op: 'MatMul', inputs: ['flat', 'w'], outputs: ['scores'] }];
    const mixedTypes = linear(product, { weights: { w: raw(DataType.FLOAT16, [16, 3], new Uint16Array(48).fill(0x3c00)) } });
    const directory = await writeOnnx(folder(), mixedTypes);
    const { forwardDifference, warnings } = await compute.inspectModel({ directory });
    expect(forwardDifference).toBeNull();
    // Where it lies is nobody's business.
    expect(warnings[0]).not.toContain(directory);
    expect(warnings).toEqual([expect.stringMatching(/could not be compared with onnxruntime: .*cannot load the file/)]);
  });

  it('has another fingerprint for another declared input: the same weights see another image where channels come first', async () => {
    const weights = floats(
      [75, 3],
      Array.from({ length: 225 }, (_, i) => Math.sin(i)),
    );
    const product = [{ op: 'MatMul', inputs: ['flat', 'w'], outputs: ['scores'] }];
    const inputs = [
      ['n', 3, 5, 5],
      ['n', 5, 5, 3],
      [1, 5, 5, 3],
    ];
    const directories = await Promise.all(inputs.map((input) => writeOnnx(folder(), linear(product, { input, weights: { w: weights } }))));
    // On one engine, which has functions of the one in its cache when it compiles those of the next.
    for (const access of [undefined, 'SCORE'] as const) {
      const cards = [];
      for (const directory of directories) cards.push(await compute.inspectModel({ directory, access }));
      expect(new Set(cards.map(({ fingerprint }) => fingerprint)).size).toBe(3);
      if (!access) for (const { forwardDifference } of cards) expect(forwardDifference).toBeLessThanOrEqual(1e-5);
    }
    const image = noiseImages([5, 5, 3], 1);
    const scores = await Promise.all(directories.map(async (directory) => predict(engine, await loadModel({ directory }), image)));
    expect(scores[1]!.data).not.toEqual(scores[0]!.data);
    expect(scores[2]!.data).toEqual(scores[1]!.data);
  });

  it('compares no black box', async () => {
    const card = await compute.inspectModel({ directory: await fixture('lenet-fixed-batch'), access: 'SCORE' });
    expect(card).toMatchObject({ access: 'SCORE', forwardDifference: null, warnings: [] });
  });
});

it('the compared scores are those of the output that the importer uses', async () => {
  const product = { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['scores'] };
  const argmax = { op: 'ArgMax', inputs: ['scores'], outputs: ['label'], attributes: { axis: 1 } };
  const files = [
    linear([product, argmax], { outputs: { label: DataType.INT64 } }),
    linear([product, { op: 'Softmax', inputs: ['scores'], outputs: ['shares'] }], { outputs: { shares: DataType.FLOAT } }),
    linear([product, argmax], { outputs: { label: DataType.INT64, scores: DataType.FLOAT } }),
  ];
  for (const file of files) {
    const directory = await writeOnnx(folder(), file);
    expect((await compared(directory)).forwardDifference).toBeLessThanOrEqual(1e-6);
    expect(await failure(compared(directory, withWrongWeights))).toMatchObject(refusal('IMPORT_DIFFERS', /report/));
  }
});

it('a file in half precision may differ a little, but not much', async () => {
  const { forwardDifference } = await compared(await writeOnnx(folder(), throughHalf(0)));
  expect(forwardDifference).toBeGreaterThan(1e-5);
  expect(forwardDifference).toBeLessThanOrEqual(1e-2);
  const coarse = await writeOnnx(folder(), throughHalf(1000));
  expect(await failure(compute.inspectModel({ directory: coarse }))).toMatchObject(refusal('IMPORT_DIFFERS', /access SCORE/));
});

it('a file that takes and returns half precision is compared, and asked as a black box, in halves', async () => {
  const bits = [0x3800, 0xb400, 0x3c00]; // 0.5, -0.25, 1
  const halves = linear([{ op: 'MatMul', inputs: ['flat', 'w'], outputs: ['scores'] }], {
    inputType: DataType.FLOAT16,
    weights: {
      w: raw(
        DataType.FLOAT16,
        [16, 3],
        Uint16Array.from({ length: 48 }, (_, i) => bits[(i * i) % 3]!),
      ),
    },
    outputs: { scores: DataType.FLOAT16 },
  });
  const directory = await writeOnnx(folder(), halves);
  expect((await compared(directory)).forwardDifference).toBeLessThanOrEqual(2e-3);
  const wrong = compared(directory, (model) => scaled(model, 1.1));
  expect(await failure(wrong)).toMatchObject(refusal('IMPORT_DIFFERS', /scores/));
  const box = await openModel(
    { directory, spec: {}, access: 'SCORE' },
    { engine, limits: DEFAULT_MODEL_LIMITS, remote: DEFAULT_REMOTE_POLICY },
  );
  const images = noiseImages(box.spec.inputShape, 2);
  const expected = await predict(engine, await loadModel({ directory }), images);
  const found = await predict(engine, box, images);
  for (const [i, score] of found.data.entries()) expect(Math.abs(score - expected.data[i]!)).toBeLessThanOrEqual(4e-3);
});

it('a file with NaN or infinite scores in onnxruntime is refused', async () => {
  const directory = await writeOnnx(folder(), throughHalf(1e6));
  expect(await failure(compared(directory))).toMatchObject(refusal('INVALID_MODEL', /NaN or infinity/));
});

it('a file whose answers depend on the images beside is refused with what to do, and is asked image by image as a black box', async () => {
  const centred = [
    { op: 'ReduceMean', inputs: ['flat'], outputs: ['mean'], attributes: { axes: [0] } },
    { op: 'Sub', inputs: ['flat', 'mean'], outputs: ['centred'] },
    { op: 'Add', inputs: ['centred', 'flat'], outputs: ['sum'] },
    { op: 'MatMul', inputs: ['sum', 'w'], outputs: ['scores'] },
  ];
  const directory = await writeOnnx(folder(), linear(centred));
  expect(await failure(compute.inspectModel({ directory }))).toMatchObject(
    refusal('INVALID_MODEL', /depends on the images beside it.*Export after model\.eval\(\)/),
  );
  const card = await compute.inspectModel({ directory, access: 'SCORE' });
  expect(card.warnings).toEqual([expect.stringContaining('It is asked image by image.')]);
});

it('a random file is not taken for one whose answers depend on the images beside', async () => {
  const product = [{ op: 'MatMul', inputs: ['flat', 'w'], outputs: ['scores'] }];
  const directory = await writeOnnx(folder(), withNoise(linear(product), 0.5));
  const card = await compute.inspectModel({ directory, access: 'SCORE' });
  expect(card.warnings).toEqual([expect.stringContaining('the model is random')]);
});

it('onnxruntime and the import agree on images of one value, also where both know nothing of them', async () => {
  // The deviation of a black image is 0.
  const standardised = [
    { op: 'ReduceMean', inputs: ['flat'], outputs: ['mean'], attributes: { axes: [1] } },
    { op: 'Sub', inputs: ['flat', 'mean'], outputs: ['centred'] },
    { op: 'ReduceL2', inputs: ['centred'], outputs: ['length'], attributes: { axes: [1] } },
    { op: 'Div', inputs: ['centred', 'length'], outputs: ['standard'] },
    { op: 'MatMul', inputs: ['standard', 'w'], outputs: ['scores'] },
  ];
  const card = await compute.inspectModel({ directory: await writeOnnx(folder(), linear(standardised)) });
  expect(card.forwardDifference).toBeLessThanOrEqual(1e-5);
  expect(card.warnings).toEqual([expect.stringMatching(/outputs NaN or infinity for a black image/)]);
});

it('an image of one value that onnxruntime alone knows nothing of is warned of, and is no difference of the import', async () => {
  // It divides by a deviation of 0, to which the standard adds 1e-9.
  const standardised = [
    { op: 'MeanVarianceNormalization', inputs: ['flat'], outputs: ['standard'], attributes: { axes: [1] } },
    { op: 'MatMul', inputs: ['standard', 'w'], outputs: ['scores'] },
  ];
  const card = await compute.inspectModel({ directory: await writeOnnx(folder(), linear(standardised)) });
  expect(card.forwardDifference).toBeLessThanOrEqual(1e-4);
  expect(card.warnings).toEqual(['Run by onnxruntime, the file outputs NaN or infinity for a black image; the import has finite scores.']);
});

it('a network that amplifies rounding a thousandfold is not blamed on the import, and has a warning', async () => {
  // The sine of a large number: what float32 rounds of it turns it by whole rounds.
  const chaotic = (factor: number) =>
    linear(
      [
        { op: 'Mul', inputs: ['flat', 'factor'], outputs: ['far'] },
        { op: 'Sin', inputs: ['far'], outputs: ['turned'] },
        { op: 'MatMul', inputs: ['turned', 'w'], outputs: ['scores'] },
      ],
      { weights: { w: SINES, factor: floats([1], [factor]) } },
    );
  const files = { directory: await writeOnnx(folder(), chaotic(1e5)), spec: {} };
  const model = await loadModel(files);
  const trial = noiseTrial(model.spec.inputShape);
  const right = await predict(engine, model, trial.images);
  // As sums in another order would have it, and as no order has it.
  const off = (by: number) => ({ ...right, data: (right.data as Float32Array).map((score) => score + by) });
  const comparedWith = (by: number) =>
    compareWithOnnxruntime(files, { ...model, onnx: model.onnx! }, trial, off(by), 'cpu', DEFAULT_MODEL_LIMITS);
  expect((await comparedWith(0.05)).warnings).toEqual([expect.stringContaining('so sensitive that a millionth of a pixel changes them')]);
  const steady = { directory: await writeOnnx(folder(), chaotic(1)), spec: {} };
  const calm = await loadModel(steady);
  const scores = await predict(engine, calm, trial.images);
  const moved = { ...scores, data: (scores.data as Float32Array).map((score) => score + 0.05) };
  expect(
    await failure(compareWithOnnxruntime(steady, { ...calm, onnx: calm.onnx! }, trial, moved, 'cpu', DEFAULT_MODEL_LIMITS)),
  ).toMatchObject(refusal('IMPORT_DIFFERS', /fault of the import/));
});
