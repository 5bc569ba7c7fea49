/** Times a step of training. @module */
import {
  algorithm1,
  batchShape,
  dropoutMasks,
  type DifferentiableModel,
  type Engine,
  maskInputs,
  type Optimizer,
  rateInputs,
  type Regularisation,
  stepLlUpTo,
  trainingProgram,
  type TrainingScheme,
} from '../src/compute/index.js';
import { batchOf } from './subjects.js';
import { time } from './timing.js';

/** Small enough that random weights stay finite. */
const LEARNING_RATE = 1e-4;

export interface Sizes {
  readonly batch: number;
  readonly seconds: number;
}

export interface Trained {
  readonly model: DifferentiableModel;
  readonly scheme: TrainingScheme;
  readonly optimizer: Optimizer;
  readonly regularisation?: Regularisation;
}

/** Algorithm 1 with k = m/2 and step l.l. */
export function paperScheme(epsilon: number, batch: number): TrainingScheme {
  return algorithm1({ ...stepLlUpTo(epsilon), adversarialCount: batch / 2, adversarialWeight: 0.3, delaySteps: 0 });
}

/** Seconds that compiling and a step take, and the loss of the first. */
export async function stepTime(engine: Engine, { model, scheme, optimizer, regularisation }: Trained, { batch, seconds }: Sizes) {
  const start = performance.now();
  const program = await engine.program(trainingProgram(model, scheme, optimizer, batch, regularisation));
  const compileSeconds = (performance.now() - start) / 1000;
  const inputs = {
    ...batchOf(model, batch),
    ...rateInputs(optimizer.rates(LEARNING_RATE, 0)),
    ...maskInputs(dropoutMasks(model.dropout ?? {}, batch, 1, 0)),
    ...scheme.draw?.(batchShape(model, batch), 1, 0),
  };
  const loss = (await program.step(inputs))['loss']!.data[0]!;
  const [step] = await time([() => program.step(inputs)], seconds);
  await program.dispose();
  return { compileSeconds, loss, step: step! };
}
