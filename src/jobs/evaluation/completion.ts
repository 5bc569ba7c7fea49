/** Joins the shards of an evaluation into its row. @module */
import { imageSource, joinDiagnostics } from '../../compute/evaluation/index.js';
import { isQuantized } from '../../compute/models/index.js';
import { findings } from '../../results/findings/registry.js';
import { bitsOf, joinOutcomes, packOutcomes, staysRight, unpackOutcomes, wasRight } from '../../results/outcomes.js';
import { joinSeconds, NO_PHASES } from '../../results/seconds.js';
import { joinStages } from '../../results/stages.js';
import { summarise } from '../../results/summary.js';
import { storeArtifact } from '../../storage/artifact-rows.js';
import { imagesDescription } from '../../storage/images.js';
import type { Transaction } from '../../storage/database.js';
import { type Dataset, type Evaluation, type EvaluationShard, type Model, Prisma } from '../../storage/generated/client.js';
import { diagnosticsOf, engineOf, operationsOf, parametersOf, phasesOf, specOf, stagesOf, toJson } from '../../storage/json.js';
import type { JobResult, JobContext } from '../types.js';
import type { EvaluationClock } from './clock.js';
import { compareWithOthers } from './compare-with-others.js';

export type EvaluationToComplete = Pick<
  Evaluation,
  | 'id'
  | 'modelId'
  | 'datasetId'
  | 'offset'
  | 'sampleCount'
  | 'attackKind'
  | 'parameters'
  | 'keepImages'
  | 'judging'
  | 'predictions'
  | 'finishedAt'
> & {
  model: Pick<
    Model,
    'output' | 'spec' | 'format' | 'access' | 'operations' | 'softmaxRemoved' | 'forwardDifference' | 'expectedCleanAccuracy'
  >;
  dataset: Pick<Dataset, 'imageShape'>;
};

/** @returns what to write when the job succeeds. */
export async function completion(context: JobContext, evaluation: EvaluationToComplete, clock: EvaluationClock): Promise<JobResult> {
  const shards = await context.prisma.evaluationShard.findMany({ where: { evaluationId: evaluation.id }, orderBy: { offset: 'asc' } });
  const outcomes = joinOutcomes(shards.map((shard) => unpackOutcomes(shard.outcomes)));
  const summary = summarise(outcomes, evaluation.judging);
  const budgetViolations = shards.reduce((sum, shard) => sum + shard.budgetViolations, 0);
  const diagnostics = joinDiagnostics(shards.map((shard) => diagnosticsOf(shard)!));
  const stages = joinStages(shards.map((shard) => stagesOf(shard)));
  const { model, dataset } = evaluation;
  const { imageShape } = dataset;
  const parameters = parametersOf(evaluation);
  const attack = imageSource(evaluation.attackKind, parameters);
  const found = findings({
    attack,
    parameters,
    budget: { ...attack.budget(parameters, imageShape), judging: evaluation.judging },
    outcomes,
    summary,
    predictions: evaluation.predictions,
    budgetViolations,
    imageSize: imageShape.reduce((product, length) => product * length, 1),
    output: model.output!,
    classCount: specOf(model).classCount,
    softmaxRemoved: model.softmaxRemoved ?? false,
    isQuantized: isQuantized(operationsOf(model) ?? {}),
    isImportUnverified: model.format === 'ONNX' && model.access === 'GRADIENT' && model.forwardDifference === null,
    expectedCleanAccuracy: model.expectedCleanAccuracy,
    diagnostics,
    stages: stages ?? undefined,
  });
  const description = imagesDescription(evaluation.judging === 'FLOAT', imageShape);
  const images = evaluation.keepImages
    ? await storeArtifact(context.prisma, context.artifacts, joinImages(context, shards), description)
    : undefined;

  const seconds = joinSeconds([...shards.map((shard) => phasesOf(shard)), { ...NO_PHASES, ...clock.lap() }]);
  const write = async (tx: Transaction) => {
    await tx.evaluation.update({
      where: { id: evaluation.id },
      data: {
        ...summary,
        budgetViolations,
        diagnostics: toJson(diagnostics),
        stages: stages ? toJson(stages) : undefined,
        findings: toJson(found),
        outcomes: packOutcomes(outcomes),
        cleanRight: bitsOf(outcomes, wasRight),
        adversarialRight: bitsOf(outcomes, staysRight),
        seconds: shards.reduce((sum, shard) => sum + shard.seconds, 0),
        phases: seconds ? toJson(seconds) : Prisma.DbNull,
        // A run that moved between machines names the engine that did the last part.
        engine: toJson(engineOf(shards.at(-1)!)!),
        keepImages: evaluation.keepImages,
        imagesArtifactId: images,
        finishedAt: evaluation.finishedAt ?? new Date(),
      },
    });
    await compareWithOthers(tx, evaluation);
    await tx.evaluationShard.deleteMany({ where: { evaluationId: evaluation.id } });
    return shards.map((shard) => shard.imagesArtifactId);
  };
  return { write, artifacts: images ? [images] : [] };
}

async function* joinImages(context: JobContext, shards: readonly EvaluationShard[]): AsyncGenerator<Uint8Array> {
  for (const { imagesArtifactId } of shards) if (imagesArtifactId) yield* context.artifacts.read(imagesArtifactId);
}
