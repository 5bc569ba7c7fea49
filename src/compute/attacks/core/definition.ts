/**
 * What an attack is. One attack is one file and one line in `registry.ts`; its parameter descriptions give validation, GraphQL inputs, defaults and docs.
 * @module
 */
import type { ParameterSpecs, ValuesOf } from '../../parameters/index.js';
import type { Budget, Judging, Norm } from '../../distances/index.js';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { BatchedFunction, BatchedInput } from '../../engine/index.js';
import type { HostTensor, Tensors } from '../../tensors/index.js';
import type { AnyModel, DifferentiableModel, LayersDifferentiableModel } from '../../models/index.js';
import type { ExampleRandom } from '../../random.js';
import type { WorkMeter } from './work-meter.js';

/** What an attack needs of the model; each needs more than those before it. */
export const ACCESS = ['NONE', 'DECISION', 'SCORE', 'GRADIENT'] as const;

export type Access = (typeof ACCESS)[number];

/** What attacks bound or minimise that is no norm of the change. */
export const ATTACK_DISTANCES = {
  CIEDE2000:
    'Root of the sum, over pixels, of squares of the difference of colours CIEDE2000 (Sharma, Wu & Dalal 2005), of the image that was judged.',
  WASSERSTEIN:
    'Radius of the Wasserstein ball around the original that the attack found the image in: shares of the brightness, times pixels to their power.',
  PERCEPTUAL:
    'Of what layers of a network output, the channels of each pixel scaled to length one: the root of LPIPS (Zhang et al. 2018) without learned weights.',
} as const;

export type AttackDistance = keyof typeof ATTACK_DISTANCES;

export interface AttackReference {
  readonly title: string;
  readonly authors: string;
  readonly year: number;
  /** arXiv id or DOI. */
  readonly link: string;
}

/** A model as attacks use it. */
export interface AttackedModel {
  readonly model: AnyModel;
  /** What the model outputs, `[n, classCount]`, for images of its size with any n. @param draw of a random model, which of several; default: the first. */
  predict(images: HostTensor, draw?: number): Promise<HostTensor>;
  /**
   * Compiles a function of the model's logits. `logits` is differentiable by tfjs (`tf.grad`), weights are constants.
   * @param name unique within the attack; the attack's kind and the model's fingerprint are added to the cache key.
   */
  compile(
    name: string,
    inputs: Readonly<Record<string, BatchedInput>>,
    fn: (logits: (x: Tensor4D) => Tensor2D, inputs: Tensors) => Tensors,
  ): Promise<BatchedFunction>;
  /**
   * Of an ensemble that is fused in its losses: the weight of each model. What {@link compile}'s function outputs are then the logits of all, side by side,
   * `[n, models · classCount]`, and its loss is that of `fusedLoss`.
   */
  readonly lossWeights?: readonly number[];
  /** Milliseconds from some beginning, without those that went into compiling. */
  clock(): number;
  /** Another model in its place, such as a substitute: `{ ...task, ...task.on(substitute) }`. */
  on(model: AnyModel): AttackedModel;
}

/**
 * One batch to attack, and what an attack may use for it.
 * @typeParam Prepared what the attack prepares.
 */
export interface AttackTask<Prepared = unknown> extends AttackedModel {
  /** `[n, height, width, channels]`, pixels in [0, 1]: whole levels, multiples of 1/255 where {@link levels} says nothing else. */
  readonly images: HostTensor;
  readonly labels: Int32Array;
  /** The class of each example that it is to be made into. Absent: any wrong class will do. */
  readonly targets?: Int32Array;
  /** Position of each example in its evaluation, which a list of targets is by. Absent: they have none, as in training. */
  readonly positions?: Int32Array;
  /** `[n, classCount]`, the model's logits on `images`. */
  readonly cleanLogits: HostTensor;
  /** What the model decides on `images`. Absent: the class of the highest logit. */
  readonly cleanPrediction?: Int32Array;
  /** Predictions that decide on the class of an image; more than one for random models. Default: 1. */
  readonly predictions?: number;
  /** Seeded per example (seed, index in the data set), so results do not depend on batching. */
  readonly random: ExampleRandom;
  /** What success is decided on. Default: STORED, without steps that only evaluations take (`stepInWholeLevels`): training never stores its images. */
  readonly judging?: Judging;
  /** The highest level of a pixel of the data: 65535 of 16 bits, 1 of floats. Default: 255. */
  readonly levels?: number;
  /** False: examples that are fooled stay in the batch, to measure what it saves that they leave. Outcomes are the same. Default: true. */
  readonly compaction?: boolean;
  /** The models that its parameters name, in their order. */
  readonly sources?: readonly AnyModel[];
  /** What {@link AttackDefinition.prepare} made. */
  readonly prepared?: Prepared;
  /** Told how far it is. */
  readonly meter?: WorkMeter;
  readonly signal?: AbortSignal;
}

/** One class for each example of a task. */
export type LabelChoice = (task: AttackTask) => Int32Array;

/** What an attack may learn from before it sees the examples that it is run on. */
export interface Preparation {
  readonly seed: number;
  /** The last `count` examples of the data set (all of them, where there are fewer), with random streams of their own. */
  examples(count: number): Promise<AttackTask>;
  /** Trains a copy of a network, by Adam and without a defence. */
  train(model: LayersDifferentiableModel, lessons: SubstituteTraining): Promise<LayersDifferentiableModel>;
  /** Trains a copy of a network, by SGD and without a defence, and takes its weights along the way. */
  collect(model: DifferentiableModel, lessons: CollectionTraining): Promise<readonly DifferentiableModel[]>;
}

/** What an attack's own network is trained on, and how. */
export interface SubstituteTraining {
  /** Of 8 bits each. */
  readonly images: HostTensor;
  readonly labels: Int32Array;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** How networks are collected along a run. */
export interface CollectionTraining extends SubstituteTraining {
  readonly momentum: number;
  readonly weightDecay: number;
  readonly modelsPerEpoch: number;
}

/** An attack of a list, after it was run on what those before it left of a batch. */
export interface AttackStage {
  readonly kind: string;
  /** Examples of the whole batch that are still correctly classified. */
  readonly robust: number;
  /** Spent on it, without compiling. */
  readonly seconds: number;
}

export interface AttackOutput {
  /** Adversarial images, same shape as the input, pixels in [0, 1], not yet rounded. */
  readonly images: HostTensor;
  /** Forward passes spent on each example. */
  readonly queries: Int32Array;
  /** Backward passes spent on each example. */
  readonly gradients: Int32Array;
  /** Of an attack that runs others in turn: all of them, in their order. */
  readonly stages?: readonly AttackStage[];
  /** In the attack's own distance ({@link AttackDescription.distance}), where the images do not say it. */
  readonly distances?: Float32Array;
  /** 1 where the attack found no image to start from, so that it has not attacked the example. Absent: it starts from the examples themselves. */
  readonly withoutStart?: Uint8Array;
}

/** What is known of where adversarial images come from. @typeParam Specs descriptions of its parameters. */
export interface AttackDescription<Specs extends ParameterSpecs = ParameterSpecs> {
  /** Enum value in GraphQL, such as `FGSM`, `STEP_LL`. */
  readonly kind: string;
  /** Member of `AttackInput`, such as `fgsm`, `stepLl`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly access: Access;
  readonly norms: readonly Norm[];
  /** What it bounds or minimises, where that is no norm of the change. */
  readonly distance?: AttackDistance;
  /** Fewest classes of a model that it works on. Default: any number. */
  readonly classes?: number;
  /** The same, where it depends on the parameters. */
  classesOf?(parameters: ValuesOf<Specs>): number;
  /** Whether it reads the trees of a tree ensemble, and works on no other model. */
  readonly ofTrees?: true;
  /** Whether it reads what layers inside the network output, which an ensemble of networks has none of. */
  readonly readsLayers?: true;
  /** Whether it can aim at a class. */
  readonly targeted: boolean;
  readonly reference: AttackReference;
  readonly parameters: Specs;
  /** Whether what it makes is no attempt to fool the model, so that it counts in no worst case and is compared with no attack. */
  readonly isNatural?: true;
  /** The classes that it always targets, for any parameters. Absent too where it heads for one class after the other, and any wrong one will do. */
  readonly targets?: LabelChoice;
  /**
   * What the parameters ask for.
   * @param imageShape height, width and channels of the images. Throws ComputeError INVALID_ATTACK where attacks of a list do not share one budget.
   */
  budget(parameters: ValuesOf<Specs>, imageShape: readonly number[]): Budget;
  /** Whether an attack that aims at no class moves away from the true one, so that its images may give it away. Default: it does. */
  usesTrueLabel?(parameters: ValuesOf<Specs>): boolean;
}

/**
 * One attack. Define it by {@link defineAttack}, which infers the types of its parameters' values.
 * @typeParam Specs descriptions of its parameters. @typeParam Prepared what it learns before it is run.
 */
export interface AttackDefinition<Specs extends ParameterSpecs = ParameterSpecs, Prepared = unknown> extends AttackDescription<Specs> {
  /** What descriptions of single parameters cannot say. @throws ComputeError INVALID_ATTACK where their values do not go together. */
  check?(parameters: ValuesOf<Specs>): void;
  /** What the parameters need of the model, where they may need less than {@link access}. */
  accessOf?(parameters: ValuesOf<Specs>): Access;
  /**
   * Learns something from other examples, once for an evaluation, whatever the shards. What it gives depends on model, data set, parameters and seed alone;
   * {@link run} finds it in `task.prepared`.
   */
  prepare?(preparation: Preparation, parameters: ValuesOf<Specs>): Promise<Prepared>;
  /** What {@link prepare} learns from, where that is the data alone, whatever the model: an ensemble can prepare it too. */
  readonly preparesFrom?: 'DATA';
  run(task: AttackTask<Prepared>, parameters: ValuesOf<Specs>): Promise<AttackOutput>;
}

/** An attack whose functions are given validated parameters, each with the type that its description says. */
export function defineAttack<Specs extends ParameterSpecs, Prepared>(attack: AttackDefinition<Specs, Prepared>): AttackDefinition {
  return attack;
}
