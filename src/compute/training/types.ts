/**
 * Training as pure functions, run by an engine's program.
 *
 * Glossary. *Scheme*: what a network is trained on and by which loss, such as Algorithm 1 or TRADES. *Pass*: one run of the network in training mode.
 * *Optimizer*: how gradients change weights. *Slot*: a value that an optimizer keeps beside each weight, such as its momentum.
 * *Schedule*: the learning rate by step.
 * @module
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ParameterValues } from '../parameters/index.js';
import type { Dataset } from '../data/index.js';
import type { HostTensor, HostTensors, Tensors } from '../tensors/index.js';
import type { DifferentiableModel, OutputKind } from '../models/index.js';

/** Sizes of a minibatch. */
export interface BatchShape {
  readonly m: number;
  /** [height, width, channels]. */
  readonly imageShape: readonly [number, number, number];
  readonly classCount: number;
}

/** What a scheme sees of one step, inside the compiled step. */
export interface SchemeStep {
  /** `[m, height, width, channels]`, pixels in [0, 1]. */
  readonly images: Tensor4D;
  /** `[m]`, int32. */
  readonly labels: Tensor1D;
  /** Values of {@link TrainingScheme.inputs}. */
  readonly inputs: Tensors;
  /** Values of {@link TrainingScheme.state}. */
  readonly state: Tensors;
  readonly classCount: number;
  readonly output: OutputKind;
  /** The network with its current weights, in inference mode. */
  scores(x: Tensor4D): Tensor2D;
}

/** One run of the network in training mode. */
export interface Pass {
  readonly logits: Tensor2D;
  /**
   * Cross-entropy of each example, `[n]`, with label smoothing and with the auxiliary head where there is one.
   * @param targets classes `[n]` (int32), or probabilities `[n, classCount]`, which are not smoothed.
   * @param temperature what logits are divided by.
   */
  crossEntropy(targets: Tensor, temperature?: number): Tensor1D;
}

export interface SchemeLoss {
  /** Differentiable by the weights, and by the scheme's state where it has {@link TrainingScheme.updateState}. */
  readonly loss: Scalar;
  /** `[n, classCount]` and `[n]`: what is counted as right or wrong in the step's report. */
  readonly logits: Tensor2D;
  readonly labels: Tensor1D;
}

/**
 * Runs the network in training mode.
 * @param updatesStatistics whether the moving statistics take in those of `x`. Default: true.
 */
export type TrainingPass = (x: Tensor4D, updatesStatistics?: boolean) => Pass;

/** One file in `schemes/` each. */
export interface TrainingScheme {
  readonly name: string;
  /** Everything that changes what is computed; part of the compiled program's cache key. */
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
  /** Data set of which m images, drawn again for each minibatch, are the input `unlabelled`. */
  readonly unlabelled?: Dataset;
  /** Shapes of the float32 inputs that {@link draw} and {@link fetch} give, and of `unlabelled`. */
  inputs?(shape: BatchShape): Readonly<Record<string, readonly number[]>>;
  /** Values of inputs for one step. Random ones are keyed by the seed and the step. @param step counted from 0. */
  draw?(shape: BatchShape, seed: number, step: number): HostTensors;
  /** Values of inputs that need other models, other data, or an attack of the suite. */
  fetch?(host: HostStep): Promise<HostTensors>;
  /** Steps of plain training before the first one of this scheme, which then has no state. Default: 0. */
  readonly delaySteps?: number;
  /** Times that every minibatch is used, one after the other. Default: 1. */
  readonly replays?: number;
  /** Shapes of values that the scheme keeps from step to step; they start at zero. */
  state?(shape: BatchShape): Readonly<Record<string, readonly number[]>>;
  /** The state's next values, from the gradients of the loss by it. */
  updateState?(state: Tensors, gradients: Tensors, inputs: Tensors): Tensors;
  /** Data to train on, such as adversarial images: no gradient flows into how they were made. */
  prepare?(step: SchemeStep): Tensors;
  /** @param network one pass; several in a step update moving statistics one after the other. */
  loss(network: TrainingPass, step: SchemeStep, prepared: Tensors): SchemeLoss;
  /**
   * γ of adversarial weight perturbation (Wu et al. 2020): the gradient is taken at weights that are moved up the loss by γ of their length, layer by layer.
   * Default: 0.
   */
  readonly weightPerturbation?: number;
}

/** What {@link TrainingScheme.fetch} may use, outside the compiled step. */
export interface HostStep {
  /** `[m, height, width, channels]`, pixels in [0, 1]. */
  readonly images: HostTensor;
  readonly labels: Int32Array;
  readonly seed: number;
  readonly step: number;
  /**
   * Images made by an attack of the suite.
   * @param model Default: the network that is trained, with its current weights.
   */
  attack(attack: SuiteAttack, images: HostTensor, labels: Int32Array, model?: DifferentiableModel): Promise<HostTensor>;
  /** What a model outputs, `[n, classCount]`. */
  predict(model: DifferentiableModel, images: HostTensor): Promise<HostTensor>;
}

/** An attack of the suite with parameters that were checked. */
export interface SuiteAttack {
  readonly kind: string;
  readonly parameters: ParameterValues;
}

/** What is added to every scheme's loss and gradient. */
export interface Regularisation {
  /** Share of the target that is spread over all classes (Szegedy et al. 2016, arXiv 1512.00567, section 7). */
  readonly labelSmoothing: number;
  /** Weight of the auxiliary head's loss, where the network has one. */
  readonly auxiliaryWeight: number;
  /** λ of `λ / 2 · ‖w‖²` over kernels: weights that span at least two axes. AdamW has a decay of its own. */
  readonly weightDecay: number;
  /** Most that the gradient of all weights together may be long; longer ones are shortened (Pascanu et al. 2013, arXiv 1211.5063). 0: no limit. */
  readonly gradientClip: number;
  /** Share of the running average of the weights that is kept at a step. 0: no average. */
  readonly averageDecay: number;
  /**
   * Share of all steps after which weights become their plain mean over the steps (stochastic weight averaging, Izmailov et al. 2018, arXiv 1803.05407). Moving
   * statistics of batch norm are computed again for the mean, as its authors do, where a scheme trains on the images as they are; of others they are the mean of
   * the steps' own. In place of {@link averageDecay}. Absent: no mean.
   */
  readonly averageFrom?: number;
}

export const NO_REGULARISATION: Regularisation = {
  labelSmoothing: 0,
  auxiliaryWeight: 0,
  weightDecay: 0,
  gradientClip: 0,
  averageDecay: 0,
};

/** One file in `optimizers/` each. */
export interface Optimizer {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
  /** Names of the slots that every weight has; they start at zero. */
  readonly slots: readonly string[];
  /** Numbers that depend on the step alone, such as the step size with its corrections; the same names at every step. @param step counted from 0. */
  rates(learningRate: number, step: number): Readonly<Record<string, number>>;
  /** @param rates as scalars. */
  update(weight: Tensor, gradient: Tensor, slots: Tensors, rates: Tensors): { readonly weight: Tensor; readonly slots: Tensors };
}

/** An attack and how often it is drawn, in proportion to the others. */
export interface WeightedAttack extends SuiteAttack {
  readonly weight: number;
}
