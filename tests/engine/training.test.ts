import { afterAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { ENGINE_UNDER_TEST } from '../test-engine.js';
import { expectClose, floats, integers, tf } from './helpers.js';
import type { HostTensor, HostTensors, Tensors } from '../../src/compute/tensors/types.js';
import type { ProgramSpec } from '../../src/compute/engine/types.js';

const compiled = await createEngine({ engine: ENGINE_UNDER_TEST });
const eager = await createEngine({ engine: 'eager:cpu' });
afterAll(() => Promise.all([compiled.dispose(), eager.dispose()]));

const scaled = (tensor: HostTensor, by: number): HostTensor => ({ ...tensor, data: Float32Array.from(tensor.data, (v) => v * by) });
const zeros = (shape: number[]): HostTensor => ({ dtype: 'float32', shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });

const parameters: HostTensors = {
  w1: scaled(floats([3, 3, 3, 16], 1), 0.2),
  gamma: { ...zeros([16]), data: new Float32Array(16).fill(1) },
  beta: zeros([16]),
  w2: scaled(floats([3, 3, 16, 32], 2), 0.1),
  dw: scaled(floats([3, 3, 32, 1], 6), 0.3),
  w3: scaled(floats([32, 10], 3), 0.2),
  b3: zeros([10]),
};

/** Batch norm on the batch's statistics, two strides, a depthwise layer: what training of convolutional networks is made of. */
function logitsOf(p: Tensors, x: tf.Tensor): { logits: tf.Tensor; mean: tf.Tensor } {
  const y = tf.conv2d(x as tf.Tensor4D, p.w1 as tf.Tensor4D, 1, 'same');
  const { mean, variance } = tf.moments(y, [0, 1, 2]);
  const normal = tf.add(tf.mul(tf.sub(y, mean), tf.mul(tf.rsqrt(tf.add(variance, 1e-3)), p.gamma!)), p.beta!);
  const z = tf.relu(tf.conv2d(tf.relu(normal) as tf.Tensor4D, p.w2 as tf.Tensor4D, 2, 'same'));
  const d = tf.depthwiseConv2d(z as tf.Tensor4D, p.dw as tf.Tensor4D, 1, 'same');
  return { logits: tf.add(tf.matMul(tf.mean(d, [1, 2]) as tf.Tensor2D, p.w3 as tf.Tensor2D), p.b3!), mean };
}

type Update = (name: string, weight: tf.Tensor, gradient: tf.Tensor, state: Tensors) => Tensors;

const optimizers: Record<string, { slots: string[]; update: Update }> = {
  sgd: { slots: [], update: (name, w, g) => ({ [name]: tf.sub(w, tf.mul(g, 0.1)) }) },
  momentum: {
    slots: ['m'],
    update: (name, w, g, state) => {
      const m = tf.add(tf.mul(state[`m.${name}`]!, 0.9), g);
      return { [name]: tf.sub(w, tf.mul(m, 0.1)), [`m.${name}`]: m };
    },
  },
  rmsprop: {
    slots: ['s'],
    update: (name, w, g, state) => {
      const s = tf.add(tf.mul(state[`s.${name}`]!, 0.9), tf.mul(tf.square(g), 0.1));
      return { [name]: tf.sub(w, tf.div(tf.mul(g, 0.01), tf.sqrt(tf.add(s, 1)))), [`s.${name}`]: s };
    },
  },
  adam: {
    slots: ['m', 'v'],
    update: (name, w, g, state) => {
      const m = tf.add(tf.mul(state[`m.${name}`]!, 0.9), tf.mul(g, 0.1));
      const v = tf.add(tf.mul(state[`v.${name}`]!, 0.999), tf.mul(tf.square(g), 0.001));
      return { [name]: tf.sub(w, tf.mul(tf.div(m, tf.add(tf.sqrt(v), 1e-3)), 0.01)), [`m.${name}`]: m, [`v.${name}`]: v };
    },
  },
};

function programOf(name: string): ProgramSpec {
  const { slots, update } = optimizers[name]!;
  const names = Object.keys(parameters);
  const slotState = slots.flatMap((slot) =>
    names.map((parameter) => [`${slot}.${parameter}`, zeros([...parameters[parameter]!.shape])] as const),
  );
  return {
    name: `test.train.${name}`,
    fingerprint: '1',
    state: {
      ...parameters,
      ...Object.fromEntries(slotState),
      mean: zeros([16]),
      steps: { dtype: 'int32', shape: [], data: Int32Array.of(0) },
    },
    inputs: { x: { dtype: 'float32', shape: [6, 8, 8, 3] }, y: { dtype: 'int32', shape: [6] } },
    fn: (state, { x, y }) => {
      const loss = (...values: tf.Tensor[]) => {
        const { logits } = logitsOf(Object.fromEntries(names.map((n, i) => [n, values[i]!])), x!);
        return tf.mean(tf.neg(tf.sum(tf.mul(tf.oneHot(y as tf.Tensor1D, 10), tf.logSoftmax(logits)), 1))) as tf.Scalar;
      };
      const { value, grads } = tf.valueAndGrads(loss)(names.map((n) => state[n]!));
      const updated = Object.assign({}, ...names.map((n, i) => update(n, state[n]!, grads[i]!, state))) as Tensors;
      const { mean } = logitsOf(state, x!);
      const next = {
        ...state,
        ...updated,
        mean: tf.add(tf.mul(state.mean!, 0.9), tf.mul(mean, 0.1)),
        steps: tf.add(state.steps!, tf.scalar(1, 'int32')),
      };
      return { state: next, outputs: { loss: value } };
    },
  };
}

const batch = (seed: number): HostTensors => ({ x: floats([6, 8, 8, 3], seed), y: integers([6], 10, 'int32', seed) });

describe('programs', () => {
  for (const name of Object.keys(optimizers)) {
    it(`train with ${name} as the eager engine does`, async () => {
      const programs = [await compiled.program(programOf(name)), await eager.program(programOf(name))];
      const losses: number[][] = [[], []];
      for (let step = 0; step < 3; step++) {
        for (const [i, program] of programs.entries()) losses[i]!.push((await program.step(batch(step + 1))).loss!.data[0]!);
      }
      expectClose(losses[0]!, losses[1]!, 1e-4);
      const [actual, expected] = await Promise.all(programs.map((program) => program.readState()));
      for (const [key, value] of Object.entries(expected!)) expectClose(actual![key]!.data, value.data, 1e-4, key);
      expect(actual!.steps!.data[0]).toBe(3);
      await Promise.all(programs.map((program) => program.dispose()));
    });
  }

  it('go back to a state that is written', async () => {
    const program = await compiled.program(programOf('sgd'));
    const first = await program.step(batch(1));
    const saved = await program.readState();
    const second = await program.step(batch(2));
    await program.writeState(saved);
    expect((await program.step(batch(2))).loss!.data[0]).toBe(second.loss!.data[0]);
    expect(second.loss!.data[0]).not.toBe(first.loss!.data[0]);
    await expect(async () => program.writeState({ ...saved, w3: zeros([10, 32]) })).rejects.toThrow("'w3' must be float32 [32, 10]");
    await program.dispose();
  });

  it('refuse a step that changes the shape of the state', async () => {
    const spec = programOf('sgd');
    const bad = {
      ...spec,
      fn: (state: Tensors, inputs: Tensors) => ({ ...spec.fn(state, inputs), state: { ...state, b3: tf.zeros([11]) } }),
    };
    // A compiled program is refused before its first step.
    const step = async () => (await compiled.program(bad)).step(batch(1));
    await expect(step).rejects.toThrow(/'b3'.*float32 \[10\].*float32 \[11\]/);
  });
});
