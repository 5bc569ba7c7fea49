/**
 * Further data sets to train on, each with a share of every minibatch: more images, labelled by another model or generated, make adversarial training generalise
 * (Carmon et al. 2019, arXiv 1905.13736; Gowal et al. 2021, arXiv 2110.09468; Wang et al. 2023, arXiv 2302.04638).
 * @module
 */
import { ComputeError } from '../errors.js';
import { type Dataset, shareExamples } from '../data/index.js';
import { checkFit, type DifferentiableModel } from '../models/index.js';
import type { ExtraExamples } from './minibatch.js';
import { heldOutFor, type ValidationOptions } from './validation.js';

export interface ExtraDataset {
  /** Of the size and classes of the data set that is trained on; its labels are taken as they are. */
  readonly dataset: Dataset;
  /** Share of each minibatch, above 0 and below 1; rounded to whole images. */
  readonly fraction: number;
}

export interface MinibatchParts {
  /** Images of the data set that is trained on. */
  readonly own: number;
  /** Of each extra data set. */
  readonly extra: readonly number[];
}

/** How many images of a minibatch are of which data set. @throws ComputeError INVALID_TRAINING where one of them would have none. */
export function minibatchParts(batchSize: number, fractions: readonly number[] = []): MinibatchParts {
  const extra = fractions.map((fraction, i) => {
    const path = ['extraDatasets', String(i), 'fraction'];
    if (!(fraction > 0 && fraction < 1)) {
      throw new ComputeError('INVALID_TRAINING', `fraction is ${fraction}; give a share of the minibatch above 0 and below 1.`, path);
    }
    const count = Math.round(fraction * batchSize);
    if (count > 0) return count;
    const message = `fraction is ${fraction}: of a minibatch of ${batchSize} that is no image. Give at least ${0.5 / batchSize}, or a larger batchSize.`;
    throw new ComputeError('INVALID_TRAINING', message, path);
  });
  const own = batchSize - extra.reduce((sum, count) => sum + count, 0);
  if (own > 0) return { own, extra };
  const message = `The extra data sets take all ${batchSize} images of a minibatch, and leave none for the data set that is trained on. Give smaller fractions.`;
  throw new ComputeError('INVALID_TRAINING', message, ['extraDatasets']);
}

interface SharedWith {
  readonly model: DifferentiableModel;
  readonly validation?: ValidationOptions;
  readonly dataMemory: number;
}

/** Extra data sets for the thread that makes minibatches. @param counts of each minibatch. @throws ComputeError MODEL_DATASET_MISMATCH, INVALID_DATASET */
export async function shareExtras(
  extras: readonly ExtraDataset[],
  counts: readonly number[],
  { model, validation, dataMemory }: SharedWith,
): Promise<ExtraExamples[]> {
  const shared: ExtraExamples[] = [];
  for (const [i, { dataset }] of extras.entries()) {
    checkFit(model, dataset);
    const [count, heldOut] = [counts[i]!, heldOutFor(validation, dataset)];
    if (dataset.info.exampleCount - (heldOut?.count ?? 0) < count) {
      const message = `Extra data set ${i + 1} has fewer examples to train on than the ${count} that it gives to each minibatch. Give a smaller fraction.`;
      throw new ComputeError('INVALID_DATASET', message, ['extraDatasets', String(i)]);
    }
    shared.push({ examples: await shareExamples(dataset, dataMemory), count, heldOut });
  }
  return shared;
}
