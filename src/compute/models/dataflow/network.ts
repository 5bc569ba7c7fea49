/** A graph as a pure function of its variables and of images, at any batch size. @module */
import * as tf from '@tensorflow/tfjs-core';
import { trace } from '../../engine/index.js';
import { sizeOf, type Tensors } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';
import type { SeparatedGraph } from './constants.js';
import { type DataflowGraph, prune } from './graph.js';
import { type Execution, run } from './interpreter.js';
import type { OperatorTable, RandomKind, CallEnvironment } from './operator.js';
import { roundStraightThrough } from './straight-through.js';
import { Value } from './value.js';

/** How the file declares its input, without the batch axis; null where any size is taken. */
export interface DeclaredInput {
  /** `CHANNELS_FIRST`: `[channels, height, width]`, or flat in that order. `AS_IS`: `[height, width, channels]`, `[height, width]` or flat in that order. */
  readonly layout: 'CHANNELS_FIRST' | 'AS_IS';
  readonly shape: readonly (number | null)[];
  /** Batch size that is written into the file; null where it is open. */
  readonly batch: number | null;
  /** Smallest and largest value of an input of whole numbers, to which pixels are rounded; absent where it holds fractions. */
  readonly whole?: readonly [low: number, high: number];
}

/** The declared shape with the channels last; a flat one as it is. */
export function networkShapeOf({ layout, shape }: DeclaredInput): readonly (number | null)[] {
  return layout === 'CHANNELS_FIRST' && shape.length === 3 ? [1, 2, 0].map((axis) => shape[axis]!) : shape;
}

/** Another than the 1 that most files have where they fix the batch, and than numbers of channels, so that a fixed batch shows. */
export const BATCH_FOR_SHAPES = 7;

/** What the graph draws at random for one image. */
export interface RandomValue {
  readonly kind: RandomKind;
  readonly shape: readonly number[];
}

type Shapes = ReadonlyMap<string, readonly number[]>;

export class DataflowNetwork {
  /** Without the batch axis; null where it depends on the image's size. */
  readonly outputShape: readonly (number | null)[];
  /** By name. */
  readonly random = new Map<string, RandomValue>();
  private readonly settings: readonly (readonly [string, Value])[];
  private shapesAsWritten: Shapes | undefined;
  /** Only one image at once can be computed: a batch is written into the file in a way that no other size fits, or images of a batch share something random. */
  private imageByImage = false;
  /** Without what only training uses. */
  private readonly inference: DataflowGraph;

  /**
   * Follows shapes through the graph without computing, where the format does not say what comes out.
   * @param imageShape [height, width, channels], or the shape of the scores where it is known.
   * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION or LIMIT_EXCEEDED with the node at fault.
   */
  constructor(
    private readonly separated: SeparatedGraph,
    private readonly operators: OperatorTable,
    private readonly input: DeclaredInput,
    {
      imageShape,
      outputShape,
    }: { imageShape: readonly number[]; outputShape?: undefined } | { imageShape?: undefined; outputShape: DataflowNetwork['outputShape'] },
    private readonly maximumElements: number,
  ) {
    this.inference = prune({ ...separated.graph, auxiliary: undefined });
    this.settings = [...separated.graph.constants].map(([name, host]) => [name, Value.known(host)] as const);
    if (outputShape) this.outputShape = outputShape;
    else this.outputShape = this.findOutputShape(input, imageShape);
  }

  /**
   * Inference mode. @param x `[batch, height, width, channels]` in the network's own units. @param drawn values of {@link random}, `[batch, ...shape]`.
   * @returns `[batch, ...outputShape]`.
   */
  apply(variables: Tensors, x: tf.Tensor4D, drawn?: Tensors): tf.Tensor {
    const scoresOf = (images: tf.Tensor, random: CallEnvironment['random']) =>
      this.scoresOf(this.run(variables, images as tf.Tensor4D, drawn && { random }));
    if (!this.imageByImage) return scoresOf(x, (name) => drawn![name]!);
    const images = tf.split(x, x.shape[0], 0);
    const shape = [1, ...this.outputShape] as number[];
    return tf.concat(
      images.map((image, i) =>
        tf.reshape(
          scoresOf(image, (name, _, size) => tf.reshape(tf.slice(drawn![name]!, [i], [1]), [...size])),
          shape,
        ),
      ),
      0,
    );
  }

  /**
   * Training mode, which uses the batch's statistics. `updates`: new moving statistics by name.
   * @param masks of dropout layers by name; passes of fewer images use the first rows.
   */
  applyTraining(variables: Tensors, x: tf.Tensor4D, masks?: Tensors): { output: tf.Tensor; auxiliary?: tf.Tensor; updates: Tensors } {
    if (this.imageByImage) {
      throw new ComputeError(
        'UNSUPPORTED_OPERATION',
        'The batch size is written into the file. Export it with a dynamic batch axis to train it.',
      );
    }
    const updates: Tensors = {};
    const update = (name: string, value: tf.Tensor) => {
      if (name in this.separated.variables) updates[name] = value;
    };
    const values = this.run(variables, x, { training: true, update, masks });
    const { auxiliary } = this.separated.graph;
    return { output: this.scoresOf(values), auxiliary: auxiliary === undefined ? undefined : values.get(auxiliary)?.plain, updates };
  }

  private run(variables: Tensors, x: tf.Tensor4D, options: Partial<Omit<Execution, 'graph' | 'operators'>> = {}) {
    const graph = options.training ? this.separated.graph : this.inference;
    const weights = Object.entries(variables).map(([name, tensor]) => [name, Value.plain(tensor)] as const);
    const execution = {
      graph,
      operators: this.operators,
      maximumElements: this.maximumElements * x.shape[0],
      isBatchOpen: !this.imageByImage,
      shapesAsWritten: this.shapesAsWritten,
      ...options,
    };
    return run(execution, new Map([...this.settings, ...weights, [graph.input, this.toInput(x)]]));
  }

  private scoresOf(values: ReadonlyMap<string, Value>): tf.Tensor {
    const { output } = this.separated.graph;
    const scores = values.get(output);
    if (scores) return scores.plain;
    throw new ComputeError('INVALID_MODEL', `Nothing computes the output ${output}: the graph lacks a node.`, ['graph', output]);
  }

  private toInput(x: tf.Tensor4D): Value {
    const { layout, shape, whole } = this.input;
    const pixels = whole ? (roundStraightThrough(tf.clipByValue(x, ...whole)) as tf.Tensor4D) : x;
    if (layout === 'CHANNELS_FIRST' && shape.length === 3) return Value.channelsLast(pixels);
    const ordered = layout === 'CHANNELS_FIRST' ? Value.channelsLast(pixels).plain : pixels;
    return Value.plain(shape.length === 3 ? ordered : tf.reshape(ordered, [x.shape[0], ...(shape as number[])]));
  }

  /** @param isBatchOpen whether it stands for a batch of any size. */
  private shapesAt(batch: number, imageShape: readonly number[], isBatchOpen: boolean): Shapes {
    let shapes: Shapes = new Map();
    trace({ images: { shape: [batch, ...imageShape], dtype: 'float32' } }, ({ images }) => {
      const variables = Object.entries(this.separated.variables).map(([name, host]) => [name, Value.known(host).tensor]);
      const random: CallEnvironment['random'] = (name, kind, shape) => this.noteRandom(name, kind, shape, batch);
      const values = this.run(Object.fromEntries(variables) as Tensors, images as tf.Tensor4D, { random, isBatchOpen });
      shapes = new Map([...values].map(([name, { shape }]) => [name, shape]));
      // What the engine cannot compile is found here, before anything relies on the model.
      return { scores: this.scoresOf(values) };
    });
    return shapes;
  }

  /** @throws ComputeError INVALID_MODEL for values that are drawn once for several images. */
  private noteRandom(name: string, kind: RandomKind, shape: readonly number[], batch: number): tf.Tensor {
    if (shape[0] !== batch && batch > 1)
      throw new ComputeError('INVALID_MODEL', 'it draws random numbers that all images of a batch share');
    this.random.set(name, { kind, shape: shape[0] === batch ? shape.slice(1) : shape });
    return tf.zeros([...shape]);
  }

  /** For several images at once, or else for one after the other, as files have it where the batch is written into them. */
  private findOutputShape({ batch }: DeclaredInput, imageShape: readonly number[]): readonly number[] {
    if (batch !== null) this.shapesAsWritten = this.shapesAt(batch, this.checkBatch(batch, imageShape), false);
    try {
      return this.shapeOfSeveral(imageShape);
    } catch (error) {
      if ((batch !== null && batch !== 1) || !(error instanceof ComputeError) || error.code !== 'INVALID_MODEL') throw error;
      this.random.clear();
      return this.shapeOfOne(imageShape, error);
    }
  }

  /** @throws ComputeError INVALID_MODEL where a batch does not give as many rows of scores. */
  private shapeOfSeveral(imageShape: readonly number[]): readonly number[] {
    const { output } = this.separated.graph;
    const [rows, ...shape] = this.shapesAt(BATCH_FOR_SHAPES, imageShape, true).get(output)!;
    if (rows === BATCH_FOR_SHAPES) return shape;
    throw new ComputeError(
      'INVALID_MODEL',
      `For ${BATCH_FOR_SHAPES} images the network outputs ${rows ?? 'no'} rows of scores: a batch size is written into it. Export it with a dynamic batch axis.`,
      ['graph', output],
    );
  }

  /** @param ofSeveral why several images at once cannot be computed. */
  private shapeOfOne(imageShape: readonly number[], ofSeveral: ComputeError): readonly number[] {
    this.imageByImage = true;
    try {
      const shape = this.shapesAt(1, imageShape, false).get(this.separated.graph.output)!;
      return shape[0] === 1 ? shape.slice(1) : shape;
    } catch {
      throw ofSeveral;
    }
  }

  /** @returns the shape. */
  private checkBatch(batch: number, imageShape: readonly number[]): readonly number[] {
    if (batch * sizeOf(imageShape) <= this.maximumElements) return imageShape;
    throw new ComputeError(
      'LIMIT_EXCEEDED',
      `A batch of ${batch} images is written into the file; they have more than ${this.maximumElements} values. Export it with a dynamic batch axis.`,
      ['graph', this.separated.graph.input],
    );
  }
}
