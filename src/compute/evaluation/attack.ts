/** One shard of an evaluation: clean predictions, the attack, and predictions on the adversarial images, as they would be stored or as floats. @module */
import { accessOf, type AnyModel, checkFit, confidences, type Decisions, isBlackBox, predict, properScores } from '../models/index.js';
import {
  attackAsRun,
  type AttackDistance,
  type AttackOutput,
  type AttackProgress,
  attackTask,
  type AttackTask,
  checkAccess,
  colourDistances,
  findAttack,
  WorkMeter,
} from '../attacks/index.js';
import { type AttackChoice, validateParameters } from '../parameters/index.js';
import {
  auditBudget,
  bothJudgings,
  type Budget,
  distortions,
  fromStored,
  isOfWholeLevels,
  judgedBy,
  type JudgedImages,
  type Judging,
  similarities,
} from '../distances/index.js';
import { bothWays } from './imported-images.js';
import { ClassBinCounter } from './class-bins.js';
import { CleanShards, finiteDecisions } from './clean.js';
import { checkImagesFit, type Dataset, type ImageBatch } from '../data/index.js';
import { type Engine, throwIfAborted } from '../engine/index.js';
import { floats, gather, type HostTensor, inTopK, type Levels, mostOfBits } from '../tensors/index.js';
import { PhaseClock } from './phases.js';
import type { ShardResult } from './shard-result.js';
import { Preparations } from './preparations.js';
import { exampleRandom } from '../random.js';

/** Examples to evaluate a model on. */
interface Shard {
  readonly engine: Engine;
  readonly model: AnyModel;
  readonly dataset: Dataset;
  /** First example, and how many; fewer are evaluated where the data set ends. */
  readonly offset: number;
  readonly count: number;
  readonly keepImages: boolean;
  /** What success is decided on. Default: STORED. */
  readonly judging?: Judging;
  /** Predictions whose majority decides on the class of an image, for models that are random. Default: 1. */
  readonly predictions?: number;
  /** Where what the model makes of clean images is kept for other evaluations. Default: it is computed for this call alone. */
  readonly cleanShards?: CleanShards;
  /** Waits until other shards of the evaluation leave the engine to this one: what one does before and after goes on beside. Default: at once. */
  readonly turn?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Told how far the attack is, often. */
  readonly onProgress?: (progress: AttackProgress) => void;
  readonly signal?: AbortSignal;
}

/** Adversarial images are made here, by an attack. */
export interface AttackedShard extends Shard {
  readonly attack: AttackChoice;
  /** The models that its parameters name, in their order. */
  readonly sources?: readonly AnyModel[];
  readonly seed: number;
  /** Where the evaluation begins that this is a part of; targets by example are counted from there. Default: at `offset`. */
  readonly start?: number;
  /** Where what attacks prepare is kept for other shards. Default: it is prepared for this call alone. */
  readonly preparations?: Preparations;
  /** See `AttackTask.compaction`. */
  readonly compaction?: boolean;
}

/** Adversarial images were imported. */
export interface ImportedShard extends Shard {
  readonly imported: ImportedExamples;
}

export interface ImportedExamples {
  /** `[count, height, width, channels]`, in the data's levels or fractions of the pixel range. */
  readonly images: Levels;
  /** What they claim to keep to. */
  readonly budget: Budget;
}

export type EvaluationShard = AttackedShard | ImportedShard;

/**
 * Evaluates a model on adversarial images of `count` examples of a data set. Under an attack, example i's outcome depends on (model, data, attack, seed, i) alone, not
 * on the shard it is in.
 * @throws ComputeError INVALID_ATTACK, MODEL_DATASET_MISMATCH, INVALID_MODEL (scores that are not finite) or CANCELLED.
 */
export async function evaluateShard(requested: EvaluationShard): Promise<ShardResult> {
  const clock = new PhaseClock();
  const shard = { ...requested, engine: clock.timed(requested.engine) };
  const { engine, model, dataset } = shard;
  const source = 'attack' in shard ? attacking(shard, clock) : importing(shard);
  checkFit(model, dataset);
  checkImagesFit(shard.count, dataset.info.imageShape, ['GAUNTLET_SHARD_SIZE']);

  const batch = await clock.time('decode', () => dataset.read(shard.offset, shard.count));
  const turn = shard.turn ?? ((work) => work());
  const attacked = await turn(() => attack(shard, source, batch, clock));
  // Beside the turn of another shard.
  const made = await clock.time('metrics', attacked.judge);
  const outcomes = await turn(() => predictAttacked(shard, attacked, made, clock));
  const { stored } = made;
  const judged = shard.judging === 'FLOAT' ? made.exact : stored;
  const measured = await clock.time('metrics', async () => {
    const distances = distortions(batch.images, judged, outcomes.count, dataset.info.imageShape[2]);
    return { ...distances, ...(await similarities(batch.images, stored, outcomes.count, dataset.info.imageShape)) };
  });
  const ownDistance = { distances: attacked.distances, distance: source.distance };
  return {
    ...outcomes,
    ...measured,
    attackDistance: await turn(() => attackDistances(shard, ownDistance, attacked.pixels, made)),
    budgetViolations: auditBudget(measured, source.budget, batch.images.length / Math.max(1, outcomes.count)),
    engine: engine.description,
    phases: clock.seconds,
    ...(shard.keepImages ? { images: judged } : {}),
  };
}

/** What the engine is needed for first: what the model makes of clean images, and the attack. */
async function attack(shard: EvaluationShard, source: Source, { images, labels }: ImageBatch, clock: PhaseClock) {
  throwIfAborted(shard.signal);
  const pixels = fromStored(images, [labels.length, ...shard.dataset.info.imageShape]);
  const cleanShards = shard.cleanShards ?? new CleanShards();
  const { diagnostics, ...clean } = await clock.time('clean', () => cleanShards.of({ ...shard, images: pixels, labels }));
  const known = { cleanLogits: clean.scores, cleanPrediction: clean.prediction };
  return { labels, pixels, clean, diagnostics, ...(await source.make({ images, pixels, labels, ...known })) };
}

/** What it is needed for then. */
async function predictAttacked(
  shard: EvaluationShard,
  attacked: Awaited<ReturnType<typeof attack>>,
  made: JudgedImages,
  clock: PhaseClock,
) {
  throwIfAborted(shard.signal);
  const { model, dataset, judging = 'STORED' } = shard;
  const { labels, targets, queries, gradients, withoutStart, diagnostics, seconds, stages, passes } = attacked;
  const shape = [labels.length, ...dataset.info.imageShape];
  const clean = outcome(attacked.clean, labels, model);
  const decisions = await clock.time('predict', () => finiteDecisions(shard, judgedBy(judging, made, shape)));
  const adversarial = outcome(decisions, labels, model);
  return {
    count: labels.length,
    labels,
    cleanPrediction: clean.prediction,
    cleanConfidence: clean.confidence,
    cleanTop5: clean.top5,
    cleanVotes: clean.votes,
    cleanLikelihood: clean.likelihood,
    cleanBrier: clean.brier,
    adversarialPrediction: adversarial.prediction,
    adversarialConfidence: adversarial.confidence,
    adversarialTop5: adversarial.top5,
    adversarialVotes: adversarial.votes,
    cleanDetection: await clock.time('clean', () => detectorScores(shard, attacked.pixels)),
    adversarialDetection: await clock.time('predict', () => detectorScores(shard, judgedBy(judging, made, shape))),
    adversarialLikelihood: adversarial.likelihood,
    adversarialBrier: adversarial.brier,
    classBins: { clean: clean.classBins, adversarial: adversarial.classBins },
    otherPrediction: await clock.time('predict', () => otherPredictions(shard, made, adversarial.prediction)),
    target: Float32Array.from(labels, (_, i) => targets?.[i] ?? NaN),
    withoutStart: withoutStart ?? new Uint8Array(labels.length),
    queries,
    gradients,
    diagnostics,
    seconds,
    stages,
    passes,
  };
}

/** A way to adversarial images. */
interface Source {
  readonly budget: Budget;
  readonly distance?: AttackDistance;
  make(clean: CleanExamples): Promise<AdversarialExamples>;
}

interface CleanExamples extends Pick<AttackTask, 'labels' | 'cleanLogits' | 'cleanPrediction'> {
  readonly images: Levels;
  /** The same as a tensor. */
  readonly pixels: HostTensor;
}

interface AdversarialExamples
  extends Pick<AttackTask, 'targets'>, Pick<AttackOutput, 'queries' | 'gradients' | 'withoutStart' | 'stages' | 'distances'> {
  /** The images as they are judged: a computation without the engine. */
  judge(this: void): JudgedImages;
  /** Spent on making them. */
  readonly seconds: number;
  /** Passes of the model that went into all of them. */
  readonly passes: number;
}

/** The highest level of a pixel; undefined: 255, which need not be said. */
const levelsFor = ({ info }: Dataset) => (info.bitDepth === 8 ? undefined : mostOfBits(info.bitDepth));

/** @throws ComputeError INVALID_ATTACK */
function attacking(shard: AttackedShard, clock: PhaseClock): Source {
  const {
    engine,
    model,
    attack,
    sources,
    seed,
    offset,
    start: first = offset,
    judging = 'STORED',
    predictions,
    compaction,
    signal,
  } = shard;
  const parameters = validateParameters(findAttack(attack.kind), attack.parameters);
  const definition = attackAsRun(attack.kind, parameters);
  definition.check?.(parameters);
  for (const source of sources ?? []) checkFit(source, shard.dataset);
  checkAccess(accessOf(model), definition, parameters);
  const levels = levelsFor(shard.dataset);
  const budget = { ...definition.budget(parameters, model.spec.inputShape), judging, levels };
  const preparations = shard.preparations ?? new Preparations();
  return {
    budget,
    distance: definition.distance,
    async make({ images, pixels, ...known }) {
      const random = exampleRandom(seed, offset);
      const prepared = await clock.time('attack', () => preparations.getOrCompute({ ...shard, judging, definition, parameters }));
      const positions = Int32Array.from(known.labels.keys(), (i) => offset - first + i);
      const batch = { images: pixels, ...known, positions, random, judging, levels, predictions, compaction, sources, prepared, signal };
      const meter = new WorkMeter(shard.onProgress ?? (() => {}));
      const task = attackTask({ ...batch, engine, model, definition, parameters, meter });
      const start = task.clock();
      const {
        images: exact,
        queries,
        gradients,
        withoutStart,
        stages,
        distances,
      } = await clock.time('attack', () => definition.run(task, parameters));
      const seconds = (task.clock() - start) / 1000;
      const [values, n] = [floats(exact), known.labels.length];
      const judge = () => bothJudgings(images, values, n, budget);
      return { judge, targets: task.targets, queries, gradients, withoutStart, seconds, stages, distances, passes: meter.passes };
    },
  };
}

/** Nothing is spent. */
function importing({ imported: { images: given, budget: claimed }, judging, dataset }: ImportedShard): Source {
  const budget = { ...claimed, judging, levels: levelsFor(dataset) };
  const spent = (labels: Int32Array) => ({
    queries: new Int32Array(labels.length),
    gradients: new Int32Array(labels.length),
    seconds: 0,
    passes: 0,
  });
  return {
    budget,
    make: ({ images, labels }) => Promise.resolve({ judge: () => bothWays(images, given, labels.length, budget), ...spent(labels) }),
  };
}

/** What the model makes of the images as the other judging has them, where that is cheap: one forward pass of those that rounding changes. */
async function otherPredictions(shard: Shard, made: JudgedImages, predicted: Int32Array): Promise<Float32Array> {
  const { dataset, model, judging } = shard;
  const result = Float32Array.from(predicted);
  const size = made.stored.length / Math.max(1, predicted.length);
  const differing = Int32Array.from(predicted.keys()).filter((i) => !isOfWholeLevels(made, i, size));
  if (differing.length === 0) return result;
  const others = judgedBy(judging === 'FLOAT' ? 'STORED' : 'FLOAT', made, [predicted.length, ...dataset.info.imageShape]);
  const labels = isBlackBox(model) ? undefined : (await finiteDecisions(shard, gather(others, differing))).prediction;
  for (const [at, i] of differing.entries()) result[i] = labels?.[at] ?? NaN;
  return result;
}

/** In the distance that the attack bounds or minimises; NaN where it has none. */
async function attackDistances(
  { engine, judging = 'STORED', signal }: Shard,
  { distance, distances }: Pick<AttackOutput, 'distances'> & Pick<Source, 'distance'>,
  originals: HostTensor,
  made: JudgedImages,
): Promise<Float32Array> {
  if (distance === 'CIEDE2000') return colourDistances(engine, originals, judgedBy(judging, made, originals.shape), signal);
  return distances ?? new Float32Array(originals.shape[0]!).fill(NaN);
}

/** What the model's detector says of each image; NaN where it has none. */
async function detectorScores({ engine, model, signal }: Shard, images: HostTensor): Promise<Float32Array> {
  const detector = isBlackBox(model) ? undefined : model.detector;
  const n = images.shape[0]!;
  if (!detector) return new Float32Array(n).fill(NaN);
  const columns = model.spec.classCount + 1;
  const scores = floats(await predict(engine, detector, images, signal));
  return Float32Array.from({ length: n }, (_, i) => scores[(i + 1) * columns - 1]!);
}

/** Where only labels are known, the first is all that there is of the best five. */
function outcome({ scores, prediction, votes }: Decisions, labels: Int32Array, model: AnyModel) {
  const classes = model.spec.classCount;
  const bins = new ClassBinCounter(classes);
  const scored = properScores(scores, labels, model.output, (probabilities, label) => bins.add(probabilities, label));
  return {
    ...scored,
    classBins: bins.bins(),
    prediction,
    confidence: confidences(scores, prediction, model.output),
    top5: inTopK(scores, labels, model.output === 'LABELS' ? 1 : 5),
    votes: Float32Array.from(labels, (label, i) => floats(votes)[i * classes + label]!),
  };
}
