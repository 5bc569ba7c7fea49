/** Joins the parts of an evaluation into its row. @module */
import { imageSource, joinDiagnostics } from '../../compute/evaluation/index.js';
import { type BitDepth, mostOfBits } from '../../compute/tensors/index.js';
import { isQuantized, withFurtherMap } from '../../compute/models/index.js';
import { calibrations } from '../../results/calibration.js';
import { findings } from '../../results/findings/registry.js';
import { bitsOf, joinOutcomes, packOutcomes, staysRight, unpackOutcomes, wasRight } from '../../results/outcomes.js';
import { joinSeconds } from '../../results/seconds.js';
import { joinStages } from '../../results/stages.js';
import { summarise } from '../../results/summary.js';
import { storeArtifact } from '../../storage/artifact-rows.js';
import { imagesDescription } from '../../storage/images.js';
import type { Transaction } from '../../storage/database.js';
import type { Job, JobPart, Prisma } from '../../storage/generated/client.js';
import { cleanCheckOf, operationsOf, parametersOf, specOf, toJson } from '../../storage/json.js';
import type { JobResult, JobContext } from '../types.js';
import { compareWithOthers } from './compare-with-others.js';
import type { PartDetails } from './parts.js';
import { countTrainedOn } from './trained-on.js';

/** @returns what to write when the job succeeds. Images are kept where the parts have them. */
export async function completion(
  context: JobContext,
  parts: readonly JobPart[],
  job: Job,
  where: Prisma.EvaluationWhereUniqueInput,
): Promise<JobResult> {
  const began = performance.now();
  const evaluation = await context.prisma.evaluation.findUniqueOrThrow({ where, include: { model: true, dataset: true } });
  const details = parts.map((part) => part.details as unknown as PartDetails);
  const keepImages = parts.every(({ artifactId }) => artifactId !== null);
  const outcomes = joinOutcomes(parts.map(({ bytes }) => unpackOutcomes(bytes!)));
  const summary = summarise(outcomes, evaluation.judging);
  const budgetViolations = details.reduce((sum, part) => sum + part.budgetViolations, 0);
  const diagnostics = joinDiagnostics(details.map((part) => part.diagnostics));
  const stages = joinStages(details.map((part) => part.stages ?? null));
  const { model, dataset, classMap } = evaluation;
  const isMapped = classMap.length > 0;
  const spec = isMapped ? withFurtherMap(specOf(model), classMap, dataset.classNames) : specOf(model);
  const { imageShape } = dataset;
  const parameters = parametersOf(evaluation);
  const attack = imageSource(evaluation.attackKind, parameters);
  const found = findings({
    attack,
    parameters,
    budget: { ...attack.budget(parameters, imageShape), judging: evaluation.judging, levels: mostOfBits(dataset.bitDepth as BitDepth) },
    outcomes,
    summary,
    predictions: evaluation.predictions,
    budgetViolations,
    imageSize: imageShape.reduce((product, length) => product * length, 1),
    output: model.output!,
    classCount: spec.classCount,
    spec,
    softmaxRemoved: model.softmaxRemoved ?? false,
    sigmoidRemoved: model.sigmoidRemoved ?? false,
    trainedOn: await countTrainedOn(context.prisma, model, dataset, evaluation),
    isQuantized: isQuantized(operationsOf(model) ?? {}),
    isImportUnverified: model.format === 'ONNX' && model.access === 'GRADIENT' && model.forwardDifference === null,
    expectedCleanAccuracy: model.expectedCleanAccuracy,
    // That is about the model's own classes.
    cleanCheck: isMapped ? null : cleanCheckOf(model),
    diagnostics,
    stages: stages ?? undefined,
  });
  const calibration =
    model.output === 'LABELS'
      ? undefined
      : calibrations(
          outcomes,
          specOf(model).classCount,
          details.map((part) => part.classBins),
        );
  const description = imagesDescription(evaluation.judging === 'FLOAT' ? 32 : (dataset.bitDepth as BitDepth), imageShape);
  const images = keepImages ? await storeArtifact(context.prisma, context.artifacts, joinImages(context, parts), description) : undefined;
  const finishing = (performance.now() - began) / 1000;
  const phases = joinSeconds(
    details.map((part) => part.phases),
    { store: job.storeSeconds + finishing, total: secondsUnderWay(parts) + finishing },
  );
  const write = async (tx: Transaction) => {
    await tx.evaluation.update({
      where: { id: evaluation.id },
      data: {
        ...summary,
        budgetViolations,
        diagnostics: toJson(diagnostics),
        stages: stages ? toJson(stages) : undefined,
        calibration: calibration && toJson(calibration),
        findings: toJson(found),
        outcomes: packOutcomes(outcomes),
        cleanRight: bitsOf(outcomes, wasRight),
        adversarialRight: bitsOf(outcomes, staysRight),
        seconds: details.reduce((sum, part) => sum + part.seconds, 0),
        phases: toJson(phases),
        // Where several workers had parts, the engine of the last is named.
        engine: toJson(details.at(-1)!.engine),
        keepImages,
        imagesArtifactId: images,
        finishedAt: evaluation.finishedAt ?? new Date(),
      },
    });
    await compareWithOthers(tx, evaluation);
    return [];
  };
  return { write, artifacts: images ? [images] : [] };
}

async function* joinImages(context: JobContext, parts: readonly JobPart[]): AsyncGenerator<Uint8Array> {
  for (const { artifactId } of parts) yield* context.artifacts.read(artifactId!);
}

/** Seconds in which one part or several were computed, and stored. */
function secondsUnderWay(parts: readonly JobPart[]): number {
  const times = parts.map(({ startedAt, finishedAt }) => [startedAt!.getTime(), finishedAt!.getTime()] as const).sort(([a], [b]) => a - b);
  let [total, until] = [0, -Infinity];
  for (const [from, to] of times) {
    total += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return total / 1000;
}
