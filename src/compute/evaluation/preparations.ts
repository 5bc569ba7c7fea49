/** What attacks learn before they are run, made once for all shards of an evaluation. @module */
import { LRUCache } from 'lru-cache';
import { type AttackDefinition, attackTask, type AttackTask, type Preparation, withoutTargets } from '../attacks/index.js';
import type { ParameterValues } from '../parameters/index.js';
import { checkImagesFit, type Dataset, inMemory } from '../data/index.js';
import type { Engine } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import { fromStored, type Judging } from '../distances/index.js';
import { MemoryBudget } from '../memory/index.js';
import { type AnyModel, predict } from '../models/index.js';
import { exampleRandom } from '../random.js';
import { bytesOf, type HostTensor, levelsOfFractions, mostOfBits, sizeOf } from '../tensors/index.js';
import { memoize } from '../memoize.js';
import { adam, collect, NO_REGULARISATION, sgd, standard, train } from '../training/index.js';

export interface PreparationRequest {
  readonly engine: Engine;
  readonly model: AnyModel;
  readonly dataset: Dataset;
  readonly definition: AttackDefinition;
  /** Validated. */
  readonly parameters: ParameterValues;
  readonly seed: number;
  /** What success is decided on. Default: STORED. */
  readonly judging?: Judging;
  readonly signal?: AbortSignal;
}

/** At most this many are kept, each a perturbation or networks. */
const KEPT = 16;

/** Of the images that an attack learns from, as floats: themselves, what is made of them, and what passes to threads and back. */
const COPIES = 4;
const BYTES_PER_VALUE = 4;

export class Preparations {
  private readonly kept = new LRUCache<string, Promise<unknown>>({ max: KEPT });

  /** @param memory has room for the images that are learned from. */
  constructor(private readonly memory = new MemoryBudget()) {}

  /** The same for the same model, data set, attack, parameters and seed: a job that is resumed elsewhere finds or makes it again. */
  async getOrCompute(request: PreparationRequest): Promise<unknown> {
    const { definition, parameters, model, dataset, seed, judging, signal } = request;
    if (!definition.prepare) return undefined;
    const key = JSON.stringify([definition.kind, parameters, model.fingerprint, dataset.info.fingerprint, seed, judging]);
    for (;;) {
      try {
        return await memoize(this.kept, key, () => prepare(request, this.memory));
      } catch (error) {
        // Another evaluation, which had begun to make it, was cancelled.
        if (!(error instanceof ComputeError && error.code === 'CANCELLED') || signal?.aborted) throw error;
      }
    }
  }
}

async function prepare(
  { engine, model, dataset, definition, parameters, seed, judging, signal }: PreparationRequest,
  memory: MemoryBudget,
): Promise<unknown> {
  const examples = (wanted: number): Promise<AttackTask> => {
    const count = Math.min(wanted, dataset.info.exampleCount);
    checkImagesFit(count, dataset.info.imageShape, ['trainingCount']);
    const bytes = COPIES * BYTES_PER_VALUE * count * sizeOf(dataset.info.imageShape);
    return memory.reserve(bytes, `Learning from ${count} images for ${definition.kind}`, () => read(count));
  };
  const read = async (count: number): Promise<AttackTask> => {
    const offset = dataset.info.exampleCount - count;
    const { images, labels } = await dataset.read(offset, count);
    const pixels = fromStored(images, [labels.length, ...dataset.info.imageShape]);
    const cleanLogits = await predict(engine, model, pixels, signal);
    const random = exampleRandom(seed, offset);
    const levels = dataset.info.bitDepth === 8 ? undefined : mostOfBits(dataset.info.bitDepth);
    // Attacks that learn for targets choose them themselves: those of the evaluation are of other examples.
    const free = withoutTargets(parameters);
    return attackTask({
      engine,
      model,
      definition,
      parameters: free,
      images: pixels,
      labels,
      cleanLogits,
      random,
      judging,
      levels,
      signal,
    });
  };
  const trainOn: Preparation['train'] = (network, { images, labels, epochs, batchSize, learningRate }) =>
    train({
      engine,
      model: network,
      dataset: datasetOf(images, labels, network, mostOfBits(dataset.info.bitDepth)),
      scheme: standard,
      optimizer: adam(),
      epochs,
      batchSize,
      learningRate: () => learningRate,
      seed,
      signal,
    });
  const collectOn: Preparation['collect'] = (network, lessons) => {
    const { images, labels, epochs, modelsPerEpoch, batchSize, learningRate, momentum, weightDecay } = lessons;
    const bytes = epochs * modelsPerEpoch * bytesOf(network.variables);
    return memory.reserve(bytes, `Collecting ${epochs * modelsPerEpoch} networks for ${definition.kind}`, () =>
      collect({
        engine,
        model: network,
        dataset: datasetOf(images, labels, network, mostOfBits(dataset.info.bitDepth)),
        scheme: standard,
        optimizer: sgd(momentum),
        regularisation: { ...NO_REGULARISATION, weightDecay },
        ...{ epochs, modelsPerEpoch, batchSize, seed, signal },
        learningRate: () => learningRate,
      }),
    );
  };
  return definition.prepare!({ seed, examples, train: trainOn, collect: collectOn }, parameters);
}

/** Images and their classes, as a data set for a network. */
function datasetOf(images: HostTensor, labels: Int32Array, { spec }: AnyModel, levels: number): Dataset {
  const pixels = levelsOfFractions(images.data, levels);
  const classNames = Array.from({ length: spec.classCount }, (_, i) => String(i));
  return inMemory({ images: pixels, labels }, spec.inputShape, classNames);
}
