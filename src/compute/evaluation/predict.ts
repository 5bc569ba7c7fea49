/** What a model makes of images of a data set, or of stored ones in their place. @module */
import { finiteDecisions } from './clean.js';
import type { Dataset } from '../data/index.js';
import type { Engine } from '../engine/index.js';
import { type AnyModel, checkFit } from '../models/index.js';
import { inTopK, type Levels } from '../tensors/index.js';
import { fromStored } from '../distances/index.js';

export interface PredictedShard {
  readonly engine: Engine;
  readonly model: AnyModel;
  readonly dataset: Dataset;
  /** First example. */
  readonly offset: number;
  readonly count: number;
  /** In place of the images of the data set: `[count, height, width, channels]`, in the data's levels, or fractions of the pixel range. */
  readonly images?: Levels;
  readonly signal?: AbortSignal;
}

/** Of each example. */
export interface Predictions {
  readonly labels: Int32Array;
  readonly prediction: Int32Array;
  /** 1 where the label is among the five highest scores. */
  readonly top5: Uint8Array;
}

/** @throws ComputeError MODEL_DATASET_MISMATCH, INVALID_MODEL or CANCELLED. */
export async function predictImages(shard: PredictedShard): Promise<Predictions> {
  const { model, dataset, offset, count, images } = shard;
  checkFit(model, dataset);
  const original = await dataset.read(offset, count);
  const { labels } = original;
  const shape = [count, ...dataset.info.imageShape];
  const pixels = fromStored(images ?? original.images, shape);
  const { scores, prediction } = await finiteDecisions(shard, pixels);
  // Where only labels are known, the first is all that there is of the best five.
  return { labels, prediction, top5: inTopK(scores, labels, model.output === 'LABELS' ? 1 : 5) };
}
