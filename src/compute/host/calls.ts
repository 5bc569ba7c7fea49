/** The methods of `Compute`, each as one call. @module */
import type { Method } from './functions.js';
import type { Compute } from './types.js';

/** Makes a call somewhere. */
export type Invoke = (
  method: Method,
  args: readonly unknown[],
  signal?: AbortSignal,
  onProgress?: (progress: never) => void,
) => Promise<unknown>;

/** Each method's arguments without its signal, which comes after all of them, and without whom it tells how far it is, who comes last. */
const ARGUMENTS: Readonly<Record<Method, number>> = {
  engine: 0,
  statistics: 0,
  trainingStatistics: 0,
  memoryStatistics: 0,
  inspectModel: 3,
  buildModel: 2,
  fitClassifier: 2,
  playGame: 1,
  exportOnnx: 2,
  exportSubmittedOnnx: 1,
  exportWeights: 1,
  inspectDataset: 1,
  datasetImage: 2,
  datasetLabels: 3,
  evaluateShard: 1,
  importImages: 1,
  predictImages: 1,
  certifyShard: 1,
  predictTransformed: 1,
  train: 3,
  finishTraining: 3,
};

/** `Compute` by calls. */
export function methodsOver(invoke: Invoke): Omit<Compute, 'close'> {
  const methods = Object.entries(ARGUMENTS).map(([method, count]) => [
    method,
    (...args: unknown[]) =>
      invoke(
        method as Method,
        Array.from({ length: count }, (_, i) => args[i]),
        args[count] as AbortSignal | undefined,
        args[count + 1] as ((progress: never) => void) | undefined,
      ),
  ]);
  return Object.fromEntries(methods) as Omit<Compute, 'close'>;
}
