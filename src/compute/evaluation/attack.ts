/** One shard of an evaluation: clean predictions, the attack, and predictions on the adversarial images as they would be stored. @module */
import { checkFit } from '../models/check-fit.js';
import { checkAccess } from '../attacks/core/access.js';
import { validateParameters } from '../parameters/validate.js';
import { attackAsRun, findAttack } from '../attacks/registry.js';
import { attackTask } from '../attacks/core/task.js';
import type { AttackOutput, AttackTask } from '../attacks/core/definition.js';
import type { ParameterValues } from '../parameters/descriptions.js';
import { CleanShards, finiteScores } from './clean.js';
import { checkImagesFit } from '../data/memory.js';
import type { Dataset } from '../data/types.js';
import type { Engine } from '../engine/types.js';
import type { HostTensor } from '../tensors/types.js';
import type { ShardResult } from './shard-result.js';
import { distortions } from '../distances/lp.js';
import { argmaxRows, inTopK } from '../tensors/scores.js';
import { confidences } from '../models/confidences.js';
import { similarities } from '../distances/similarity.js';
import { auditBudget, fromStored, quantise } from '../distances/stored-image.js';
import { accessOf } from '../models/functions.js';
import type { AnyModel } from '../models/types.js';
import { Preparations } from './preparations.js';
import { exampleRandom } from '../random.js';

export interface EvaluationShard {
  readonly engine: Engine;
  readonly model: AnyModel;
  readonly dataset: Dataset;
  readonly attack: { readonly kind: string; readonly parameters: ParameterValues };
  readonly seed: number;
  /** First example, and how many; fewer are evaluated where the data set ends. */
  readonly offset: number;
  readonly count: number;
  readonly keepImages: boolean;
  /** Where what attacks prepare is kept for other shards. Default: it is prepared for this call alone. */
  readonly preparations?: Preparations;
  /** Where what the model makes of clean images is kept for other evaluations. Default: it is computed for this call alone. */
  readonly cleanShards?: CleanShards;
  /** Adversarial images made elsewhere, `[count, height, width, channels]` of 8 bits: the attack is not run. */
  readonly made?: Uint8Array;
  /** See `AttackTask.compaction`. */
  readonly compaction?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Attacks `count` examples of a data set. Example i's outcome depends on (model, data, attack, seed, i) alone, not on the shard it is in.
 * @throws ComputeError INVALID_ATTACK, MODEL_DATASET_MISMATCH, INVALID_MODEL (scores that are not finite) or CANCELLED.
 */
export async function evaluateShard(shard: EvaluationShard): Promise<ShardResult> {
  const { engine, model, dataset, signal } = shard;
  const parameters = validateParameters(findAttack(shard.attack.kind), shard.attack.parameters);
  const definition = attackAsRun(shard.attack.kind, parameters);
  checkAccess(accessOf(model), definition, parameters);
  const budget = definition.budget(parameters, model.spec.inputShape);
  checkFit(model, dataset);

  checkImagesFit(shard.count, dataset.info.imageShape, ['GAUNTLET_SHARD_SIZE']);
  const { images, labels } = await dataset.read(shard.offset, shard.count);
  const pixels = fromStored(images, [labels.length, ...dataset.info.imageShape]);
  const cleanShards = shard.cleanShards ?? new CleanShards();
  const { scores: cleanLogits, diagnostics } = await cleanShards.of({ ...shard, images: pixels, labels });
  let compileMilliseconds = 0;
  const preparations = shard.preparations ?? new Preparations();
  const task = attackTask({
    engine,
    model,
    definition,
    parameters,
    images: pixels,
    labels,
    cleanLogits,
    random: exampleRandom(shard.seed, shard.offset),
    compaction: shard.compaction,
    prepared: await preparations.of({ ...shard, definition, parameters }),
    signal,
    onCompiled: (milliseconds) => (compileMilliseconds += milliseconds),
  });
  const start = performance.now();
  const output = shard.made ? nothingSpent(task) : await definition.run(task, parameters);
  const seconds = (performance.now() - start - compileMilliseconds) / 1000;

  const stored = shard.made ?? quantise(images, output.images.data as Float32Array, labels.length, budget);
  const adversarialLogits = await finiteScores(shard, fromStored(stored, pixels.shape));
  const measured = distortions(images, stored, labels.length);
  const clean = outcome(cleanLogits, labels, model);
  const adversarial = outcome(adversarialLogits, labels, model);
  return {
    count: labels.length,
    labels,
    cleanPrediction: clean.prediction,
    cleanConfidence: clean.confidence,
    cleanTop5: clean.top5,
    adversarialPrediction: adversarial.prediction,
    adversarialConfidence: adversarial.confidence,
    adversarialTop5: adversarial.top5,
    target: Float32Array.from(labels, (_, i) => task.targets?.[i] ?? NaN),
    ...measured,
    ...similarities(images, stored, labels.length, dataset.info.imageShape),
    queries: output.queries,
    gradients: output.gradients,
    budgetViolations: auditBudget(measured, budget, images.length / Math.max(1, labels.length)),
    diagnostics,
    seconds,
    engine: engine.description,
    ...(shard.keepImages ? { images: stored } : {}),
  };
}

/** What became of images that no attack was run for. */
function nothingSpent({ images, labels }: AttackTask): AttackOutput {
  return { images, queries: new Int32Array(labels.length), gradients: new Int32Array(labels.length) };
}

/** Where only labels are known, the first is all that there is of the best five. */
function outcome(scores: HostTensor, labels: Int32Array, model: AnyModel) {
  const prediction = argmaxRows(scores);
  return {
    prediction,
    confidence: confidences(scores, prediction, model.output),
    top5: inTopK(scores, labels, model.output === 'LABELS' ? 1 : 5),
  };
}
