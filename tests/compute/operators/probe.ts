/** One operator as a function of one of its inputs. */
import * as tf from '@tensorflow/tfjs-core';
import { Attributes } from '../../../src/compute/models/dataflow/attributes.js';
import { Call, type Operator, type CallEnvironment } from '../../../src/compute/models/dataflow/operator.js';
import { Value } from '../../../src/compute/models/dataflow/value.js';
import { lacksGradient } from '../../../src/compute/models/lacks-gradient.js';
import { randomStream } from '../../../src/compute/random.js';
import { sizeOf } from '../../../src/compute/tensors/host-tensor.js';
import type { HostTensor } from '../../../src/compute/tensors/types.js';
import type { OperatorCase, Variable } from './cases.js';

type Input = Variable | HostTensor | undefined;

const isVariable = (input: Input): input is Variable => input !== undefined && 'values' in input;
const tensorOf = ({ shape, values }: Variable) => tf.tensor(values, [...shape], 'float32');

/** Normal values, always the same. */
export function noise(purpose: string, shape: readonly number[]): Float32Array {
  const stream = randomStream(0, purpose, 0);
  return Float32Array.from({ length: sizeOf(shape) }, () => stream.normal());
}

const SURROUNDINGS: CallEnvironment = {
  training: false,
  update: () => undefined,
  random: (name, _, shape) => tf.tensor(noise(name, shape), [...shape]),
  isBatchOpen: true,
  shapeAsWritten: () => undefined,
  mask: () => tf.scalar(1),
};

export class Probe {
  private constructor(
    private readonly name: string,
    private readonly operator: Operator,
    private readonly about: OperatorCase,
    private readonly position: number,
    readonly x: Variable,
  ) {}

  /** One for each variable of the case. */
  static of(name: string, operator: Operator, about: OperatorCase): Probe[] {
    return about.inputs.flatMap((input, i) => (isVariable(input) ? [new Probe(name, operator, about, i, input)] : []));
  }

  /** The weighted elements of all outputs. */
  private terms(x: tf.Tensor): tf.Tensor[] {
    const { inputs, attributes = {}, version = 13, outputs = 1 } = this.about;
    const names = (kind: string, count: number) => Array.from({ length: count }, (_, i) => `${kind}${i}`);
    const node = {
      name: this.name,
      operator: this.name,
      version,
      inputs: names('input', inputs.length),
      outputs: names('output', outputs),
      attributes: new Attributes(this.name, attributes),
    };
    const valueOf = (input: Input, i: number) => {
      if (!isVariable(input)) return input && Value.known(input);
      return Value.plain(tf.cast(i === this.position ? x : tensorOf(input), input.dtype));
    };
    const results = [this.operator.run(new Call(node, inputs.map(valueOf), SURROUNDINGS))].flat();
    return results.map(({ plain }, i) => tf.mul(tf.cast(plain, 'float32'), tf.tensor(noise(`weights ${i}`, plain.shape), plain.shape)));
  }

  /** Sum of the weighted elements at a distance from x, added up in double precision. */
  value(direction: Float32Array, distance: number): number {
    const values = this.x.values.map((value, i) => value + distance * direction[i]!);
    return tf.tidy(() => {
      const terms = this.terms(tensorOf({ ...this.x, values }));
      return terms.flatMap((term) => [...term.dataSync()]).reduce((a, b) => a + b, 0);
    });
  }

  /** By central differences. */
  slope(direction: Float32Array, step: number): number {
    return (this.value(direction, step) - this.value(direction, -step)) / (2 * step);
  }

  /** As autodiff has it; undefined where it finds none. */
  gradient(): Float32Array | undefined {
    const sum = (x: tf.Tensor) => tf.addN(this.terms(x).map((term) => tf.sum(term)));
    try {
      return tf.tidy(() => tf.grad(sum)(tensorOf(this.x)).dataSync<'float32'>());
    } catch (error) {
      if (lacksGradient(error)) return undefined;
      throw error;
    }
  }
}
