/** What a model makes of clean images: the same for every attack and budget, so it is computed once for all evaluations of a shard. @module */
import { LRUCache } from 'lru-cache';
import type { Dataset } from '../data/index.js';
import { diagnose, type Diagnostics } from './diagnostics.js';
import type { Engine } from '../engine/index.js';
import { firstNonFiniteRow, type HostTensor } from '../tensors/index.js';
import { ComputeError } from '../errors.js';
import { type AnyModel, decide, type Decisions, isBlackBox, predict } from '../models/index.js';

export interface CleanShard extends Decisions {
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
  /** Predictions that decide on the class of an image. Default: 1. */
  readonly predictions?: number;
  /** Of the evaluation: those of other seeds ask a random network again. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Scores and votes of so many examples and classes are kept: 64 MiB. */
const VALUES_KEPT = 2 ** 24;

export class CleanShards {
  private readonly kept = new LRUCache<string, CleanShard>({
    maxSize: VALUES_KEPT,
    sizeCalculation: ({ scores }) => Math.max(2 * scores.data.length, 1),
  });

  /** @throws ComputeError INVALID_MODEL (scores that are not finite) or CANCELLED. */
  async of(request: CleanRequest): Promise<CleanShard> {
    const { model, dataset, offset, labels, predictions = 1 } = request;
    const key = JSON.stringify([
      model.fingerprint,
      dataset.info.fingerprint,
      offset,
      labels.length,
      predictions,
      isRandom(model) ? request.seed : null,
    ]);
    const known = this.kept.get(key);
    if (known) return known;
    const shard = await compute(request);
    this.kept.set(key, shard);
    return shard;
  }
}

const isRandom = (model: AnyModel) => !isBlackBox(model) && model.random !== undefined;

async function compute(request: CleanRequest): Promise<CleanShard> {
  const decisions = await finiteDecisions(request, request.images);
  const predictAgain = (x: HostTensor) => predict(request.engine, request.model, x, request.signal);
  return { ...decisions, diagnostics: await diagnose({ ...request, scores: decisions.scores, predict: predictAgain }) };
}

/**
 * By as many predictions as the request says.
 * @param offset number of the first example, for the message. @throws ComputeError INVALID_MODEL where a score is not finite.
 */
export function finiteDecisions(
  { engine, model, offset, predictions = 1, signal }: Pick<CleanRequest, 'engine' | 'model' | 'offset' | 'predictions' | 'signal'>,
  images: HostTensor,
): Promise<Decisions> {
  return decide(predictions, async (draw) => {
    const scores = await predict(engine, model, images, signal, draw);
    const row = firstNonFiniteRow(scores);
    if (row < 0) return scores;
    throw new ComputeError(
      'INVALID_MODEL',
      `The model outputs NaN or infinity for example ${offset + row}. Check its weights and its valueRange.`,
      ['weights'],
    );
  });
}
