import { afterAll, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/registry.js';
import { testEngine } from '../test-engine.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { adam } from '../../src/compute/training/optimizers/adam.js';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { constantRate } from '../../src/compute/training/schedules.js';
import { findScheme } from '../../src/compute/training/schemes/registry.js';
import { TrainingSession, type SessionOptions } from '../../src/compute/training/session.js';
import type { TrainingScheme } from '../../src/compute/training/types.js';

const engine = await testEngine();
const mnist = await openDataset({ format: 'mnist', split: 'train' });
const test = await openDataset({ format: 'mnist', split: 'test' });
afterAll(() => Promise.all([mnist.close(), test.close(), engine.dispose()]));

const [EPSILON, M] = [0.2, 50];
const fast = findScheme('fast');
const algorithm1 = findScheme('algorithm1');
/** One step from a random point of the budget. */
const randomStart = fast.create(validateParameters(fast, { epsilon: EPSILON }, 'INVALID_TRAINING'), { batchSize: M });
/** One whole step from the image itself, the true label in it: what catastrophic overfitting and label leaking come of. */
const noRandomStart = algorithm1.create(
  validateParameters(algorithm1, { k: M, lambda: 1, epsilonDistribution: 'FIXED' }, 'INVALID_TRAINING'),
  {
    batchSize: M,
    attacks: [{ kind: 'FGSM', weight: 1, parameters: { epsilon: EPSILON, label: 'TRUE' } }],
  },
);

async function session(scheme: TrainingScheme, exampleCount: number, rest: Partial<SessionOptions>): Promise<TrainingSession> {
  return TrainingSession.start({
    engine,
    model: await buildArchitecture('mlp', { seed: 1 }),
    dataset: { ...mnist, info: { ...mnist.info, exampleCount } },
    scheme,
    optimizer: adam(),
    learningRate: constantRate(3e-3),
    totalSteps: 400,
    batchSize: M,
    seed: 1,
    stopping: { patience: 0, detectOverfitting: true },
    validation: {
      dataset: test,
      offset: 0,
      count: 100,
      oneStep: { kind: 'FGSM', parameters: { epsilon: EPSILON, label: 'TRUE' } },
      iterative: { kind: 'PGD', parameters: { epsilon: EPSILON, steps: 10, restarts: 1, target: 'NONE' } },
    },
    ...rest,
  });
}

it('FGSM without a random start overfits catastrophically, which ends the run with the robust model; RS-FGSM does not', async () => {
  const robust = await session(randomStart, 4000, {});
  while (!robust.outcome) {
    await robust.advance(robust.step + 50);
    await robust.validate();
  }
  expect(robust.outcome).toBe('COMPLETED');
  const variables = await robust.finish();
  await robust.dispose();

  const overfitting = await session(noRandomStart, 500, { model: { ...(await buildArchitecture('mlp', { seed: 1 })), variables } });
  const before = (await overfitting.validate())!;
  let last = before;
  while (!overfitting.outcome) {
    await overfitting.advance(overfitting.step + 25);
    last = (await overfitting.validate())!;
  }
  expect(overfitting.outcome).toBe('CATASTROPHIC_OVERFITTING');
  expect(overfitting.step).toBeLessThan(400);
  expect(last.iterativeAccuracy).toBeLessThan(before.iterativeAccuracy - 0.2);
  expect(last.oneStepAccuracy).toBeGreaterThan(last.iterativeAccuracy + 0.2);
  const { best } = await overfitting.checkpoint();
  expect(best!.iterativeAccuracy).toBeGreaterThanOrEqual(before.iterativeAccuracy);
  await overfitting.dispose();
});
