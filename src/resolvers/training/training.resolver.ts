import { Repeater } from '@graphql-yoga/subscription';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { TrainingRunFilter } from '../../schema/training/training-run-filter.js';
import { ExtraDataset } from '../../schema/training/extra-dataset.js';
import { StartTrainingInput } from '../../schema/training/start-training-input.js';
import { Dataset } from '../../schema/dataset/dataset.js';
import { Job } from '../../schema/job/job.js';
import { Model } from '../../schema/model/model.js';
import { TrainingPoint, TrainingRun, TrainingRunConnection, TrainingRunOrder } from '../../schema/training/training-run.js';
import { StartTrainingPayload, StartTrainingSuccess } from '../../schema/training/start-training-payload.js';
import { optionalRowId, rowId } from '../../storage/global-id.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import { selectionOf, requestedScheme } from '../../schema/training/described-input.js';
import { trainingWarnings } from '../../results/training-warnings.js';
import type { Services } from '../../services/index.js';
import type { TrainingPoint as PointRow, TrainingRun as RunRow } from '../../storage/generated/client.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { requestedArchitecture } from '../model/model.resolver.js';
import { badInput } from '../relay/pagination.js';
import { modelNode } from '../model/node.js';
import { datasetNode } from '../dataset/node.js';
import { jobNode } from '../job/node.js';
import { trainingRunNode } from './node.js';

@Resolver(() => TrainingRun)
export class TrainingResolver {
  @Query(() => TrainingRun, { nullable: true, description: 'A training run by its id; null where there is none.' })
  trainingRun(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<TrainingRun | null> {
    return trainingRunNode.byId(loaders, id);
  }

  @Query(() => TrainingRunConnection, { description: 'Training runs, the newest first by default.' })
  async trainingRuns(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => TrainingRunFilter, { nullable: true, description: 'Which runs.' }) filter: TrainingRunFilter | undefined,
    @Arg('orderBy', () => TrainingRunOrder, { nullable: true, description: 'In which order.' }) orderBy: TrainingRunOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<TrainingRunConnection> {
    return new TrainingRunConnection(await trainingRunNode.list(prisma, { page, filter, orderBy }));
  }

  @FieldResolver(() => Model, { description: 'The model that comes of it; `READY` when the run has succeeded.' })
  model(@Root() { row }: TrainingRun, @Ctx() { loaders }: GraphQLContext): Promise<Model> {
    return modelNode.get(loaders, row.modelId);
  }

  @FieldResolver(() => Model, { nullable: true, description: 'The model that it starts from; null where that is an architecture.' })
  baseModel(@Root() { row }: TrainingRun, @Ctx() { loaders }: GraphQLContext): Promise<Model | null> {
    return modelNode.find(loaders, row.baseModelId);
  }

  @FieldResolver(() => Dataset, { description: 'The data set that is trained on.' })
  dataset(@Root() { row }: TrainingRun, @Ctx() { loaders }: GraphQLContext): Promise<Dataset> {
    return datasetNode.get(loaders, row.datasetId);
  }

  @FieldResolver(() => [ExtraDataset], { description: 'Further data sets that it trains on, and their shares of each minibatch.' })
  async extraDatasets(@Root() { row, plan }: TrainingRun, @Ctx() { loaders }: GraphQLContext): Promise<ExtraDataset[]> {
    const extras = await loaders.extraTrainingData.load(row.id);
    return Promise.all(
      extras.map(
        async ({ datasetId, position }) => new ExtraDataset(await datasetNode.get(loaders, datasetId), plan.extraFractions![position]!),
      ),
    );
  }

  @FieldResolver(() => Dataset, { description: 'The data set that it is measured on.' })
  validationDataset(@Root() { row }: TrainingRun, @Ctx() { loaders }: GraphQLContext): Promise<Dataset> {
    return datasetNode.get(loaders, row.validationDatasetId);
  }

  @FieldResolver(() => Job, { description: 'The job that trains it.' })
  job(@Root() { row }: TrainingRun, @Ctx() { loaders }: GraphQLContext): Promise<Job> {
    return jobNode.get(loaders, row.jobId);
  }

  @FieldResolver(() => [TrainingPoint], { description: 'What was measured so far, in the order of steps.' })
  async series(@Root() { row }: TrainingRun, @Ctx() { loaders }: GraphQLContext): Promise<TrainingPoint[]> {
    return (await loaders.trainingPoints.load(row.id)).map((point) => new TrainingPoint(point));
  }

  @FieldResolver(() => [String], {
    description: 'What to know of it: that it trains on test images, that it diverged, or that the network is no better than guessing.',
  })
  async warnings(@Root() { row, plan }: TrainingRun, @Ctx() { loaders }: GraphQLContext): Promise<string[]> {
    const ids = [row.datasetId, ...(await loaders.extraTrainingData.load(row.id)).map(({ datasetId }) => datasetId)];
    const datasets = await Promise.all(ids.map(async (id) => (await datasetNode.get(loaders, id)).row));
    return trainingWarnings(row.outcome === null ? [] : await loaders.trainingPoints.load(row.id), plan, datasets);
  }

  @Mutation(() => StartTrainingPayload, {
    description: 'Trains a model, from another one or from an architecture. Returns at once with a job and with the model to be.',
  })
  async startTraining(
    @Arg('input', () => StartTrainingInput, { description: 'What to train.' }) input: StartTrainingInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof StartTrainingPayload> {
    const { name, description, visibility, modelId, architecture, datasetId, extraDatasets, validation, ...rest } = given(input);
    const { datasetId: validationDatasetId, ...slice } = given(validation);
    const { trainingRun, model, job } = await services.trainings.start(
      viewer,
      { name, description, visibility },
      {
        ...rest,
        modelId: optionalRowId(modelId, 'Model'),
        architecture: architecture && requestedArchitecture(architecture),
        datasetId: rowId(datasetId, 'Dataset'),
        extraDatasets: extraDatasets.map((extra) => ({ datasetId: rowId(extra.datasetId, 'Dataset'), fraction: extra.fraction })),
        validationDatasetId: optionalRowId(validationDatasetId, 'Dataset'),
        scheme: requestedScheme(input.scheme),
        optimizer: selectionOf(input.optimizer),
        schedule: selectionOf(input.schedule),
        validation: slice,
      },
    );
    return new StartTrainingSuccess(new TrainingRun(trainingRun), new Model(model), new Job(job));
  }

  @Subscription(() => TrainingPoint, {
    description: 'Every point of the series, those that are there and each that comes; ends with the job.',
    subscribe: async ({ args, context }) => {
      const { services, loaders } = context as GraphQLContext;
      const run = await trainingRunNode.byId(loaders, (args as { trainingRunId: string }).trainingRunId);
      if (!run) throw badInput('There is no training run with this id.');
      return points(services, run.row);
    },
  })
  trainingProgress(
    @Root() row: PointRow,
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- read by `subscribe`; declared here for the schema
    @Arg('trainingRunId', () => ID, { description: 'Id of the run.' }) trainingRunId: string,
  ): TrainingPoint {
    return new TrainingPoint(row);
  }
}

/** Reads what is new whenever the job has made a step. */
function points({ prisma, jobs }: Services, { id, jobId }: RunRow): AsyncIterable<PointRow> {
  // Not an async generator: one that waits for a change could not be ended before it came.
  return new Repeater<PointRow>(async (push, stop) => {
    let last = -1;
    const steps = jobs.watch(jobId)[Symbol.asyncIterator]();
    void stop.then(() => steps.return?.());
    for (let next = await steps.next(); !next.done; next = await steps.next()) {
      const fresh = await prisma.trainingPoint.findMany({ where: { trainingRunId: id, step: { gt: last } }, orderBy: { step: 'asc' } });
      for (const point of fresh) void push(point);
      last = fresh.at(-1)?.step ?? last;
    }
    stop();
  });
}
