/** What a model makes of clean images: the same for every attack and budget, so it is computed once for all evaluations of a shard. @module */
import { LRUCache } from 'lru-cache';
import type { Dataset } from '../data/index.js';
import { diagnose, type Diagnostics } from './diagnostics.js';
import type { Engine } from '../engine/index.js';
import { firstNonFiniteRow, type HostTensor } from '../tensors/index.js';
import { ComputeError } from '../errors.js';
import { type AnyModel, predict } from '../models/index.js';

export interface CleanShard {
  /** `[n, classCount]`. */
  readonly scores: HostTensor;
  readonly diagnostics: Diagnostics;
}

export interface CleanRequest {
  readonly engine: Engine;
  readonly model: AnyModel;
  readonly dataset: Dataset;
  readonly offset: number;
  /** `[n, height, width, channels]`, pixels in [0, 1]: examples `offset` to `offset + n - 1`. */
  readonly images: HostTensor;
  readonly labels: Int32Array;
  readonly signal?: AbortSignal;
}

/** Scores of so many examples and classes are kept: 64 MiB. */
const VALUES_KEPT = 2 ** 24;

export class CleanShards {
  private readonly kept = new LRUCache<string, CleanShard>({
    maxSize: VALUES_KEPT,
    sizeCalculation: ({ scores }) => Math.max(scores.data.length, 1),
  });

  /** @throws ComputeError INVALID_MODEL (scores that are not finite) or CANCELLED. */
  async of(request: CleanRequest): Promise<CleanShard> {
    const { model, dataset, offset, labels } = request;
    const key = JSON.stringify([model.fingerprint, dataset.info.fingerprint, offset, labels.length]);
    const known = this.kept.get(key);
    if (known) return known;
    const shard = await compute(request);
    this.kept.set(key, shard);
    return shard;
  }
}

async function compute(request: CleanRequest): Promise<CleanShard> {
  const scores = await finiteScores(request, request.images);
  const diagnostics = await diagnose({ ...request, scores, predict: (x) => predict(request.engine, request.model, x, request.signal) });
  return { scores, diagnostics };
}

/** @param offset number of the first example, for the message. @throws ComputeError INVALID_MODEL where a score is not finite. */
export async function finiteScores(
  { engine, model, offset, signal }: Pick<CleanRequest, 'engine' | 'model' | 'offset' | 'signal'>,
  images: HostTensor,
): Promise<HostTensor> {
  const scores = await predict(engine, model, images, signal);
  const row = firstNonFiniteRow(scores);
  if (row < 0) return scores;
  throw new ComputeError(
    'INVALID_MODEL',
    `The model outputs NaN or infinity for example ${offset + row}. Check its weights and its valueRange.`,
    ['weights'],
  );
}
