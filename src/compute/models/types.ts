/** Models as pure functions of their variables, so that one description serves attacks (constants), training (inputs) and tests. @module */
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors, Tensors } from '../tensors/index.js';
import type { Forest } from './onnx/forest.js';
import type { DeclaredInput } from './dataflow/network.js';
import type { InexactOperator } from './dataflow/inexact.js';
import type { Layout } from './layout.js';
import type { ModelFormat } from './model-format.js';
import type { RandomInputs } from './random-inputs.js';

/** What a model expects of an image and says about it. Preprocessing is inside the model: callers always give pixels as fractions of the range, in [0, 1], RGB. */
export interface ModelSpec {
  /** [height, width, channels]. */
  readonly inputShape: readonly [number, number, number];
  readonly classCount: number;
  /** The network's own pixel range before mean and std, such as [0, 1], [-1, 1] or [0, 255]. */
  readonly valueRange: readonly [number, number];
  /** Order of colour channels that the network was trained with. */
  readonly channelOrder: 'RGB' | 'BGR';
  /** Per channel, in units of `valueRange`; the network sees (v - mean) / std. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly classNames?: readonly string[];
  /** For each class of the network the model's; -1: none. Absent: they are the same. */
  readonly classMap?: readonly number[];
  /** Order of the axes that the network takes images in; absent where its input's shape tells. */
  readonly layout?: Layout;
  /** Name of the output that holds the scores, of a file with several; absent where there is no choice. */
  readonly output?: string;
  /** What the defence says of itself, where it detects adversarial images. */
  readonly detector?: DetectorSpec;
  /** Whether a purifier stands in front of it: a second file. */
  readonly preprocessor?: true;
}

export interface DetectorSpec {
  /** Name of the output that holds its score: one number for each image, higher where it looks adversarial. */
  readonly output: string;
  /** Share of clean images that it may reject: its threshold is where as many are. Default: 0.05. */
  readonly falsePositiveRate?: number;
}

/** What the model's output is, after a removable final softmax has been removed. `LABELS`: the predicted class alone, as a row with a single 1. */
export type OutputKind = 'LOGITS' | 'PROBABILITIES' | 'LABELS';

/** The most that attacks can have of a model: gradients with respect to the image, the score of every class, or the predicted class. */
export const MODEL_ACCESS = ['GRADIENT', 'SCORE', 'DECISION'] as const;

export type ModelAccess = (typeof MODEL_ACCESS)[number];

/** What every model says of itself. */
export interface Classifier {
  readonly spec: ModelSpec;
  readonly output: OutputKind;
  /** Whether a final softmax was taken off, so that the scores are not what the file outputs. Default: it was not. */
  readonly softmaxRemoved?: boolean;
  /** Whether what was taken off is a sigmoid of each of several scores. */
  readonly sigmoidRemoved?: boolean;
  /** SHA-256 of all that its predictions depend on, as far as it is known. */
  readonly fingerprint: string;
  /** Layer or operator types with their counts. */
  readonly operations: Readonly<Record<string, number>>;
  /** Things that the user should know, such as a softmax that could not be removed. */
  readonly warnings: readonly string[];
}

/** A model that can only be asked. */
export interface BlackBoxModel extends Classifier {
  readonly access: Exclude<ModelAccess, 'GRADIENT'>;
  /** Null where it is not known. */
  readonly parameterCount: number | null;
  /** Its trees, where its scores are theirs and it is given pixels alone; absent for other models. */
  readonly forest?: Forest;
  /**
   * @param images `[n, height, width, channels]`, pixels in [0, 1]. @returns `[n, classCount]`.
   * @throws ComputeError CANCELLED, or what the model's kind may fail with.
   */
  predict(images: HostTensor, signal?: AbortSignal): Promise<HostTensor>;
  close(): Promise<void>;
}

/** What a network computes on the way to its scores. */
export interface InnerLayers {
  /** Layers that every path from the image to the scores passes, the first of them first. Empty where there is none. */
  readonly names: readonly string[];
  /**
   * As `apply` of the model, with what a layer outputs in place of logits, `[batch, values]`. Not to be called in a function that is being compiled.
   * @param layer its position in {@link names}.
   */
  at(layer: number): DifferentiableModel['apply'];
  /** What the values of a layer are of one image; height and width are 1 where they have none. */
  shapeOf(layer: number): LayerShape;
}

/** Of the values that a layer outputs for one image. */
export interface LayerShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Whether the values of a channel lie beside each other, and not those of a pixel. */
  readonly channelsFirst: boolean;
}

/** A dropout layer, as whoever makes its masks has to know it. */
export interface DropoutLayer {
  /** Of one example's mask. */
  readonly shape: readonly number[];
  /** Share of values that are dropped. Those kept are multiplied by 1 / (1 - rate). */
  readonly rate: number;
}

/** Where an imported ONNX file has what was imported of it, for whoever runs the same file elsewhere. */
export interface ImportedOnnx {
  /** Of the input that takes the image. */
  readonly name: string;
  readonly input: DeclaredInput;
  /** Of the value with the scores. */
  readonly output: string;
  /** Whether the file has it among its outputs. */
  readonly isOutput: boolean;
  /** Whether it computes with 16 bits. */
  readonly computesInHalf: boolean;
  /** Whether onnxruntime ends an iteration early whose limit is what is imported: probabilities of support vector machines. */
  readonly endsEarly: boolean;
  /** Whether it rounds what flows through it to whole numbers. */
  readonly isQuantized: boolean;
  /** Weights in whole numbers, which are no variables. */
  readonly quantizedParameters: number;
}

export interface DifferentiableModel extends Classifier {
  /** Absent for other formats. */
  readonly onnx?: ImportedOnnx;
  /** The network before its classes were mapped. */
  readonly unmapped?: DifferentiableModel;
  /** The same with a detector's score as one more column of what it outputs, `[batch, classCount + 1]`; absent where there is none. */
  readonly detector?: DifferentiableModel;
  /** The same function, whose gradient is taken as if its preprocessor were not there (BPDA); absent where it has none. */
  readonly throughPreprocessor?: DifferentiableModel;
  /** Absent where they are not known. */
  readonly inner?: InnerLayers;
  /** Operators that keep attacks from the gradient; absent where they are not known. */
  readonly inexact?: readonly InexactOperator[];
  /** Weights and moving statistics by name. */
  readonly variables: HostTensors;
  /** Names of the variables that training changes by gradient. */
  readonly trainable: readonly string[];
  /** What `apply` is given beside the image; absent where it is a function of the image alone. */
  readonly random?: RandomInputs;
  /**
   * @param x `[batch, height, width, channels]` pixels in [0, 1]. @param random values of {@link random}, `[batch, ...shape]`.
   * @returns logits `[batch, classCount]`. Inference mode (moving statistics).
   */
  apply(variables: Tensors, x: Tensor4D, random?: Tensors): Tensor2D;
  /** Dropout layers by name, whose masks training gives; absent where there is none. */
  readonly dropout?: Readonly<Record<string, DropoutLayer>>;
  /**
   * Training mode: batch statistics; `updates` holds the new moving statistics by variable name, `auxiliary` the logits of an auxiliary classifier.
   * @param masks of dropout layers by name, `[n or more, ...shape]`.
   */
  applyTraining(variables: Tensors, x: Tensor4D, masks?: Tensors): { logits: Tensor2D; auxiliary?: Tensor2D; updates: Tensors };
  /**
   * Writes the model in the format that it came in, with these values of its variables. The file says nothing of the spec where its format has no place for it.
   * @param directory made where it does not exist.
   */
  save(variables: HostTensors, directory: string): Promise<void>;
}

export type AnyModel = DifferentiableModel | BlackBoxModel;

/** What a user is told about a submitted model. */
export interface ModelCard {
  /** Null for a model behind an endpoint. */
  readonly format: ModelFormat | null;
  readonly access: ModelAccess;
  readonly spec: ModelSpec;
  readonly output: OutputKind;
  /** Whether a final softmax was taken off: attacks and scores are those of the logits. */
  readonly softmaxRemoved: boolean;
  /** Whether it was a sigmoid of each of several scores. */
  readonly sigmoidRemoved: boolean;
  readonly fingerprint: string;
  /** Null where they are not known. */
  readonly parameterCount: number | null;
  /** Multiplications with an addition in one forward pass of one image; null where they cannot be counted. */
  readonly multiplyAdds: number | null;
  /** Whether images of noise have finite input gradients that are not zero; null where there are no gradients. */
  readonly gradientsHealthy: boolean | null;
  /**
   * Largest difference between the scores of the import and those of onnxruntime on the same ONNX file, relative to the largest score; null where they were
   * not compared.
   */
  readonly forwardDifference: number | null;
  /** Layer or operator types with their counts. */
  readonly operations: Readonly<Record<string, number>>;
  /** Things that the user should know, such as a softmax that could not be removed. */
  readonly warnings: readonly string[];
  /** How it did on clean images of a data set; null where it was tried on none. */
  readonly cleanCheck: CleanCheck | null;
}

/** The part of a spec that says how pixels are prepared. */
export type PixelPreparation = Pick<ModelSpec, 'valueRange' | 'channelOrder' | 'mean' | 'std' | 'layout'>;

export interface TriedPreparation extends PixelPreparation {
  /** Examples that the model is right on with it. */
  readonly right: number;
}

/** A model on clean images and, where it is hardly right on them, what would bring it back. */
export interface CleanCheck {
  /** Name of the data set. */
  readonly dataset: string;
  readonly n: number;
  readonly right: number;
  /** Whether that is less than was expected or, without an expectation, hardly more than guessing. */
  readonly isPoor: boolean;
  /** What was tried where it is poor. */
  readonly tried: readonly TriedPreparation[];
  /** Which of them brings it back, as a position in `tried`; null where none does. */
  readonly best: number | null;
  /** Another order of the classes that brings it back; null where none was found. */
  readonly order: OrderAdvice | null;
}

export interface OrderAdvice {
  /** What the order is, after `with its classes`. */
  readonly description: string;
  /** For each class of the network that of the data set; -1: none. */
  readonly classMap: readonly number[];
  /** Examples that the model is right on with it, of `n` that it was not fitted to. */
  readonly right: number;
  readonly n: number;
}

/** What a submitted model may cost. */
export interface ModelLimits {
  readonly maximumJsonBytes: number;
  /** Of all weights together, as stored. */
  readonly maximumWeightBytes: number;
  readonly maximumLayers: number;
  /** Values in any one layer's output for one image. */
  readonly maximumLayerValues: number;
}

export const DEFAULT_MODEL_LIMITS: ModelLimits = {
  maximumJsonBytes: 64 * 2 ** 20,
  maximumWeightBytes: 2 ** 30,
  maximumLayers: 5_000,
  maximumLayerValues: 2 ** 25,
};
