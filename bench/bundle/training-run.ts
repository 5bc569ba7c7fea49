/** Adversarial training, Algorithm 1 with step l.l., on MNIST's test set but for its last images, which it is measured on. @module */
import { adam, algorithm1, buildArchitecture, type Engine, openDataset, stepLlUpTo, TrainingSession } from '../../src/compute/index.js';

export interface TrainingRun {
  readonly network: string;
  readonly batch: number;
  readonly steps: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** Mean of each tenth of the steps. */
  readonly losses: readonly number[];
  /** Shares of images that it was not trained on: the originals, under FGSM, and under PGD of 10 steps. */
  readonly clean: number;
  readonly oneStep: number;
  readonly iterative: number;
}

const EPSILON = 0.3;
const PARTS = 10;
const IMAGES = 10_000;

export interface TrainingSizes {
  readonly network: string;
  readonly batch: number;
  readonly steps: number;
  /** Images at the end of the test set that it is measured on, and not trained on. */
  readonly heldOut: number;
}

export async function trainingRun(engine: Engine, { network, batch, steps, heldOut }: TrainingSizes): Promise<TrainingRun> {
  const dataset = await openDataset({ format: 'mnist', split: 'test' });
  const session = await TrainingSession.start({
    engine,
    dataset,
    model: await buildArchitecture(network, { seed: 1 }),
    scheme: algorithm1({ ...stepLlUpTo(EPSILON), adversarialCount: batch / 2, adversarialWeight: 0.3, delaySteps: 0 }),
    optimizer: adam(),
    learningRate: () => 1e-3,
    totalSteps: steps,
    batchSize: batch,
    seed: 1,
    validation: {
      ...{ dataset, offset: IMAGES - heldOut, count: heldOut },
      oneStep: { kind: 'FGSM', parameters: { epsilon: EPSILON } },
      iterative: { kind: 'PGD', parameters: { epsilon: EPSILON, steps: 10 } },
    },
  });
  try {
    const losses: number[] = [];
    let seconds = 0;
    for (let part = 1; part <= PARTS; part++) {
      const segment = await session.advance(Math.round((steps * part) / PARTS));
      seconds += segment.seconds;
      losses.push(segment.loss);
    }
    const { cleanAccuracy, oneStepAccuracy, iterativeAccuracy } = (await session.validate())!;
    return {
      ...{ network, batch, steps, seconds, losses, imagesPerSecond: (steps * batch) / seconds },
      ...{ clean: cleanAccuracy, oneStep: oneStepAccuracy, iterative: iterativeAccuracy },
    };
  } finally {
    await session.dispose();
    await dataset.close();
  }
}
