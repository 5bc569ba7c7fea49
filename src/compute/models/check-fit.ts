/** Whether a model and a data set fit each other. @module */
import { ComputeError } from '../errors.js';
import type { AnyModel } from './types.js';

/** What has to be known of the data set. */
export interface FittingImages {
  readonly info: { readonly imageShape: readonly number[]; readonly classNames: readonly string[] };
}

/** @throws ComputeError MODEL_DATASET_MISMATCH */
export function checkFit(model: AnyModel, dataset: FittingImages): void {
  const { inputShape, classCount } = model.spec;
  const { imageShape, classNames } = dataset.info;
  if (!inputShape.every((size, i) => size === imageShape[i])) {
    throw new ComputeError(
      'MODEL_DATASET_MISMATCH',
      `The model takes images [${inputShape.join(', ')}] and the data set has [${imageShape.join(', ')}]. Choose a data set of the model's size.`,
      ['inputShape'],
    );
  }
  if (classCount !== classNames.length) {
    throw new ComputeError(
      'MODEL_DATASET_MISMATCH',
      `The model has ${classCount} classes and the data set has ${classNames.length}. Choose a data set with the classes that the model was trained on.`,
      ['classCount'],
    );
  }
}
