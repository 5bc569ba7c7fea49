/**
 * One-step and iterative L∞ attacks as one formula inside the step: `X_0 = X + start; X_{n+1} = Clip_{X,ε}{ X_n ± α · sign ∇ J(X_n, y) }`. They differ in the class
 * y, the direction, the start and the step sizes, all of them inputs, so that every image of a minibatch may be under an attack and an ε of its own.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { LINF, paperIterations } from '../attacks/index.js';
import { type HostTensors, sizeOf } from '../tensors/index.js';
import type { RandomStream } from '../random.js';
import { ascend, crossEntropyOf } from './adversary.js';
import { drawn, floats } from './random-inputs.js';
import { STEPS } from './schemes/definition.js';
import type { BatchShape, SchemeStep, SuiteAttack, WeightedAttack } from './types.js';

type LabelSource = 'true' | 'predicted' | 'leastLikely' | 'random';

interface StepAttack {
  readonly label: LabelSource;
  /** 1 away from the class, -1 towards it. */
  readonly direction: 1 | -1;
  readonly steps: number;
  readonly alpha: (epsilon: number) => number;
  /** Change that the first step starts from. */
  readonly start?: { readonly draw: (stream: RandomStream) => number; readonly length: (epsilon: number) => number };
}

/** Whose options of start and length the compiled step does not have. */
const ONE_STEP = new Set(['FGSM', 'STEP_LL', 'STEP_RND']);

const sign = (stream: RandomStream) => (stream.integer(2) === 1 ? 1 : -1);

/** Undefined for attacks that are not of this family, and for those of more steps than can be unrolled in one compiled step. */
function stepAttack(attack: SuiteAttack): StepAttack | undefined {
  const found = ofFamily(attack);
  return found && found.steps <= STEPS.maximum! ? found : undefined;
}

function ofFamily({ kind, parameters }: SuiteAttack): StepAttack | undefined {
  if ((parameters['target'] ?? 'NONE') !== 'NONE' || parameters['targetClass'] !== undefined) return undefined;
  if (ONE_STEP.has(kind) && (parameters['randomStart'] === true || parameters['alpha'] !== undefined)) return undefined;
  if ((parameters['loss'] ?? 'CROSS_ENTROPY') !== 'CROSS_ENTROPY' || parameters['bestIterate'] === true) return undefined;
  const epsilonMax = parameters['epsilon'] as number;
  const whole = { steps: 1, alpha: (epsilon: number) => epsilon };
  const share = parameters['randomShare'] as number;
  const afterRandomStep = {
    steps: 1,
    alpha: (epsilon: number) => (1 - share) * epsilon,
    start: { draw: sign, length: (epsilon: number) => share * epsilon },
  };
  const iterative = () => {
    const [alpha, steps] = [parameters['alpha'] as number, parameters['steps'] as number | undefined];
    return { steps: steps ?? paperIterations(epsilonMax), alpha: () => alpha };
  };
  switch (kind) {
    case 'FGSM':
      return { label: parameters['label'] === 'PREDICTED' ? 'predicted' : 'true', direction: 1, ...whole };
    case 'STEP_LL':
      return { label: 'leastLikely', direction: -1, ...whole };
    case 'STEP_RND':
      return { label: 'random', direction: -1, ...whole };
    case 'RAND_FGSM':
      return { label: 'true', direction: 1, ...afterRandomStep };
    case 'STEP_LL_NOISE':
      return { label: 'leastLikely', direction: -1, ...afterRandomStep };
    case 'ITER_BASIC':
      return { label: 'true', direction: 1, ...iterative() };
    case 'ITER_LL':
      return { label: 'leastLikely', direction: -1, ...iterative() };
    case 'PGD': {
      const steps = parameters['steps'] as number;
      const [alpha, relativeAlpha] = [parameters['alpha'], parameters['relativeAlpha']] as (number | undefined)[];
      const uniform = { draw: (stream: RandomStream) => 2 * stream.uniform() - 1, length: (epsilon: number) => epsilon };
      const isFromImage = parameters['randomStart'] === false;
      if (parameters['restarts'] !== 1 && !isFromImage) return undefined;
      const length = (epsilon: number) => alpha ?? (relativeAlpha === undefined ? (2.5 * epsilon) / steps : relativeAlpha * epsilon);
      return { label: 'true', direction: 1, steps, alpha: length, ...(isFromImage ? {} : { start: uniform }) };
    }
    default:
      return undefined;
  }
}

/** Attacks that a step makes itself, drawn for each image by their weights. */
export class DrawnAttacks {
  private readonly sources: readonly LabelSource[];
  private readonly steps: number;
  private readonly hasStart: boolean;

  private constructor(
    private readonly attacks: readonly { readonly attack: StepAttack; readonly weight: number; readonly epsilonMax: number }[],
    private readonly k: number,
  ) {
    this.sources = [...new Set(attacks.map(({ attack }) => attack.label))];
    this.steps = Math.max(...attacks.map(({ attack }) => attack.steps));
    this.hasStart = attacks.some(({ attack }) => attack.start);
  }

  /** Undefined where a step cannot make an attack of the list. @param k images in each minibatch. */
  static of(attacks: readonly WeightedAttack[], k: number): DrawnAttacks | undefined {
    const found = attacks.flatMap((one) => {
      const attack = stepAttack(one);
      return attack ? [{ attack, weight: one.weight, epsilonMax: one.parameters['epsilon'] as number }] : [];
    });
    return found.length === attacks.length ? new DrawnAttacks(found, k) : undefined;
  }

  /** Everything that changes the compiled step. */
  get signature(): string {
    return JSON.stringify([this.k, this.sources, this.steps, this.hasStart]);
  }

  inputs({ imageShape }: BatchShape): Record<string, readonly number[]> {
    return {
      epsilon: [this.k, 1, 1, 1],
      stepSizes: [this.steps, this.k, 1, 1, 1],
      ...(this.sources.length > 1 ? { sources: [this.sources.length, this.k] } : {}),
      ...(this.sources.includes('random') ? { randomLabels: [this.k] } : {}),
      ...(this.hasStart ? { start: [this.k, ...imageShape] } : {}),
    };
  }

  /** @param epsilonOf ε of an image, from the largest that its attack has. */
  draw(stream: RandomStream, shape: BatchShape, epsilonOf: (epsilonMax: number) => number): HostTensors {
    const { k, sources } = this;
    const inputs = Object.fromEntries(
      Object.entries(this.inputs(shape)).map(([name, of]) => [name, floats(of, new Float32Array(sizeOf(of)))]),
    );
    for (let i = 0; i < k; i++) {
      const { attack, epsilonMax } = pick(this.attacks, stream);
      const epsilon = epsilonOf(epsilonMax);
      inputs['epsilon']!.data[i] = epsilon;
      for (let step = 0; step < attack.steps; step++) inputs['stepSizes']!.data[step * k + i] = attack.direction * attack.alpha(epsilon);
      if (inputs['sources']) inputs['sources'].data[sources.indexOf(attack.label) * k + i] = 1;
      if (inputs['start'] && attack.start) {
        const { draw, length } = attack.start;
        const values = drawn(shape.imageShape, () => length(epsilon) * draw(stream)).data;
        inputs['start'].data.set(values, i * values.length);
      }
    }
    if (inputs['randomLabels']) for (let i = 0; i < k; i++) inputs['randomLabels'].data[i] = stream.integer(shape.classCount);
    return inputs;
  }

  /** Adversarial forms of the first k images. */
  make(step: SchemeStep): tf.Tensor4D {
    const images = tf.slice(step.images, [0], [this.k]);
    const { epsilon, stepSizes, start } = step.inputs;
    return ascend(crossEntropyOf(step, this.labels(step, images)), images, {
      norm: LINF,
      epsilon: epsilon!,
      stepSizes: tf.unstack(stepSizes!),
      start: start && (tf.clipByValue(tf.add(images, start), 0, 1) as tf.Tensor4D),
    });
  }

  /** The class that each image's attack follows. */
  private labels(step: SchemeStep, images: tf.Tensor4D): tf.Tensor1D {
    const classes = this.sources.map((source) => labelsFrom(source, step, images));
    if (classes.length === 1) return classes[0]!;
    const chosen = tf.mul(step.inputs['sources']!, tf.cast(tf.stack(classes), 'float32'));
    return tf.cast(tf.sum(chosen, 0), 'int32') as tf.Tensor1D;
  }
}

function labelsFrom(source: LabelSource, { labels, scores, inputs }: SchemeStep, images: tf.Tensor4D): tf.Tensor1D {
  switch (source) {
    case 'true':
      return tf.slice(labels, [0], [images.shape[0]]);
    case 'predicted':
      return tf.argMax(scores(images), 1) as tf.Tensor1D;
    case 'leastLikely':
      return tf.argMin(scores(images), 1) as tf.Tensor1D;
    case 'random':
      return tf.cast(inputs['randomLabels']!, 'int32') as tf.Tensor1D;
  }
}

/** One of several, each with a chance in proportion to its weight. */
export function pick<T extends { readonly weight: number }>(choices: readonly T[], stream: RandomStream): T {
  if (choices.length === 1) return choices[0]!;
  let at = stream.uniform() * choices.reduce((sum, { weight }) => sum + weight, 0);
  return choices.find(({ weight }) => (at -= weight) < 0) ?? choices.at(-1)!;
}
