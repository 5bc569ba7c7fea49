/** Whether an engine computes what the reference does: scores and gradients of networks, and a step of training. @module */
import {
  buildArchitecture,
  createEngine,
  type DifferentiableModel,
  type Engine,
  type HostTensor,
  rateInputs,
  sgd,
  standard,
  trainingProgram,
} from '../../src/compute/index.js';
import { forwardOf, inputGradientOf } from '../functions.js';
import { batchOf } from '../subjects.js';

/** Largest differences from `eager:cpu`, each as a share of the largest value. */
export interface Parity {
  readonly network: string;
  readonly scores: number;
  readonly inputGradient: number;
  /** Of the weights' changes in a step of SGD, batch norm in training mode. */
  readonly trainingStep: number;
  readonly withinTolerance: boolean;
}

/** Float32 sums in another order differ by about a hundredth of this. */
const TOLERANCE = 1e-3;
const IMAGES = 2;
const LEARNING_RATE = 1e-2;

export async function parityOf(engine: Engine, networks: readonly string[]): Promise<Parity[]> {
  const reference = await createEngine({ engine: 'eager:cpu' });
  try {
    const rows: Parity[] = [];
    for (const network of networks) {
      const model = await buildArchitecture(network, { seed: 1 });
      const [ours, expected] = [await valuesOf(engine, model), await valuesOf(reference, model)];
      const differences = {
        scores: difference(ours.scores, expected.scores),
        inputGradient: difference(ours.inputGradient, expected.inputGradient),
        trainingStep: difference(ours.change, expected.change),
      };
      rows.push({ network, ...differences, withinTolerance: Object.values(differences).every((each) => each <= TOLERANCE) });
    }
    return rows;
  } finally {
    await reference.dispose();
  }
}

type Values = ArrayLike<number>;

async function valuesOf(engine: Engine, model: DifferentiableModel & Parameters<typeof trainingProgram>[0]) {
  const { images: x, labels: label } = batchOf(model, IMAGES);
  const forward = await (await engine.batched(forwardOf(model))).run({ x });
  const gradient = await (await engine.batched(inputGradientOf(model))).run({ x, label });
  const optimizer = sgd();
  const program = await engine.program(trainingProgram(model, standard, optimizer, IMAGES));
  const before = await program.readState();
  await program.step({ ...batchOf(model, IMAGES), ...rateInputs(optimizer.rates(LEARNING_RATE, 0)) });
  const after = await program.readState();
  await program.dispose();
  const change = Object.entries(after).flatMap(([name, { data }]) => Array.from(data, (value, i) => value - before[name]!.data[i]!));
  return { scores: only(forward), inputGradient: only(gradient), change };
}

const only = (outputs: Readonly<Record<string, HostTensor>>): Values => Object.values(outputs)[0]!.data;

function difference(ours: Values, expected: Values): number {
  let [largest, most] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    most = Math.max(most, Math.abs(expected[i]! - ours[i]!));
    if (Number.isNaN(ours[i])) return Number.POSITIVE_INFINITY;
  }
  return most / largest;
}
