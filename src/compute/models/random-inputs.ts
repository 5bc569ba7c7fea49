/**
 * Random values that a model takes beside the image. Compiled functions draw none themselves, so that every run is given them as inputs: drawn again for each image
 * that the model is asked about. With a seed, they are the same for the same image, however a batch is cut.
 * @module
 */
import { createHash, randomInt } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { concatenate, type HostTensor, type HostTensors, rows, sizeOf, type Tensors } from '../tensors/index.js';
import type { BatchedFunction, BatchedInput, RunOptions } from '../engine/index.js';
import { randomStream, type RandomStream } from '../random.js';

export interface RandomInputs {
  /** Absent: of every run's own. */
  readonly seed?: number;
  /** Shapes for one image, by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Values for one image, by name. */
  draw(stream: RandomStream): Readonly<Record<string, Float32Array>>;
}

/** Most values that are drawn at once: 32 MB. */
const MOST_VALUES = 2 ** 23;

const PREFIX = 'random:';

/** The inputs that a function of the model has beside its own. */
export function inputsOf({ shapes }: RandomInputs): Record<string, BatchedInput> {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [PREFIX + name, { dtype: 'float32', shape }]));
}

/** What {@link RandomInputs.draw} drew. @param count of images; where it is a multiple of the examples, as for views of them, the values are repeated. */
export function valuesIn({ shapes }: RandomInputs, inputs: Tensors, count: number): Tensors {
  const values = Object.keys(shapes).map((name) => {
    const value = inputs[PREFIX + name]!;
    const times = count / value.shape[0]!;
    return [name, times === 1 ? value : tf.tile(value, [times, ...value.shape.slice(1).map(() => 1)])] as const;
  });
  return Object.fromEntries(values);
}

/** Runs a function whose inputs are given by {@link inputsOf} too, some examples at a time, and each repetition with values of its own. */
export function withRandomInputs(random: RandomInputs, compiled: BatchedFunction): BatchedFunction {
  const values = Object.values(random.shapes).reduce((sum, shape) => sum + sizeOf(shape), 0);
  const most = Math.max(1, Math.floor(MOST_VALUES / Math.max(1, values)));
  return {
    async run(inputs, options = {}) {
      const n = Object.values(inputs)[0]!.shape[0]!;
      const parts: HostTensors[] = [];
      for (let from = 0; from < n || from === 0; from += most) {
        const part = Object.entries(inputs).map(([name, tensor]) => [name, rows(tensor, from, Math.min(n, from + most))] as const);
        parts.push(await repeated(random, compiled, Object.fromEntries(part), options));
      }
      return concatenate(parts);
    },
  };
}

async function repeated(random: RandomInputs, compiled: BatchedFunction, inputs: HostTensors, options: RunOptions): Promise<HostTensors> {
  const { repeat = 1, feedback = {}, signal, draw = 0 } = options;
  const seed = random.seed ?? randomInt(2 ** 31);
  let state = inputs;
  for (let step = 1; ; step++) {
    const outputs = await compiled.run({ ...state, ...drawn(random, seed, state, draw * repeat + step) }, { signal });
    if (step >= repeat) return outputs;
    state = { ...state, ...Object.fromEntries(Object.entries(feedback).map(([output, input]) => [input, outputs[output]!])) };
  }
}

/** @param step so that a step that changes nothing is followed by one with other values. */
function drawn(random: RandomInputs, seed: number, inputs: HostTensors, step: number): HostTensors {
  const { shapes, draw } = random;
  const n = Object.values(inputs)[0]!.shape[0]!;
  const tensors = Object.entries(shapes).map(([name, shape]): [string, HostTensor] => {
    return [name, { dtype: 'float32', shape: [n, ...shape], data: new Float32Array(n * sizeOf(shape)) }];
  });
  for (let i = 0; i < n; i++) {
    const key = random.seed === undefined ? String(i) : keyOf(inputs, i);
    const values = draw(randomStream(seed, `model.${key}`, step));
    for (const [name, { data, shape }] of tensors) data.set(values[name]!, i * sizeOf(shape.slice(1)));
  }
  return Object.fromEntries(tensors.map(([name, tensor]) => [PREFIX + name, tensor]));
}

/** A hash of all that the function is given for an example. */
function keyOf(inputs: HostTensors, row: number): string {
  const hash = createHash('sha256');
  for (const { data, shape } of Object.values(inputs)) {
    const size = sizeOf(shape.slice(1)) * data.BYTES_PER_ELEMENT;
    hash.update(new Uint8Array(data.buffer, data.byteOffset + row * size, size));
  }
  return hash.digest('hex');
}
