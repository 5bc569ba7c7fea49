import { afterAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { testEngine } from '../test-engine.js';
import { computeOn, tf } from '../../src/compute/engine/tensorflow.js';
import type { Engine } from '../../src/compute/engine/types.js';
import type { HostTensors } from '../../src/compute/tensors/types.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { adam } from '../../src/compute/training/optimizers/adam.js';
import { adamw } from '../../src/compute/training/optimizers/adamw.js';
import { nesterov } from '../../src/compute/training/optimizers/nesterov.js';
import { rmsprop } from '../../src/compute/training/optimizers/rmsprop.js';
import { sgd } from '../../src/compute/training/optimizers/sgd.js';
import { rateInputs, trainingProgram } from '../../src/compute/training/program.js';
import { standard } from '../../src/compute/training/schemes/standard.js';
import type { Optimizer } from '../../src/compute/training/types.js';
import { noise } from './fixtures.js';

const compiled = await testEngine();
const eager = await createEngine({ engine: 'eager:cpu' });
afterAll(() => Promise.all([compiled.dispose(), eager.dispose()]));

const LEARNING_RATE = 0.1;

/** One weight, by the formula of the paper in double precision: what it becomes under these gradients. */
type Formula = (weight: number, gradients: readonly number[]) => number;

function descent(direction: (gradient: number, velocity: number) => number): Formula {
  return (weight, gradients) => {
    let velocity = 0;
    for (const gradient of gradients) {
      velocity = 0.9 * velocity + gradient;
      weight -= LEARNING_RATE * direction(gradient, velocity);
    }
    return weight;
  };
}

function adamFormula(weightDecay: number): Formula {
  return (weight, gradients) => {
    let [mean, square] = [0, 0];
    for (const [step, gradient] of gradients.entries()) {
      mean = 0.9 * mean + 0.1 * gradient;
      square = 0.999 * square + 0.001 * gradient ** 2;
      const [corrected, spread] = [mean / (1 - 0.9 ** (step + 1)), square / (1 - 0.999 ** (step + 1))];
      weight -= LEARNING_RATE * (corrected / Math.sqrt(spread) + weightDecay * weight);
    }
    return weight;
  };
}

const rmspropFormula: Formula = (weight, gradients) => {
  let [square, velocity] = [0, 0];
  for (const gradient of gradients) {
    square = 0.9 * square + 0.1 * gradient ** 2;
    velocity = 0.9 * velocity + (LEARNING_RATE * gradient) / Math.sqrt(square + 1);
    weight -= velocity;
  }
  return weight;
};

const cases: [name: string, optimizer: Optimizer, formula: Formula][] = [
  ['SGD', sgd(0), descent((gradient) => gradient)],
  ['SGD with momentum', sgd(), descent((_, velocity) => velocity)],
  ["SGD with Nesterov's momentum", nesterov(), descent((gradient, velocity) => gradient + 0.9 * velocity)],
  ['RMSProp', rmsprop(), rmspropFormula],
  ['Adam', adam(), adamFormula(0)],
  ['AdamW', adamw(0.1), adamFormula(0.1)],
];

/** A weight of 2 after steps with these gradients. */
function follow(optimizer: Optimizer, gradients: readonly number[]): number {
  return computeOn('cpu', () => {
    let weight: tf.Tensor = tf.scalar(2);
    let slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, tf.scalar(0) as tf.Tensor]));
    for (const [step, gradient] of gradients.entries()) {
      const rates = Object.entries(optimizer.rates(LEARNING_RATE, step)).map(([name, value]) => [name, tf.scalar(value)]);
      ({ weight, slots } = optimizer.update(weight, tf.scalar(gradient), slots, Object.fromEntries(rates)));
    }
    return weight.dataSync()[0]!;
  });
}

async function stateAfter(engine: Engine, optimizer: Optimizer): Promise<HostTensors> {
  const model = await buildArchitecture('mlp', { seed: 1, inputShape: [4, 4, 1], width: 0.25 });
  const program = await engine.program(trainingProgram(model, standard, optimizer, 8));
  for (let step = 0; step < 3; step++) {
    const labels = { dtype: 'int32', shape: [8], data: Int32Array.from({ length: 8 }, (_, i) => (i + step) % 10) } as const;
    await program.step({ images: noise(8, [4, 4, 1], step), labels, ...rateInputs(optimizer.rates(0.01, step)) });
  }
  const state = await program.readState();
  await program.dispose();
  return state;
}

describe.each(cases)('%s', (_, optimizer, formula) => {
  it('is its formula', () => {
    const gradients = [1, -0.5, 3, 0.25, 2];
    for (let steps = 1; steps <= gradients.length; steps++) {
      const taken = gradients.slice(0, steps);
      expect(follow(optimizer, taken)).toBeCloseTo(formula(2, taken), 5);
    }
  });

  it('changes a network on the compiled engine as on the reference', async () => {
    const [actual, expected] = [await stateAfter(compiled, optimizer), await stateAfter(eager, optimizer)];
    expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { data }] of Object.entries(expected)) {
      const largest = Array.from(data).reduce((max, value) => Math.max(max, Math.abs(value)), 1e-3);
      actual[name]!.data.forEach((value, i) => expect(Math.abs(value - data[i]!) / largest, name).toBeLessThan(1e-4));
    }
  });
});
