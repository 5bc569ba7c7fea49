/** Fits a classifier to a data set. @module */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Dataset } from '../data/index.js';
import { ComputeError } from '../errors.js';
import type { ModelAccess, ModelSpec } from '../models/index.js';
import type { ParameterValues } from '../parameters/index.js';
import { mostOf } from '../tensors/index.js';
import type { Examples } from './core/definition.js';
import { onnxBytes } from './core/onnx-graph.js';
import { findClassifier } from './registry.js';

export interface ClassifierPlan {
  /** Name of the kind. */
  readonly name: string;
  /** All of them, checked. */
  readonly parameters: ParameterValues;
  /** Examples that it is fitted to. */
  readonly offset: number;
  readonly sampleCount: number;
  readonly seed: number;
}

export interface FittedClassifier {
  readonly spec: ModelSpec;
  readonly access: ModelAccess;
}

/**
 * Writes `model.onnx`.
 * @param directory made where it does not exist.
 * @throws ComputeError INVALID_TRAINING where a class has no example, CANCELLED.
 */
export async function fitClassifier(
  { name, parameters, offset, sampleCount, seed }: ClassifierPlan,
  dataset: Dataset,
  directory: string,
  signal?: AbortSignal,
): Promise<FittedClassifier> {
  const definition = findClassifier(name);
  const examples = await readExamples(dataset, offset, sampleCount);
  checkClasses(examples, dataset.info.classNames);
  const pause = async () => {
    await setImmediate();
    if (signal?.aborted) throw new ComputeError('CANCELLED', 'The training was cancelled.');
  };
  const graph = await definition.fit(examples, parameters as never, { seed, pause });
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'model.onnx'), onnxBytes(graph, examples.size, examples.classes));
  const { imageShape, classNames } = dataset.info;
  const spec: ModelSpec = {
    inputShape: imageShape as [number, number, number],
    classCount: classNames.length,
    classNames: [...classNames],
    valueRange: [0, 1],
    channelOrder: 'RGB',
  };
  return { spec, access: definition.access };
}

async function readExamples(dataset: Dataset, offset: number, sampleCount: number): Promise<Examples> {
  const { images, labels } = await dataset.read(offset, sampleCount);
  const most = mostOf(images);
  const size = dataset.info.imageShape.reduce((product, length) => product * length, 1);
  const pixels = Float32Array.from(images, (level) => level / most);
  return { pixels, labels, count: labels.length, size, classes: dataset.info.classNames.length };
}

function checkClasses({ labels, count }: Examples, classNames: readonly string[]): void {
  const missing = classNames.findIndex((_, k) => !labels.includes(k));
  if (missing < 0) return;
  throw new ComputeError(
    'INVALID_TRAINING',
    `None of the ${count} examples is of class "${classNames[missing]}". Take more examples, or others.`,
    ['sampleCount'],
  );
}
