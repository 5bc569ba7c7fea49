/** Every attack succeeds on the same examples on the compiled engine as on the reference. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attacks } from '../../src/compute/attacks/registry.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { openDataset } from '../../src/compute/data/registry.js';
import type { Dataset } from '../../src/compute/data/types.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { testEngine } from '../test-engine.js';
import type { Engine } from '../../src/compute/engine/types.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { adam } from '../../src/compute/training/optimizers/adam.js';
import { constantRate } from '../../src/compute/training/schedules.js';
import { standard } from '../../src/compute/training/schemes/standard.js';
import { train } from '../../src/compute/training/train.js';
import { everyNth, sized } from '../sizes.js';

const COUNT = 8;
/** Budgets at which one-step attacks on the model succeed on some examples and fail on others. */
const EPSILON = { LINF: 0.15, L2: 2, L1: 15, L0: 20 };
/** Fewer and longer steps, fewer repetitions: the reference is slow. */
const SHORT: ParameterValues = {
  attacks: [{ kind: 'PGD', parameters: { epsilon: EPSILON.LINF, steps: 5 } }],
  steps: 5,
  targets: 2,
  copies: 2,
  neighbours: 2,
  candidates: 2,
  searchSteps: 2,
  initialConstant: 15,
  queries: 20,
  coordinates: 4,
  viewCount: 2,
  flatNeighbours: 2,
  mixed: 2,
  pairs: 4,
  rotations: 3,
  translations: 3,
  trainingCount: 8,
  epochs: 1,
  rounds: 2,
  samples: 2,
};
/** EOT draws its views by the bits of the image. After a step the engines may differ in its last digit, and then see other views: a single step. */
const SINGLE_STEP: ParameterValues = {
  attacks: [{ kind: 'PGD', parameters: { epsilon: EPSILON.LINF, alpha: EPSILON.LINF, steps: 1 } }],
};

let test: Dataset;
let compiled: Engine;
let eager: Engine;
let model: DifferentiableModel;

beforeAll(async () => {
  test = await openDataset({ format: 'mnist', split: 'test' });
  compiled = await testEngine({ microBatch: COUNT / 2 });
  eager = await createEngine({ engine: 'eager:cpu' });
  // A trained network that the reference, which is slow, runs in milliseconds; `engine/networks.test.ts` compares larger ones.
  const mnist = await openDataset({ format: 'mnist', split: 'train' });
  model = await train({
    engine: compiled,
    model: await buildArchitecture('mlp', { seed: 1, width: 0.25 }),
    dataset: { ...mnist, info: { ...mnist.info, exampleCount: 640 } },
    scheme: standard,
    optimizer: adam(),
    epochs: 3,
    batchSize: 32,
    learningRate: constantRate(2e-3),
    seed: 1,
  });
  await mnist.close();
});

afterAll(() => Promise.all([test.close(), compiled.dispose(), eager.dispose()]));

/** The reference needs as long to train a substitute model as for all others. */
const ATTACKS = sized(
  attacks.filter(({ kind, ofTrees }) => kind !== 'SUBSTITUTE' && !ofTrees),
  attacks.filter(({ ofTrees }) => !ofTrees),
);

describe.each(
  everyNth(
    3,
    ATTACKS.map((attack) => [attack.kind, attack] as const),
  ),
)('%s', (kind, attack) => {
  it('succeeds on the same examples on both engines', async () => {
    const epsilon = EPSILON[attack.norms[0]!];
    const wanted = Object.entries({ ...SHORT, epsilon, alpha: epsilon / 3, ...(kind === 'EOT' ? SINGLE_STEP : {}) });
    const parameters = Object.fromEntries(wanted.filter(([name]) => name in attack.parameters));
    const success = async (engine: Engine) => {
      const shard = { model, dataset: test, attack: { kind, parameters }, seed: 1, offset: 0, count: COUNT, keepImages: false };
      const { adversarialPrediction, labels } = await evaluateShard({ engine, ...shard });
      return Array.from(labels, (label, i) => adversarialPrediction[i] !== label);
    };
    expect(await success(compiled)).toEqual(await success(eager));
  });
});
