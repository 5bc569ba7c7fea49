/** The methods of `Compute`, each as one call. @module */
import type { Method } from './functions.js';
import type { Compute } from './types.js';

/** Makes a call somewhere. */
export type Invoke = (method: Method, args: readonly unknown[], signal?: AbortSignal) => Promise<unknown>;

/** Each method's arguments without its signal, which comes after all of them. */
const ARGUMENTS: Readonly<Record<Method, number>> = {
  engine: 0,
  statistics: 0,
  trainingStatistics: 0,
  memoryStatistics: 0,
  inspectModel: 2,
  buildModel: 2,
  exportOnnx: 2,
  inspectDataset: 1,
  datasetImage: 2,
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
      ),
  ]);
  return Object.fromEntries(methods) as Omit<Compute, 'close'>;
}
