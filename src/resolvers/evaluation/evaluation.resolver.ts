import { Arg, Args, Ctx, FieldResolver, Float, ID, Int, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { wilson } from '../../compute/statistics/index.js';
import { imported } from '../../compute/evaluation/index.js';
import { classAccuracies, confusion, histogram, type HistogramColumn } from '../../results/breakdown.js';
import { calibrations, type Phase, reliability } from '../../results/calibration.js';
import { detectionOf, FALSE_POSITIVE_RATE } from '../../results/detection.js';
import { effectiveEpsilonOf } from '../../results/budget.js';
import { type GroupAccuracy as CountedGroup, groupAccuracies, worstGroup } from '../../results/groups.js';
import { type Average, medianOverAll } from '../../results/summary.js';
import { Magnitude } from '../../schema/scalars/magnitude.js';
import { requestedAttack } from '../../schema/attack/attack-input.js';
import {
  ClassAccuracy,
  ConfusionCell,
  ExampleFilter,
  GroupAccuracy,
  HistogramBin,
  HistogramColumnName,
} from '../../schema/evaluation/breakdown.js';
import { Calibration, EvaluationCalibration } from '../../schema/evaluation/calibration.js';
import { Detection } from '../../schema/evaluation/detection.js';
import { EvaluationFilter } from '../../schema/evaluation/evaluation-filter.js';
import { StartEvaluationInput } from '../../schema/evaluation/start-evaluation-input.js';
import { EvaluationCost } from '../../schema/evaluation/evaluation-cost.js';
import type { EvaluationRequest } from '../../services/evaluation/evaluations.js';
import { Dataset } from '../../schema/dataset/dataset.js';
import { Destruction } from '../../schema/destruction/destruction.js';
import { Distortion } from '../../schema/evaluation/distortion.js';
import { Evaluation, EvaluationConnection, EvaluationOrder } from '../../schema/evaluation/evaluation.js';
import { evaluationWhere } from '../../services/evaluation/evaluation-where.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import type { Prisma } from '../../storage/generated/client.js';
import { ExampleConnection } from '../../schema/evaluation/example.js';
import { Job } from '../../schema/job/job.js';
import { Model } from '../../schema/model/model.js';
import { StartEvaluationPayload, StartEvaluationSuccess } from '../../schema/evaluation/start-evaluation-payload.js';
import { DomainError } from '../../errors.js';
import { rowId } from '../../storage/global-id.js';
import { calibrationOf, parametersOf, specOf } from '../../storage/json.js';
import { sourceRowIds } from '../../storage/source-models.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import type { GraphQLContext } from '../context.js';
import { badInput } from '../relay/pagination.js';
import { examplePage } from '../relay/example-page.js';
import { given } from '../given.js';
import type { Loaders } from '../loaders.js';
import { modelNode } from '../model/node.js';
import { datasetNode } from '../dataset/node.js';
import { jobNode } from '../job/node.js';
import { evaluationNode } from './node.js';

@Resolver(() => Evaluation)
export class EvaluationResolver {
  @Query(() => Evaluation, { nullable: true, description: 'An evaluation by its id; null where there is none.' })
  evaluation(@Arg('id', () => ID, { description: 'Its id.' }) id: string, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation | null> {
    return evaluationNode.byId(loaders, id);
  }

  @Query(() => EvaluationConnection, { description: 'Evaluations, the newest first by default.' })
  async evaluations(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => EvaluationFilter, { nullable: true, description: 'Which evaluations.' }) filter: EvaluationFilter | undefined,
    @Arg('orderBy', () => EvaluationOrder, { nullable: true, description: 'In which order.' }) orderBy: EvaluationOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<EvaluationConnection> {
    return new EvaluationConnection(await evaluationNode.list(prisma, { page, filter, orderBy }));
  }

  @Query(() => EvaluationCost, { description: 'How long the evaluations of a request would take. Starts nothing.' })
  async evaluationCost(
    @Arg('input', () => StartEvaluationInput, { description: 'What to evaluate.' }) input: StartEvaluationInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<EvaluationCost> {
    return new EvaluationCost(await services.evaluations.cost(viewer, requestOf(input)));
  }

  @FieldResolver(() => Model, { description: 'The model that was attacked.' })
  model(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<Model> {
    return modelNode.get(loaders, row.modelId);
  }

  @FieldResolver(() => [Model], {
    description:
      'The models that the images were made on, in the order of the attack: those of `sourceModelIds` of ENSEMBLE, else `model`. Without those that were deleted, or that you cannot see.',
  })
  async sourceModels(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<Model[]> {
    const named = sourceRowIds(parametersOf(row));
    const ids = named.length === 0 && row.attackKind !== imported.kind ? [row.modelId] : named;
    const models = await Promise.all(ids.map((id) => (id === undefined ? null : modelNode.find(loaders, id))));
    return models.filter((model) => model !== null);
  }

  @FieldResolver(() => Dataset, { description: 'The data set that it was measured on.' })
  dataset(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<Dataset> {
    return datasetNode.get(loaders, row.datasetId);
  }

  @FieldResolver(() => Magnitude, {
    nullable: true,
    description:
      'The largest distance within `attack.epsilon` that the images could have, in its units. Stored images move by whole levels of the data: ε within a hundredth of a level is that level, what is over is lost. Null where there is no limit.',
  })
  async effectiveEpsilon(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<number | null> {
    const dataset = await datasetNode.row(loaders, row.datasetId);
    return dataset ? effectiveEpsilonOf(row, dataset) : null;
  }

  @FieldResolver(() => Job, { description: 'The job that computes it or, where its images were asked for later, that makes those.' })
  job(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<Job> {
    return jobNode.get(loaders, row.imagesJobId ?? row.jobId);
  }

  @FieldResolver(() => ExampleConnection, {
    nullable: true,
    description: 'Its examples, in the order of the data set; null before it has finished.',
  })
  async examples(
    @Root() { row }: Evaluation,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('success', () => Boolean, { nullable: true, description: 'Only those where the attack succeeded, or did not.' })
    success: boolean | undefined,
    @Arg('filter', () => ExampleFilter, { nullable: true, description: 'Which examples.' }) filter: ExampleFilter | undefined,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<ExampleConnection | null> {
    const outcomes = await loaders.outcomes.load(row.id);
    const selection = given({ success, ...given(filter) });
    return outcomes ? new ExampleConnection(examplePage(row, outcomes, await imageSize(row, loaders), page, selection)) : null;
  }

  @FieldResolver(() => [ClassAccuracy], {
    nullable: true,
    description: 'Accuracy on the examples of each class that occurs; null before it has finished.',
  })
  async classAccuracies(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<ClassAccuracy[] | null> {
    const outcomes = await loaders.outcomes.load(row.id);
    return outcomes ? classAccuracies(outcomes) : null;
  }

  @FieldResolver(() => [GroupAccuracy], {
    nullable: true,
    description:
      'Accuracy on the examples of each subgroup that occurs; null before it has finished, and where the data set has no groups.',
  })
  async groupAccuracies(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<GroupAccuracy[] | null> {
    const counted = await groupsOf(row, loaders);
    return counted && counted.accuracies.map(counted.named);
  }

  @FieldResolver(() => GroupAccuracy, {
    nullable: true,
    description: 'The subgroup with the lowest accuracy under attack; null where `groupAccuracies` is.',
  })
  async worstGroup(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<GroupAccuracy | null> {
    const counted = await groupsOf(row, loaders);
    const worst = counted && worstGroup(counted.accuracies);
    return worst ? counted.named(worst) : null;
  }

  @FieldResolver(() => Detection, {
    nullable: true,
    description: "What the model's detector does before and under attack; null before it has finished, and where the model has none.",
  })
  async detection(
    @Root() { row }: Evaluation,
    @Arg('falsePositiveRate', () => Float, {
      nullable: true,
      description: 'Share of clean images that may be rejected; by default what `spec.detector` says, or 0.05.',
    })
    rate: number | undefined,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<Detection | null> {
    if (rate !== undefined && rate !== null && !(rate > 0 && rate < 1)) throw badInput('falsePositiveRate must be above 0 and below 1.');
    const [outcomes, model] = await Promise.all([loaders.outcomes.load(row.id), modelNode.get(loaders, row.modelId)]);
    const own = specOf(model.row).detector?.falsePositiveRate ?? FALSE_POSITIVE_RATE;
    return (outcomes && detectionOf(outcomes, rate ?? own)) ?? null;
  }

  @FieldResolver(() => EvaluationCalibration, {
    nullable: true,
    description:
      'Whether its probabilities are the shares that they say; null before it has finished, and where the model outputs labels alone.',
  })
  async calibration(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<EvaluationCalibration | null> {
    const [outcomes, { row: model }] = await Promise.all([loaders.outcomes.load(row.id), modelNode.get(loaders, row.modelId)]);
    if (!outcomes || outcomes.count === 0 || model.output === 'LABELS') return null;
    const kept = calibrationOf(row) ?? calibrations(outcomes, specOf(model).classCount, [undefined]);
    const of = (phase: Phase): Calibration => {
      const { expectedError, classwiseError, likelihood, brier } = kept[phase];
      const bins = reliability(outcomes, phase).map(({ right, ...bin }) => ({
        ...bin,
        accuracy: bin.count === 0 ? null : wilson(right, bin.count),
      }));
      return { expectedError, classwiseError, negativeLogLikelihood: likelihood, brierScore: brier, bins };
    };
    return { clean: of('clean'), adversarial: of('adversarial') };
  }

  @FieldResolver(() => [ConfusionCell], {
    nullable: true,
    description: 'How often each class is predicted as each, before and under attack, where it happens; null before it has finished.',
  })
  async confusion(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<ConfusionCell[] | null> {
    const outcomes = await loaders.outcomes.load(row.id);
    return outcomes ? confusion(outcomes) : null;
  }

  @FieldResolver(() => [HistogramBin], {
    nullable: true,
    description:
      'How its examples are spread over a value, in bins of equal width; null before it has finished, empty where the value was not kept.',
  })
  async histogram(
    @Root() { row }: Evaluation,
    @Arg('of', () => HistogramColumnName, { description: 'The value.' }) of: HistogramColumn,
    @Arg('bins', () => Int, { defaultValue: 20, description: 'How many bins, 200 at most.' }) bins: number,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<HistogramBin[] | null> {
    if (bins < 1 || bins > 200) throw badInput('bins must be from 1 to 200.');
    const outcomes = await loaders.outcomes.load(row.id);
    return outcomes ? histogram(outcomes, of, bins) : null;
  }

  @FieldResolver(() => Distortion, {
    nullable: true,
    description:
      'Mean distortion over the successful adversarial examples: those right before the attack and wrong after it. Null where there is none.',
  })
  meanDistortion(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<Distortion | null> {
    return distortion(row, 'mean', loaders);
  }

  @FieldResolver(() => Distortion, {
    nullable: true,
    description:
      'Median distortion over the successful adversarial examples. It shrinks where an attack fails on the hard ones; see `medianDistortionOverAll`.',
  })
  medianDistortion(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<Distortion | null> {
    return distortion(row, 'median', loaders);
  }

  @FieldResolver(() => Distortion, {
    nullable: true,
    description:
      'Median distance over all examples that were right before the attack, a failure counting as infinite, as minimum-norm attacks are compared (Brendel et al. 2019). Null where half of them or more failed: it is infinite. Without `ssim` and `pass`, which failures do not have.',
  })
  async medianDistortionOverAll(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<Distortion | null> {
    const outcomes = await loaders.outcomes.load(row.id);
    const medians = outcomes && medianOverAll(outcomes);
    return medians ? new Distortion({ ...medians, ssim: null, pass: null }, await imageSize(row, loaders)) : null;
  }

  @FieldResolver(() => [Destruction], { description: 'What transformations leave of its adversarial images, as far as it was asked for.' })
  async destructions(@Root() { row }: Evaluation, @Ctx() { loaders }: GraphQLContext): Promise<Destruction[]> {
    return (await loaders.destructionsOfEvaluation.load(row.id)).map((destruction) => new Destruction(destruction));
  }

  @Subscription(() => Evaluation, {
    description: 'Every evaluation that you see and that the filter takes, when its numbers are there.',
    subscribe: ({ args, context }) => {
      const { services } = context as GraphQLContext;
      const where = evaluationWhere(given((args as { filter?: EvaluationFilter }).filter));
      const sent = new Set<string>();
      return services.jobs.follow(async (ids) => {
        const isNew: Prisma.EvaluationWhereInput = { jobId: { in: [...ids] }, job: { state: 'SUCCEEDED' }, id: { notIn: [...sent] } };
        const rows = await services.prisma.evaluation.findMany({ where: { AND: [where, isNew] }, orderBy: { finishedAt: 'asc' } });
        for (const { id } of rows) sent.add(id);
        return rows;
      });
    },
  })
  evaluationFinished(
    @Root() row: EvaluationRow,
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- read by `subscribe`; declared here for the schema
    @Arg('filter', () => EvaluationFilter, { nullable: true, description: 'Which evaluations.' }) filter: EvaluationFilter | undefined,
  ): Evaluation {
    return new Evaluation(row);
  }

  @Mutation(() => StartEvaluationPayload, {
    description:
      'Attacks models and measures their accuracy under attack. Returns at once with jobs; a request that was made before returns its evaluation, finished or not.',
  })
  async startEvaluation(
    @Arg('input', () => StartEvaluationInput, { description: 'What to evaluate.' }) input: StartEvaluationInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof StartEvaluationPayload> {
    const rows = await services.evaluations.start(viewer, requestOf(input));
    return new StartEvaluationSuccess(
      rows.map((row) => new Evaluation(row)),
      rows.map((row) => new Job(row.job)),
    );
  }
}

function requestOf(input: StartEvaluationInput): EvaluationRequest {
  const { modelId, modelIds = [], datasetId, attacks, ...rest } = given(input);
  if (modelId !== undefined && modelIds.length > 0) {
    throw new DomainError('VALIDATION', 'Give "modelId" or "modelIds", not both: name all models in "modelIds".', ['modelId']);
  }
  return {
    ...rest,
    modelIds: [...(modelId === undefined ? [] : [modelId]), ...modelIds].map((id) => rowId(id, 'Model')),
    datasetId: rowId(datasetId, 'Dataset'),
    attacks: attacks.map(requestedAttack),
  };
}

async function groupsOf(row: EvaluationRow, loaders: Loaders) {
  const [outcomes, kept] = await Promise.all([loaders.outcomes.load(row.id), loaders.datasetGroups.load(row.datasetId)]);
  if (!outcomes || !kept) return null;
  const named = ({ group, ...accuracies }: CountedGroup): GroupAccuracy => ({ group: kept.names[group]!, ...accuracies });
  return { accuracies: groupAccuracies(outcomes, kept.groups, row.offset), named };
}

async function distortion(row: EvaluationRow, average: Average, loaders: Loaders): Promise<Distortion | null> {
  const [linf, l2, l0] = [row[`${average}Linf`], row[`${average}L2`], row[`${average}L0`]];
  if (linf === null || l2 === null || l0 === null) return null;
  const [l1, l0Pixels] = [row[`${average}L1`], row[`${average}L0Pixels`]];
  const [ssim, pass, attackDistance] = [row[`${average}Ssim`], row[`${average}Pass`], row[`${average}AttackDistance`]];
  return new Distortion({ linf, l2, l1, l0, l0Pixels, ssim, pass, attackDistance }, await imageSize(row, loaders));
}

/** Pixel values of one image. */
async function imageSize({ datasetId }: EvaluationRow, loaders: Loaders): Promise<number> {
  const { row } = await datasetNode.get(loaders, datasetId);
  return row.imageShape.reduce((product, length) => product * length, 1);
}
