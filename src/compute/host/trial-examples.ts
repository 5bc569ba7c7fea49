/** Real images that a submitted model is tried on, where one of the server's data sets fits it. @module */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Dataset, DatasetSource } from '../data/index.js';
import type { Engine } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import { isNearChance } from '../evaluation/index.js';
import { type AnyModel, compileWithModel, isBlackBox, type ModelSpec } from '../models/index.js';
import { argmaxRows, type HostTensor, rows, sizeOf } from '../tensors/index.js';

/** A data set that a model may be of. */
export interface CandidateData {
  readonly name: string;
  readonly source: DatasetSource;
  readonly imageShape: readonly number[];
  readonly classCount: number;
}

export interface TrialExamples {
  /** Of the data set. */
  readonly name: string;
  /** `[n, height, width, channels]`, pixels in [0, 1]. */
  readonly images: HostTensor;
  readonly labels: Int32Array;
}

const EXAMPLES = 64;
/** Images at once, and values of an image from which on it is computed alone, as in the dry run. */
const [AT_ONCE, LARGE_IMAGE] = [8, 64 * 1024];
/** Of which are compared with onnxruntime and differentiated. */
const FEW = 3;
const RANGES = [
  [0, 1],
  [-1, 1],
  [0, 255],
] as const;

export const fewOf = ({ images }: TrialExamples): HostTensor => rows(images, 0, Math.min(FEW, images.shape[0]!));

/** The first examples of the first data set that the model fits and that can be read; undefined where there is none. */
export async function examplesFor(
  { inputShape, classCount }: ModelSpec,
  candidates: readonly CandidateData[],
  withDataset: <T>(source: DatasetSource, use: (dataset: Dataset) => Promise<T>) => Promise<T>,
): Promise<TrialExamples | undefined> {
  const fitting = candidates.filter((data) => data.classCount === classCount && data.imageShape.toString() === inputShape.toString());
  for (const { name, source } of fitting) {
    try {
      const { images, labels } = await withDataset(source, (dataset) => dataset.read(0, EXAMPLES));
      const pixels = Float32Array.from(images, (level) => level / 255);
      return { name, labels, images: { dtype: 'float32', shape: [labels.length, ...inputShape], data: pixels } };
    } catch (error) {
      // A data set whose files are elsewhere is no fault of the model.
      if (!(error instanceof ComputeError)) throw error;
    }
  }
  return undefined;
}

/** Some at a time: a search for the best size would cost more than it saves, and large networks need memory for each. */
async function scoresOf(engine: Engine, model: AnyModel, images: HostTensor): Promise<HostTensor> {
  if (isBlackBox(model)) return model.predict(images);
  const inputs = { images: { dtype: 'float32', shape: model.spec.inputShape } } as const;
  const compiled = await compileWithModel(
    engine,
    model,
    'trial',
    inputs,
    (scores, { images: x }) => ({ scores: scores(x as Tensor4D) }),
    sizeOf(model.spec.inputShape) < LARGE_IMAGE ? AT_ONCE : 1,
  );
  return (await compiled.run({ images })).scores!;
}

/**
 * What range of pixels a model is right with that is hardly ever right with the one that it was given. The model is not opened again for each range, which would
 * take its memory as often: images are moved so that its network sees what it would see of them with that range.
 */
export async function valueRangeAdvice(engine: Engine, model: AnyModel, { name, images, labels }: TrialExamples): Promise<string[]> {
  const { classCount, valueRange } = model.spec;
  const [low, high] = valueRange;
  const rightWith = async ([from, to]: ModelSpec['valueRange']) => {
    const pixels = (images.data as Float32Array).map((x) => (from + x * (to - from) - low) / (high - low));
    const classes = argmaxRows(await scoresOf(engine, model, { ...images, data: pixels }));
    return classes.filter((label, i) => label === labels[i]).length / labels.length;
  };
  const right = await rightWith(valueRange);
  if (!isNearChance(right, classCount)) return [];
  let best = { range: valueRange, right };
  for (const range of RANGES) {
    if (range.toString() === valueRange.toString()) continue;
    const share = await rightWith(range);
    if (share > best.right) best = { range, right: share };
  }
  if (isNearChance(best.right, classCount) || best.right < 2 * right) return [];
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  return [
    `With valueRange [${valueRange.join(', ')}] the model is right on ${percent(right)} of ${labels.length} images of ${name}, with [${best.range.join(', ')}] on ${percent(best.right)}. Submit it with valueRange [${best.range.join(', ')}].`,
  ];
}
