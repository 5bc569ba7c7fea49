/** ONNX files of the kinds that users of such tools reported as refused or computed wrongly (tests/fixtures/cases). */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ComputeService } from '../../src/compute/host/service.js';
import { noiseImages } from '../../src/compute/models/trial-images.js';
import { loadModel } from '../../src/compute/models/load.js';
import type { AttackChoice } from '../../src/compute/parameters/index.js';
import type { ModelSpec } from '../../src/compute/models/types.js';
import { testEngine } from '../test-engine.js';
import { ENGINE_UNDER_TEST } from '../test-engine.js';
import { failure, refusal, temporaryDirectory } from './fixtures.js';
import { slopes } from './slopes.js';

const CASES = 'tests/fixtures/cases';
/** What a user says about them. */
const SPECS: Readonly<Record<string, Partial<ModelSpec>>> = { 'features-then-logits': { classCount: 10 } };
/** Normalises by the batch. */
const REFUSED = 'bn-training-mode';
/** Has no slope anywhere. */
const STEP = 'binarise-greater';
const RANDOM = 'rand-of-shape';

const root = await temporaryDirectory();
const names = (await readdir(CASES)).map((file) => file.replace('.onnx', '')).sort();
const engine = await testEngine({ microBatch: 4 });
const compute = new ComputeService({ engine: { engine: ENGINE_UNDER_TEST, threads: 1, microBatch: 8 } });
afterAll(() => Promise.all([engine.dispose(), compute.close()]));

async function filesOf(name: string, spec = SPECS[name]) {
  const directory = join(root, name);
  await mkdir(directory, { recursive: true });
  await copyFile(join(CASES, `${name}.onnx`), join(directory, 'model.onnx'));
  return { directory, spec };
}

describe.each(names.filter((name) => name !== REFUSED))('%s', (name) => {
  it('is imported with the scores of onnxruntime', async () => {
    const { forwardDifference, warnings } = await compute.inspectModel(await filesOf(name));
    if (name === RANDOM) expect(warnings).toEqual([expect.stringContaining('random')]);
    else expect(forwardDifference).toBeLessThanOrEqual(name.includes('fp16') ? 1e-3 : 1e-5);
  });

  it.skipIf(name === STEP || name === RANDOM)('has the gradient of finite differences', async () => {
    const model = await loadModel(await filesOf(name, { ...SPECS[name], ...(name === 'uint8-nhwc' ? { valueRange: [0, 255] } : {}) }));
    const { measured, gradient } = await slopes(engine, model, noiseImages(model.spec.inputShape, 3));
    // Differences of an input of bytes go from one whole number to another.
    expect(measured / gradient).toBeCloseTo(1, name === 'uint8-nhwc' ? 0 : 2);
  });
});

it('a file in training mode is refused by name, with gradients and without', async () => {
  for (const access of ['GRADIENT', 'SCORE', 'DECISION'] as const) {
    const inspected = compute.inspectModel({ ...(await filesOf(REFUSED)), access });
    expect(await failure(inspected)).toMatchObject(refusal('INVALID_MODEL', /BatchNormalization_\d+.*Export after model\.eval\(\)/));
  }
});

describe('FGSM', () => {
  const FGSM = { kind: 'FGSM', parameters: { epsilon: 0.1 } };
  const attacked = async (name: string, attack: AttackChoice = FGSM) =>
    compute.evaluateShard({
      model: await filesOf(name),
      dataset: { format: 'mnist', split: 'test' },
      attack,
      seed: 1,
      offset: 0,
      count: 32,
      keepImages: false,
    });

  // Images of digits have rows of zeros, where a norm has no derivative.
  it.each(['l2-of-black-rows', 'lp-normalization-zero', 'where-greater', 'thresholded-relu', 'uint8-nhwc'])(
    '%s: every image moves',
    async (name) => {
      const { linf, diagnostics } = await attacked(name);
      expect(Math.min(...linf)).toBeCloseTo(0.098, 3);
      expect(diagnostics).toMatchObject({ zeroGradients: 0, nonFiniteGradients: 0 });
    },
  );

  it('has no gradient to follow through a step in front, which a warning and the diagnosis say, and BPDA passes it', async () => {
    const { gradientsHealthy, warnings } = await compute.inspectModel(await filesOf(STEP));
    expect(gradientsHealthy).toBe(false);
    expect(warnings).toEqual([expect.stringMatching(/zero everywhere.*BPDA attacks straight through/)]);
    const { diagnostics, linf } = await attacked(STEP);
    expect(Math.max(...linf)).toBe(0);
    expect(diagnostics!.differentiated).toBeGreaterThan(0);
    expect(diagnostics!.zeroGradients).toBe(diagnostics!.differentiated);
    const through = await attacked(STEP, { kind: 'BPDA', parameters: { attacks: [FGSM] } });
    // Lists of attacks leave images as they are that the model gets wrong anyway.
    expect(Math.max(...through.linf)).toBeCloseTo(0.098, 3);
  });
});

it('the same weights with the input in another order are another model', async () => {
  const cards = await Promise.all(['nchw', 'nhwc'].map(async (order) => compute.inspectModel(await filesOf(`fingerprint-${order}-f32`))));
  const [channelsFirst, channelsLast] = cards;
  expect(channelsFirst!.parameterCount).toBe(channelsLast!.parameterCount);
  expect(channelsFirst!.fingerprint).not.toBe(channelsLast!.fingerprint);
});

describe('several outputs', () => {
  it('are chosen by name or by the number of classes, with gradients and without', async () => {
    for (const access of ['GRADIENT', 'SCORE'] as const) {
      for (const spec of [{ output: 'logits' }, { classCount: 10 }]) {
        const card = await compute.inspectModel({ ...(await filesOf('features-then-logits', spec)), access });
        expect(card.spec.classCount).toBe(10);
      }
      const features = await compute.inspectModel({ ...(await filesOf('features-then-logits', { output: 'features' })), access });
      expect(features.spec).toMatchObject({ classCount: 12, output: 'features' });
    }
  });

  it('are listed where several fit, or none', async () => {
    for (const access of ['GRADIENT', 'SCORE'] as const) {
      for (const spec of [{}, { output: 'scores' }, { classCount: 11 }]) {
        const inspected = compute.inspectModel({ ...(await filesOf('features-then-logits', spec)), access });
        expect(await failure(inspected)).toMatchObject(refusal('INVALID_MODEL', /It has: features \[.*, 12\], logits \[.*, 10\]/));
      }
    }
  });
});

it('one score is made two classes of, with gradients and without', async () => {
  const files = await filesOf('one-logit');
  const cards = await Promise.all((['GRADIENT', 'SCORE'] as const).map((access) => compute.inspectModel({ ...files, access })));
  for (const { spec, warnings } of cards) {
    expect(spec.classCount).toBe(2);
    expect(warnings).toEqual([expect.stringContaining('class 1 of two classes')]);
  }
});

describe('the range of pixels', () => {
  it('is named where the file divides by 255 and is given fractions', async () => {
    const { warnings } = await compute.inspectModel(await filesOf('range-255-unsaid'));
    expect(warnings).toEqual([expect.stringMatching(/divides its input by 255 .* submit it with valueRange \[0, 255\]/)]);
    const said = await compute.inspectModel(await filesOf('range-255-unsaid', { valueRange: [0, 255] }));
    expect(said.warnings).toEqual([]);
  });

  it('is named where a model knows the images of a data set with another one only', async () => {
    const directory = 'assets/models/mnist-baseline';
    const candidates = [
      { name: 'others', source: { format: 'mnist', split: 'test' }, imageShape: [28, 28, 1], classCount: 9 },
      { name: 'elsewhere', source: { format: 'cifar10', split: 'test', directory: '/nowhere' }, imageShape: [28, 28, 1], classCount: 10 },
      { name: 'digits', source: { format: 'mnist', split: 'test' }, imageShape: [28, 28, 1], classCount: 10 },
    ] as const;
    const warningsWith = async (valueRange: ModelSpec['valueRange'], access: 'GRADIENT' | 'SCORE') =>
      (await compute.inspectModel({ directory, spec: { valueRange }, access }, candidates)).warnings;
    for (const access of ['GRADIENT', 'SCORE'] as const) {
      expect(await warningsWith([0, 1], access)).toEqual([]);
      const [warning] = await warningsWith([5, 5.001], access);
      expect(warning).toMatch(
        /the model is right on \d+ % of 64 images of digits, with \[0, 1\] on \d\d+ %. Submit it with valueRange \[0, 1\]/,
      );
    }
  });
});
