/** The layer `relu(x) / (1 + β relu(x)²)` (Kurakin et al. 2016, appendix): its slope falls where units are far from zero. @module */
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';

const { Layer } = layers;

export class ReluDecay extends Layer {
  static readonly className = 'ReluDecay';
  private readonly beta: number;

  /** @param config `beta`: β, from 0 (plain ReLU) up. */
  constructor(config: ConstructorParameters<typeof Layer>[0] & { beta?: number }) {
    super(config);
    this.beta = config?.beta ?? 0.1;
  }

  override computeOutputShape(inputShape: (number | null)[]): (number | null)[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const positive = tf.relu(Array.isArray(inputs) ? inputs[0]! : inputs);
    return tf.div(positive, tf.add(tf.mul(tf.square(positive), this.beta), 1));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), beta: this.beta };
  }
}

tf.serialization.registerClass(ReluDecay);
