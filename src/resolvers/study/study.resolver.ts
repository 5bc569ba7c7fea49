import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { StartStudyInput } from '../../schema/study/start-study-input.js';
import { Dataset } from '../../schema/dataset/dataset.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Job } from '../../schema/job/job.js';
import { Study, StudyConnection, StudyOrder, StudyReportFormat } from '../../schema/study/study.js';
import { StudyFilter } from '../../schema/study/study-filter.js';
import { StudyRecipe } from '../../schema/study/study-recipe.js';
import { StudyTask } from '../../schema/study/study-task.js';
import { TrainingRun } from '../../schema/training/training-run.js';
import { Transfer } from '../../schema/transfer/transfer.js';
import { Model } from '../../schema/model/model.js';
import { StartStudyPayload, StartStudySuccess } from '../../schema/study/start-study-payload.js';
import { optionalRowId, rowId } from '../../storage/global-id.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import { recipes } from '../../studies/recipes/registry.js';
import { scales } from '../../studies/scales/registry.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { datasetNode } from '../dataset/node.js';
import { jobNode } from '../job/node.js';
import { modelNode } from '../model/node.js';
import { trainingRunNode } from '../training/node.js';
import { evaluationNode } from '../evaluation/node.js';
import { studyNode } from './node.js';
import { transferNode } from '../transfer/node.js';

@Resolver(() => Study)
export class StudyResolver {
  @Query(() => [StudyRecipe], { description: 'Every recipe, and what it can be applied at.' })
  studyRecipes(): StudyRecipe[] {
    return recipes.map(({ name, title, claim, criteria, version, takesModels, scales: fitting }) => ({
      ...{ name, title, claim, criteria, version },
      scales: scales.filter((scale) => (takesModels || !scale.takesModels) && (fitting?.includes(scale.name) ?? true)),
    }));
  }

  @Query(() => Study, { nullable: true, description: 'A study by its id; null where there is none.' })
  study(@Arg('id', () => ID, { description: 'Its id.' }) id: string, @Ctx() { loaders }: GraphQLContext): Promise<Study | null> {
    return studyNode.byId(loaders, id);
  }

  @Query(() => StudyConnection, { description: 'Studies, the newest first by default.' })
  async studies(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => StudyFilter, { nullable: true, description: 'Which studies.' }) filter: StudyFilter | undefined,
    @Arg('orderBy', () => StudyOrder, { nullable: true, description: 'In which order.' }) orderBy: StudyOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<StudyConnection> {
    return new StudyConnection(await studyNode.list(prisma, { page, filter, orderBy }));
  }

  @FieldResolver(() => [StudyTask], { description: 'Its trainings, evaluations and transfers, in the order of the plan.' })
  async tasks(@Root() { row }: Study, @Ctx() { loaders }: GraphQLContext): Promise<StudyTask[]> {
    return (await loaders.studyTasks.load(row.id)).map((task) => new StudyTask(task));
  }

  @FieldResolver(() => Dataset, { description: 'The data set that networks are trained on.' })
  trainingDataset(@Root() { row }: Study, @Ctx() { loaders }: GraphQLContext): Promise<Dataset> {
    return datasetNode.get(loaders, row.trainingDatasetId);
  }

  @FieldResolver(() => Dataset, { description: 'The data set whose images are attacked.' })
  testDataset(@Root() { row }: Study, @Ctx() { loaders }: GraphQLContext): Promise<Dataset> {
    return datasetNode.get(loaders, row.testDatasetId);
  }

  @FieldResolver(() => Job, { description: 'The job that runs it.' })
  job(@Root() { row }: Study, @Ctx() { loaders }: GraphQLContext): Promise<Job> {
    return jobNode.get(loaders, row.jobId);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Path of its report below the address of this server; null until it has succeeded.',
  })
  reportUrl(
    @Root() { row }: Study,
    @Arg('format', () => StudyReportFormat, { defaultValue: StudyReportFormat.HTML, description: 'As what.' }) format: StudyReportFormat,
  ): string | null {
    return row.report === null ? null : `/studies/${row.id}.${format}`;
  }

  @Mutation(() => StartStudyPayload, {
    description:
      'Trains networks, attacks them and tabulates the outcome, to test a finding of a paper. Returns at once with a job, which asks for the others.',
  })
  async startStudy(
    @Arg('input', () => StartStudyInput, { description: 'Which study.' }) input: StartStudyInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof StartStudyPayload> {
    const { trainingDatasetId, testDatasetId, modelIds, ...rest } = given(input);
    const { study, job } = await services.studies.start(viewer, {
      ...rest,
      trainingDatasetId: optionalRowId(trainingDatasetId, 'Dataset'),
      testDatasetId: optionalRowId(testDatasetId, 'Dataset'),
      modelIds: modelIds?.map((id) => rowId(id, 'Model')),
    });
    return new StartStudySuccess(new Study(study), new Job(job));
  }
}

@Resolver(() => StudyTask)
export class StudyTaskResolver {
  @FieldResolver(() => Job, { nullable: true, description: 'Its job.' })
  job(@Root() { row }: StudyTask, @Ctx() { loaders }: GraphQLContext): Promise<Job | null> {
    return jobNode.find(loaders, row.jobId);
  }

  @FieldResolver(() => TrainingRun, { nullable: true, description: 'Its training run, with the model.' })
  trainingRun(@Root() { row }: StudyTask, @Ctx() { loaders }: GraphQLContext): Promise<TrainingRun | null> {
    return trainingRunNode.find(loaders, row.trainingRunId);
  }

  @FieldResolver(() => Model, { nullable: true, description: 'The classical classifier that it fits.' })
  model(@Root() { row }: StudyTask, @Ctx() { loaders }: GraphQLContext): Promise<Model | null> {
    return modelNode.find(loaders, row.modelId);
  }

  @FieldResolver(() => Evaluation, { nullable: true, description: 'Its evaluation.' })
  evaluation(@Root() { row }: StudyTask, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation | null> {
    return evaluationNode.find(loaders, row.evaluationId);
  }

  @FieldResolver(() => Transfer, { nullable: true, description: 'Its transfer.' })
  transfer(@Root() { row }: StudyTask, @Ctx() { loaders }: GraphQLContext): Promise<Transfer | null> {
    return transferNode.find(loaders, row.transferId);
  }
}
