/** Classifiers of texts: numbers of words, the LSTM and its gradients, perturbations of embeddings, and training on them. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toTensors } from '../../src/compute/engine/tensorflow.js';
import { fingerprintOf } from '../../src/compute/models/fingerprint.js';
import { randomStream } from '../../src/compute/random.js';
import type { HostTensor, HostTensors, Tensors } from '../../src/compute/tensors/types.js';
import {
  adversarial,
  maskOf,
  normalised,
  type Perturbation,
  predictText,
  random,
  type TextNetwork,
  textLogits,
  type TextTraining,
  textWeights,
  trainText,
  virtualAdversarial,
  Vocabulary,
  wordsOf,
} from '../../src/compute/text/index.js';
import { klDivergence } from '../../src/compute/training/divergence.js';
import { BACKEND_UNDER_TEST } from '../test-backend.js';
import { testEngine } from '../test-engine.js';
import { failure, refusal } from './fixtures.js';

const engine = await testEngine();
// Other files of this process leave theirs.
beforeAll(() => tf.setBackend(BACKEND_UNDER_TEST));
afterAll(() => engine.dispose());

const network: TextNetwork = { words: 12, length: 5, embedding: 3, units: 4, classes: 3 };
const COUNT = 4;
const stream = randomStream(1, 'text.test', 0);
const drawn = (shape: readonly number[]): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => stream.normal()),
});
const weights: HostTensors = { ...textWeights(network, 1), hiddenBias: drawn([30]), outputBias: drawn([3]) };
/** Of 5, 3, 1 and 0 words. */
const numbers: HostTensor = {
  dtype: 'int32',
  shape: [COUNT, 5],
  data: Int32Array.from([2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0]),
};
const embeddings = drawn([COUNT, 5, 3]);
const oneHot: HostTensor = { dtype: 'float32', shape: [COUNT, 3], data: Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]) };

/** What the engine computes of texts, with the weights as constants. */
async function computed(name: string, fn: (logits: (x: tf.Tensor) => tf.Tensor2D, inputs: Tensors) => tf.Tensor): Promise<Float32Array> {
  const inputs = { numbers, x: embeddings, oneHot, direction: embeddings };
  const compiled = await engine.batched({
    name: `text.test.${name}`,
    fingerprint: 'text.test',
    fewExamples: COUNT,
    inputs: Object.fromEntries(Object.entries(inputs).map(([key, { dtype, shape }]) => [key, { dtype, shape: shape.slice(1) }])),
    fn(given) {
      const [constants, mask] = [toTensors(weights), maskOf(given['numbers']!)];
      return { result: fn((x) => textLogits(constants, tf.mul(x, mask), mask), given) };
    },
  });
  return (await compiled.run(inputs))['result']!.data as Float32Array;
}

/** The same as {@link textLogits}, in double precision and without any library. @param x of one text. */
function reference(x: readonly number[], words: readonly number[], given: HostTensors = weights): number[] {
  const { embedding: size, units, classes } = network;
  const of = (name: string) => given[name]!.data;
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  let [cell, output] = [new Array<number>(units).fill(0), new Array<number>(units).fill(0)];
  for (const [t, word] of words.entries()) {
    if (word === 0) continue;
    const gate = (g: number) => {
      let sum = of('gates')[g]!;
      for (let d = 0; d < size; d++) sum += x[t * size + d]! * of('input')[d * 4 * units + g]!;
      for (let u = 0; u < units; u++) sum += output[u]! * of('recurrent')[u * 4 * units + g]!;
      return sum;
    };
    const gates = Array.from({ length: 4 * units }, (_, g) => gate(g));
    cell = cell.map((kept, u) => sigmoid(gates[units + u]!) * kept + sigmoid(gates[u]!) * Math.tanh(gates[3 * units + u]!));
    output = cell.map((value, u) => sigmoid(gates[2 * units + u]!) * Math.tanh(value));
  }
  const dense = (values: readonly number[], kernel: string, bias: string, outputs: number) =>
    Array.from({ length: outputs }, (_, o) => values.reduce((sum, value, i) => sum + value * of(kernel)[i * outputs + o]!, of(bias)[o]!));
  const hidden = dense(output, 'hidden', 'hiddenBias', 30).map((value) => Math.max(0, value));
  return dense(hidden, 'output', 'outputBias', classes);
}

const rowsOf = ({ data, shape }: HostTensor) => {
  const size = data.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) => Array.from(data.subarray(i * size, (i + 1) * size)));
};
const [texts, vectors, targets] = [rowsOf(numbers), rowsOf(embeddings), rowsOf(oneHot)];
const lossOf = (logits: readonly number[], target: readonly number[]) => {
  const most = Math.max(...logits);
  const sum = Math.log(logits.reduce((total, value) => total + Math.exp(value - most), 0)) + most;
  return target.reduce((total, share, c) => total - share * (logits[c]! - sum), 0);
};
const crossEntropy = (logits: tf.Tensor2D, target: tf.Tensor) => tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1));

describe('words of a text', () => {
  it('are in lower case, with numbers as one word, and signs that tell something', () => {
    expect(wordsOf("Don't WAIT: win $1,000 now!\n")).toEqual(["don't", 'wait', 'win', '$', '0', '0', 'now', '!']);
  });

  it('have numbers by how frequent they are, whatever the order of the texts', () => {
    const some = [
      ['b', 'a', 'b'],
      ['c', 'a', 'b', 'd'],
    ];
    const [one, other] = [new Vocabulary(some, 4), new Vocabulary(some.toReversed(), 4)];
    expect(Array.from(one.numbersOf(['b', 'a', 'c', 'z'], 6))).toEqual([0, 0, 2, 3, 1, 1]);
    expect(Array.from(one.numbersOf(['a', 'b', 'b'], 2))).toEqual([3, 2]);
    expect(Array.from(other.frequencies)).toEqual(Array.from(one.frequencies));
    expect(Array.from(one.frequencies, (share) => Math.round(7 * share))).toEqual([0, 2, 3, 2]);
  });
});

describe('embeddings', () => {
  it('have mean 0 and variance 1 over the words as often as they occur', () => {
    const share = [0.5, 0.2, 0.2, 0.1];
    const result = tf.tidy(
      () => normalised(tf.tensor2d(Array.from(drawn([4, 3]).data), [4, 3]), tf.tensor1d(share)).arraySync() as number[][],
    );
    for (const d of [0, 1, 2]) {
      const mean = share.reduce((sum, part, i) => sum + part * result[i]![d]!, 0);
      expect(mean).toBeCloseTo(0, 5);
      expect(share.reduce((sum, part, i) => sum + part * (result[i]![d]! - mean) ** 2, 0)).toBeCloseTo(1, 4);
    }
  });
});

describe('the LSTM', () => {
  it('computes what its definition says, for texts of any length', async () => {
    const logits = await computed('logits', (of, { x }) => of(x!));
    for (const [i, words] of texts.entries()) {
      for (const [c, expected] of reference(vectors[i]!, words).entries()) expect(logits[3 * i + c]).toBeCloseTo(expected, 4);
    }
  });

  it('has the gradient by embeddings that differences of its loss have', async () => {
    const gradient = await computed('gradient', (of, { x, oneHot: target }) => tf.grad((at) => tf.sum(crossEntropy(of(at), target!)))(x!));
    for (const [i, words] of texts.entries()) {
      for (let at = 0; at < 15; at++) {
        const loss = (by: number) => lossOf(reference(vectors[i]!.with(at, vectors[i]![at]! + by), words), targets[i]!);
        expect(gradient[15 * i + at]).toBeCloseTo((loss(1e-4) - loss(-1e-4)) / 2e-4, 4);
      }
    }
  });

  it('has the gradient by each kind of weight that differences of its loss have', () => {
    const names = Object.keys(weights).filter((name) => name !== 'embedding');
    const gradients = tf.tidy(() => {
      const tensors = toTensors(weights);
      const mask = maskOf(toTensors({ numbers })['numbers']!);
      const { x, target } = toTensors({ x: embeddings, target: oneHot });
      const loss = (...given: tf.Tensor[]) =>
        tf.sum(crossEntropy(textLogits(Object.fromEntries(names.map((name, i) => [name, given[i]!])), tf.mul(x!, mask), mask), target!));
      return tf
        .grads(loss)(names.map((name) => tensors[name]!))
        .map((gradient) => Array.from(gradient.dataSync()));
    });
    for (const [n, name] of names.entries()) {
      const size = weights[name]!.data.length;
      for (const at of [0, Math.floor(size / 3), Math.floor(size / 2), size - 1]) {
        const loss = (by: number) => {
          const data = Float64Array.from(weights[name]!.data).with(at, weights[name]!.data[at]! + by);
          const moved = { ...weights, [name]: { ...weights[name]!, data: data as unknown as Float32Array } };
          return texts.reduce((sum, words, i) => sum + lossOf(reference(vectors[i]!, words, moved), targets[i]!), 0);
        };
        expect(gradients[n]![at], `${name} ${at}`).toBeCloseTo((loss(1e-4) - loss(-1e-4)) / 2e-4, 3);
      }
    }
  });
});

describe('perturbations of embeddings', () => {
  const EPSILON = 0.5;
  const lengths = (data: Float32Array) => Array.from({ length: COUNT }, (_, i) => Math.hypot(...data.subarray(15 * i, 15 * i + 15)));
  const moved = {
    adversarial: (of: (x: tf.Tensor) => tf.Tensor2D, { x, oneHot: target }: Tensors) => adversarial(of, x!, target!, EPSILON),
    virtual: (of: (x: tf.Tensor) => tf.Tensor2D, { x, numbers: words, direction }: Tensors) =>
      virtualAdversarial(of, x!, tf.mul(direction!, maskOf(words!)), EPSILON, 0.1),
    random: (_: unknown, { numbers: words, direction }: Tensors) => random(tf.mul(direction!, maskOf(words!)), EPSILON),
  };

  it.each(Object.entries(moved))('are %s of length ε over a whole text, and nothing where no word is', async (name, of) => {
    const changes = await computed(`change.${name}`, of);
    for (const [i, length] of lengths(changes).entries()) expect(length).toBeCloseTo(i === 3 ? 0 : EPSILON, 4);
    changes.subarray(15, 21).forEach((change) => expect(Math.abs(change)).toBe(0));
  });

  it('raise the loss, or change the prediction, more than a random one', async () => {
    const after =
      (name: string, measure: (of: (x: tf.Tensor) => tf.Tensor2D, inputs: Tensors, x: tf.Tensor) => tf.Tensor) =>
      async (by: keyof typeof moved) =>
        computed(`${name}.${by}`, (of, inputs) => measure(of, inputs, tf.add(inputs['x']!, moved[by](of, inputs))));
    const loss = after('loss', (of, { oneHot: target }, x) => crossEntropy(of(x), target!));
    const divergence = after('divergence', (of, inputs, x) => klDivergence(of(inputs['x']!), of(x)));
    const [worst, plain] = [await loss('adversarial'), await loss('random')];
    const [changed, little] = [await divergence('virtual'), await divergence('random')];
    for (const i of [0, 1, 2]) {
      expect(worst[i]).toBeGreaterThan(plain[i]!);
      expect(changed[i]).toBeGreaterThan(little[i]!);
    }
  });
});

describe('training on texts', () => {
  /** Of two classes, told by which of two words they have. */
  const some = (count: number, seed: number) => {
    const draw = randomStream(seed, 'text.test.texts', 0);
    const labels = Int32Array.from({ length: count }, () => draw.integer(2));
    const texts = Array.from(labels, (label) => {
      const text = Int32Array.from({ length: 5 }, (_, place) => (place === 0 ? 0 : 4 + draw.integer(8)));
      return text.fill(2 + label, 1 + draw.integer(4)).subarray(0, 5);
    });
    return { numbers: texts, labels };
  };
  const two = { ...network, classes: 2 };
  const [labelled, test] = [some(40, 1), some(60, 2)];
  const train = (perturbation: Perturbation, overrides: Partial<TextTraining> = {}) => {
    const losses: number[] = [];
    const options: TextTraining = {
      engine,
      network: two,
      frequencies: new Float32Array(12).fill(1 / 12),
      labelled,
      unlabelled: some(50, 3).numbers,
      perturbation,
      epsilon: 1,
      xi: 0.1,
      steps: 80,
      batchSize: 10,
      learningRate: 0.02,
      dropout: 0.2,
      seed: 1,
      onStep: (_, loss) => losses.push(loss),
      ...overrides,
    };
    return trainText(options).then((trained) => ({ trained, losses, options }));
  };

  it.each<Perturbation>(['NONE', 'ADVERSARIAL', 'VIRTUAL', 'RANDOM'])(
    'with perturbation %s learns, and is the same for the same seed',
    async (kind) => {
      const { trained, losses, options } = await train(kind);
      expect(losses).toHaveLength(80);
      expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
      const logits = (await predictText(engine, two, options.frequencies, trained, test.numbers)).data;
      const right = test.labels.filter((label, i) => (logits[2 * i + 1]! > logits[2 * i]! ? 1 : 0) === label).length;
      expect(right / 60).toBeGreaterThan(0.85);
      expect(fingerprintOf((await train(kind)).trained)).toBe(fingerprintOf(trained));
      expect(fingerprintOf((await train(kind, { seed: 2, steps: 2 })).trained)).not.toBe(
        fingerprintOf((await train(kind, { steps: 2 })).trained),
      );
    },
  );

  it('takes texts without labels where it needs none', async () => {
    const print = async (perturbation: Perturbation, unlabelled: readonly Int32Array[]) =>
      fingerprintOf((await train(perturbation, { unlabelled, steps: 3 })).trained);
    const [one, other] = [some(50, 3).numbers, some(50, 4).numbers];
    expect(await print('VIRTUAL', one)).not.toBe(await print('VIRTUAL', other));
    expect(await print('VIRTUAL', one)).not.toBe(await print('VIRTUAL', []));
    expect(await print('ADVERSARIAL', one)).toBe(await print('ADVERSARIAL', other));
  });

  it('reports divergence', async () => {
    expect(await failure(train('NONE', { learningRate: 1e30 }))).toMatchObject(refusal('TRAINING_DIVERGED', /Lower the learning rate/));
  });
});
