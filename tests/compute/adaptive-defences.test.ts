/** Defences that look robust to a plain evaluation, and do not to one that knows them (Athalye et al. 2018; Tramèr et al. 2020). */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inMemory } from '../../src/compute/data/index.js';
import type { Engine } from '../../src/compute/engine/index.js';
import { evaluateShard } from '../../src/compute/evaluation/index.js';
import { loadModel } from '../../src/compute/models/index.js';
import type { DifferentiableModel } from '../../src/compute/models/index.js';
import { detectionOf } from '../../src/results/detection.js';
import { staysRight } from '../../src/results/outcomes.js';
import { testEngine } from '../test-engine.js';
import { failure, temporaryDirectory } from './fixtures.js';
import { CLASSIFIER, COUNT, DETECTING, DETECTOR_SPEC, images, PIXELS, ROUNDING, SIDE, signs } from './defences.js';
import { encode, floats, type GraphSpec, writeOnnx } from './onnx-files.js';

const root = await temporaryDirectory();
const EPSILON = 0.1;
let engine: Engine;
let number = 0;
beforeAll(async () => void (engine = await testEngine()));
afterAll(() => engine.dispose());

async function load(graph: GraphSpec, spec: object = {}, preprocessor?: GraphSpec): Promise<DifferentiableModel> {
  const directory = await writeOnnx(join(root, String(++number)), graph);
  if (preprocessor) await writeFile(join(directory, 'preprocessor.onnx'), encode(preprocessor));
  return loadModel({ directory, spec });
}

const attacked = (model: DifferentiableModel, kind: string, parameters: object, predictions = 1) =>
  evaluateShard({
    engine,
    model,
    dataset: images(),
    offset: 0,
    count: COUNT,
    keepImages: false,
    seed: 5,
    predictions,
    attack: { kind, parameters: { ...parameters } },
  });

const robust = (outcomes: Awaited<ReturnType<typeof attacked>>) => outcomes.labels.filter((_, i) => staysRight(outcomes, i)).length / COUNT;

describe('a detecting defence', () => {
  it.each(['SELECTIVE', 'ORTHOGONAL', 'SUM'])('looks robust to PGD, and is evaded by gradients of both (%s)', async (mode) => {
    const model = await load(DETECTING, DETECTOR_SPEC);
    const plain = detectionOf(await attacked(model, 'PGD', { epsilon: EPSILON, steps: 20 }), 0.1)!;
    const adaptive = detectionOf(await attacked(model, 'DETECTOR_PGD', { epsilon: EPSILON, steps: 60, mode, weight: 0.3 }), 0.1)!;
    expect(plain.falsePositives.value).toBeLessThanOrEqual(0.1);
    expect(plain.threshold).toBe(adaptive.threshold);
    expect(adaptive.robust.value!).toBeLessThan(plain.robust.value! - 0.3);
    expect(adaptive.truePositives.value!).toBeLessThan(plain.truePositives.value!);
    expect(adaptive.area!).toBeLessThan(plain.area!);
  });

  it('gives the classes the scores that they have without it, and keeps the budget', async () => {
    const [model, alone] = [await load(DETECTING, DETECTOR_SPEC), await load(CLASSIFIER)];
    const [withIt, without] = [await attacked(model, 'PGD', { epsilon: EPSILON }), await attacked(alone, 'PGD', { epsilon: EPSILON })];
    expect([...withIt.adversarialPrediction]).toEqual([...without.adversarialPrediction]);
    expect([...without.adversarialDetection]).toEqual(Array(COUNT).fill(NaN));
    const adaptive = await attacked(model, 'DETECTOR_PGD_L2', { epsilon: 0.4, steps: 20 });
    expect(adaptive.budgetViolations).toBe(0);
    // Scores by definition, from the images of the data set.
    const { images: pixels } = await images().read(0, COUNT);
    const first = signs.reduce((sum, sign, p) => sum + sign * (p < PIXELS / 2 ? 2 : -0.2) * (pixels[p]! / 255), 0);
    expect(adaptive.cleanDetection[0]).toBeCloseTo(Math.abs(first), 4);
  });

  it('is refused where the output is none, or no single score', async () => {
    expect(await failure(load(DETECTING, { ...DETECTOR_SPEC, detector: { output: 'nothing' } }))).toMatchObject({
      code: 'INVALID_MODEL',
      path: ['spec', 'detector'],
    });
    expect((await failure(load(DETECTING, { ...DETECTOR_SPEC, detector: { output: 'flat' } }))).message).toMatch(
      /flat has the shape \[16\] for each image, and a detector has one score/,
    );
  });
});

describe('a purified defence', () => {
  it('looks robust to PGD, and is fooled through its preprocessor (BPDA)', async () => {
    const model = await load(CLASSIFIER, {}, ROUNDING);
    const pgd = { kind: 'PGD', parameters: { epsilon: EPSILON, steps: 20, randomStart: false } };
    const plain = robust(await attacked(model, pgd.kind, pgd.parameters));
    const through = robust(await attacked(model, 'BPDA', { attacks: [pgd] }));
    const identity = robust(await attacked(model, 'BPDA', { attacks: [pgd], preprocessor: 'IDENTITY' }));
    expect(plain).toBeGreaterThan(0.5);
    expect(through).toBeLessThan(plain - 0.4);
    expect(identity).toBeLessThan(plain - 0.4);
  });

  it('classifies what its preprocessor makes of the image', async () => {
    const [model, alone] = [await load(CLASSIFIER, {}, ROUNDING), await load(CLASSIFIER)];
    expect(model.fingerprint).not.toBe(alone.fingerprint);
    const { images: pixels, labels } = await images().read(0, COUNT);
    const purified = Float32Array.from(pixels, (value) => Math.floor(Math.fround(Math.fround(value / 255) * 25)) / 25);
    const rounded = inMemory({ images: purified, labels }, [SIDE, SIDE, 1], ['below', 'above']);
    const attack = { kind: 'UNIFORM_NOISE', parameters: { epsilon: 0 } };
    const options = { engine, offset: 0, count: COUNT, keepImages: false, seed: 1, attack };
    const [whole, after] = [
      await evaluateShard({ ...options, model, dataset: images() }),
      await evaluateShard({ ...options, model: alone, dataset: rounded }),
    ];
    whole.cleanLikelihood.forEach((value, i) => expect(value).toBeCloseTo(after.cleanLikelihood[i]!, 3));
  });

  it('is refused where it makes images of another shape', async () => {
    const flat: GraphSpec = {
      input: ['N', 1, SIDE, SIDE],
      nodes: [{ op: 'Flatten', inputs: ['image'], outputs: ['flat'] }],
      outputs: { flat: 1 },
    };
    expect(await failure(load(CLASSIFIER, {}, flat))).toMatchObject({ code: 'INVALID_MODEL', path: ['preprocessorUploadId'] });
  });
});

describe('a randomised defence', () => {
  /** Adds a random multiple of another linear function to the logits: one draw's gradient is nearly all of it. */
  const other = signs.map((_, p) => (p % 4 < 2 ? 1 : -1));
  const RANDOM: GraphSpec = {
    ...CLASSIFIER,
    nodes: [
      { op: 'Flatten', inputs: ['image'], outputs: ['flat'] },
      { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['linear'] },
      { op: 'MatMul', inputs: ['flat', 'other'], outputs: ['along'] },
      { op: 'RandomNormalLike', inputs: ['along'], outputs: ['draw'] },
      { op: 'Mul', inputs: ['along', 'draw'], outputs: ['noise'] },
      { op: 'Add', inputs: ['linear', 'noise'], outputs: ['scores'] },
    ],
    weights: {
      ...CLASSIFIER.weights,
      other: floats(
        [PIXELS, 2],
        other.flatMap((sign) => [-60 * sign, 60 * sign]),
      ),
    },
  };

  it('looks more robust to PGD than to PGD on the mean over its draws (EOT)', async () => {
    const model = await load(RANDOM);
    const pgd = { kind: 'PGD', parameters: { epsilon: EPSILON, steps: 8, randomStart: false } };
    // The network's draws are its own: of one evaluation in ten the difference is below 0.2, of the mean of eight it lies four deviations above.
    const mean = async (kind: string, parameters: object) => {
      let sum = 0;
      for (let run = 0; run < 8; run++) sum += robust(await attacked(model, kind, parameters, 31));
      return sum / 8;
    };
    const plain = await mean(pgd.kind, pgd.parameters);
    const adaptive = await mean('EOT', { attacks: [pgd], samples: 200, shift: 0, noise: 0 });
    expect(adaptive).toBeLessThan(plain - 0.2);
  });
});
