/** Models that attacks are compared on, and images that they classify correctly. @module */
import {
  type Dataset,
  type DatasetSource,
  evaluateShard,
  type Engine,
  inMemory,
  type LayersDifferentiableModel,
  loadLayersModel,
  type Norm,
  openDataset,
} from '../../src/compute/index.js';
import type { Comparison } from './comparisons.js';

export interface Subject {
  readonly name: string;
  readonly model: LayersDifferentiableModel;
  /** The first images of the test set that the model classifies correctly. */
  readonly dataset: Dataset;
  readonly epsilon: Readonly<Record<Norm, number>>;
  /** Of the images of a comparison: a large network has time for fewer. */
  readonly share: number;
}

interface Known {
  /** Of its images. */
  readonly channels: number;
  /** In whole 8-bit levels in L∞, so that floats and stored images have the same; of a size at which some images stay correctly classified. */
  readonly epsilon: Subject['epsilon'];
}

const KNOWN: Readonly<Record<string, Known>> = {
  'mnist-baseline': { channels: 1, epsilon: { LINF: 26 / 255, L2: 1.5, L1: 8, L0: 25 } },
  'mnist-adversarial': { channels: 1, epsilon: { LINF: 51 / 255, L2: 2, L1: 8, L0: 25 } },
  'cifar10-resnet-20': { channels: 3, epsilon: { LINF: 1 / 255, L2: 0.125, L1: 2, L0: 25 } },
};

/** Names of all models. */
export const MODELS = Object.keys(KNOWN);

/** Whether the original of a comparison takes images of a model. */
export const isFor = (model: string, { channels }: Pick<Comparison, 'channels'>): boolean =>
  channels === undefined || channels === KNOWN[model]!.channels;

/** @param cifar10 folder of CIFAR-10's binary version. @returns names of models, with their data; that of CIFAR-10 only where the folder is known. */
export function sourcesOf(cifar10: string | undefined): readonly (readonly [string, DatasetSource])[] {
  const mnist = { format: 'mnist', split: 'test' } as const;
  const own = [
    ['mnist-baseline', mnist],
    ['mnist-adversarial', mnist],
  ] as const;
  return cifar10 === undefined ? own : [...own, ['cifar10-resnet-20', { format: 'cifar10', split: 'test', directory: cifar10 }]];
}

/** @param count of images that it is to have. */
export async function openSubject(engine: Engine, name: string, source: DatasetSource, count: number): Promise<Subject> {
  const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: `assets/models/${name}` });
  const whole = await openDataset(source);
  const { imageShape, classNames } = whole.info;
  // The worst of the models errs on an eighth of the images.
  const looked = Math.ceil(1.5 * count) + 10;
  const { images, labels } = await whole.read(0, looked);
  const predicted = await evaluateShard({
    engine,
    model,
    dataset: whole,
    imported: { images, budget: { norm: 'LINF', epsilon: 0 } },
    offset: 0,
    count: looked,
    keepImages: false,
  });
  await whole.close();
  const right = [...labels.keys()].filter((i) => predicted.cleanPrediction[i] === labels[i]).slice(0, count);
  if (right.length < count) throw new Error(`${name} classifies fewer than ${count} of ${looked} images correctly.`);
  const size = images.length / labels.length;
  const chosen = new Uint8Array(count * size);
  for (const [at, i] of right.entries()) chosen.set(images.subarray(i * size, (i + 1) * size), at * size);
  const dataset = inMemory({ images: chosen, labels: Int32Array.from(right, (i) => labels[i]!) }, imageShape, classNames);
  return { name, model, dataset, epsilon: KNOWN[name]!.epsilon, share: name === 'cifar10-resnet-20' ? 0.5 : 1 };
}
