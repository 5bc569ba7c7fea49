/** Real images that a submitted model is tried on, where one of the server's data sets fits it. @module */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Dataset, DatasetSource } from '../data/index.js';
import type { Engine } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import { type AnyModel, compileWithModel, isBlackBox, type ModelSpec } from '../models/index.js';
import { type HostTensor, rows, sizeOf } from '../tensors/index.js';

/** A data set that a model may be of. */
export interface CandidateData {
  readonly name: string;
  readonly source: DatasetSource;
  readonly imageShape: readonly number[];
  readonly classCount: number;
}

/** How a model is tried on clean images. */
export interface CheckRequest {
  /** Examples. */
  readonly count?: number;
  /** Accuracy that it is known to have, from 0 to 1. */
  readonly expected?: number;
}

export interface TrialExamples {
  /** Of the data set. */
  readonly name: string;
  /** `[n, height, width, channels]`, pixels in [0, 1]. */
  readonly images: HostTensor;
  readonly labels: Int32Array;
  /** Of the data set. */
  readonly classNames: readonly string[];
}

/** By default. */
const EXAMPLES = 64;
/** Images at once, and values of an image from which on it is computed alone, as in the dry run. */
const [AT_ONCE, LARGE_IMAGE] = [8, 64 * 1024];
/** Of which are compared with onnxruntime and differentiated. */
const FEW = 3;

export const fewOf = ({ images }: TrialExamples): HostTensor => rows(images, 0, Math.min(FEW, images.shape[0]!));

/** The first examples of the first data set that the model fits and that can be read; undefined where there is none. */
export async function examplesFor(
  { inputShape, classCount }: ModelSpec,
  candidates: readonly CandidateData[],
  withDataset: <T>(source: DatasetSource, use: (dataset: Dataset) => Promise<T>) => Promise<T>,
  count = EXAMPLES,
): Promise<TrialExamples | undefined> {
  const fitting = candidates.filter((data) => data.classCount === classCount && data.imageShape.toString() === inputShape.toString());
  for (const { name, source } of fitting) {
    try {
      const { images, labels, classNames } = await withDataset(source, async (dataset) => ({
        ...(await dataset.read(0, count)),
        classNames: dataset.info.classNames,
      }));
      const pixels = Float32Array.from(images, (level) => level / 255);
      return { name, labels, classNames, images: { dtype: 'float32', shape: [labels.length, ...inputShape], data: pixels } };
    } catch (error) {
      // A data set whose files are elsewhere is no fault of the model.
      if (!(error instanceof ComputeError)) throw error;
    }
  }
  return undefined;
}

/** Some at a time: a search for the best size would cost more than it saves, and large networks need memory for each. */
export async function scoresOf(engine: Engine, model: AnyModel, images: HostTensor): Promise<HostTensor> {
  if (isBlackBox(model)) return model.predict(images);
  const inputs = { images: { dtype: 'float32', shape: model.spec.inputShape } } as const;
  const compiled = await compileWithModel(engine, model, 'trial', inputs, (scores, { images: x }) => ({ scores: scores(x as Tensor4D) }), {
    fewExamples: sizeOf(model.spec.inputShape) < LARGE_IMAGE ? AT_ONCE : 1,
  });
  return (await compiled.run({ images })).scores!;
}
