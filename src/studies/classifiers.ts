/** Classical classifiers of recipes. @module */
import type { Selection } from '../compute/training/index.js';
import { seedsOf, trainingKey } from './grid.js';
import type { ClassifierTask, Settings } from './types.js';

/** Examples that each is fitted to, unless few are attacked. */
export const FITTED = 2000;

export const fittedTo = ({ sampleCount }: Settings) => Math.min(FITTED, 10 * sampleCount);

/** Scales whose images are small enough for them. */
export const SMALL_IMAGES = ['mnist-mini', 'fashion-mnist-mini', 'cifar'];

/** Of each seed, to other examples: seeds are independent repetitions. */
export function classifierTasks(classifiers: Readonly<Record<string, Selection>>, settings: Settings): ClassifierTask[] {
  return Object.entries(classifiers).flatMap(([name, classifier]) =>
    seedsOf(settings).map((seed) => ({
      ...{ kind: 'classifier' as const, key: trainingKey(name, seed), classifier, seed },
      ...{ offset: (seed - 1) * fittedTo(settings), sampleCount: fittedTo(settings) },
    })),
  );
}
