import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { CancelJobInput } from '../../schema/job/cancel-job-input.js';
import { JobFilter } from '../../schema/inputs/filters.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Model } from '../../schema/model/model.js';
import { Job, JobConnection, JobOrder } from '../../schema/job/job.js';
import { TrainingRun } from '../../schema/training/training-run.js';
import { Transfer } from '../../schema/transfer/transfer.js';
import { CancelJobPayload, CancelJobSuccess } from '../../schema/job/cancel-job-payload.js';
import { rowId } from '../../storage/global-id.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import type { Job as JobRow, Prisma } from '../../storage/generated/client.js';
import type { GraphQLContext } from '../context.js';
import { defaultOrder } from '../relay/default-order.js';
import { given } from '../given.js';
import { findNode, present } from '../relay/node-types.js';
import { badInput, paginate } from '../relay/pagination.js';

@Resolver(() => Job)
export class JobResolver {
  @Query(() => Job, { nullable: true, description: 'A job by its id; null where there is none.' })
  async job(@Arg('id', () => ID, { description: 'Its id.' }) id: string, @Ctx() { loaders }: GraphQLContext): Promise<Job | null> {
    const row = rowId(id, 'Job');
    return row === undefined ? null : present(await loaders.job.load(row), Job);
  }

  @Query(() => JobConnection, { description: 'Jobs, the newest first by default.' })
  async jobs(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => JobFilter, { nullable: true, description: 'Which jobs.' }) filter: JobFilter | undefined,
    @Arg('orderBy', () => JobOrder, { nullable: true, description: 'In which order.' }) orderBy: JobOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<JobConnection> {
    const { states, kind } = given(filter);
    const where: Prisma.JobWhereInput = { state: states && { in: states }, kind };
    const result = await paginate({
      page,
      order: orderBy ?? defaultOrder,
      where,
      find: (query) => prisma.job.findMany(query),
      count: (query) => prisma.job.count(query),
      toItem: (row: JobRow) => new Job(row),
    });
    return new JobConnection(result);
  }

  @FieldResolver(() => Evaluation, { nullable: true, description: 'The evaluation that it works on.' })
  async evaluation(@Root() job: Job, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation | null> {
    return present(await loaders.evaluationOfJob.load(job.row.id), Evaluation);
  }

  @FieldResolver(() => Model, { nullable: true, description: 'The model that it validates.' })
  async model(@Root() job: Job, @Ctx() { loaders }: GraphQLContext): Promise<Model | null> {
    return present(await loaders.modelOfJob.load(job.row.id), Model);
  }

  @FieldResolver(() => TrainingRun, { nullable: true, description: 'The training run that it works on.' })
  async trainingRun(@Root() job: Job, @Ctx() { loaders }: GraphQLContext): Promise<TrainingRun | null> {
    return present(await loaders.trainingRunOfJob.load(job.row.id), TrainingRun);
  }

  @FieldResolver(() => Transfer, { nullable: true, description: 'The transfer that it works on.' })
  async transfer(@Root() job: Job, @Ctx() { loaders }: GraphQLContext): Promise<Transfer | null> {
    return present(await loaders.transferOfJob.load(job.row.id), Transfer);
  }

  @Mutation(() => CancelJobPayload, {
    description: 'Stops a job, waiting or running; it leaves no results.',
  })
  async cancelJob(
    @Arg('input', () => CancelJobInput, { description: 'The job.' }) { jobId }: CancelJobInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof CancelJobPayload> {
    return new CancelJobSuccess(new Job(await services.jobs.cancel(viewer, rowId(jobId, 'Job'))));
  }

  @Subscription(() => Job, {
    description: 'A job now and at each step; ends with its final state. Sent at once where it has already finished.',
    subscribe: async ({ args, context }) => {
      const { services, loaders } = context as GraphQLContext;
      const { jobId } = args as { jobId: string };
      const job = await findNode(loaders, jobId);
      if (!(job instanceof Job)) throw badInput('There is no job with this id.');
      return services.jobs.watch(job.row.id);
    },
  })
  jobProgress(
    @Root() row: JobRow,
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- read by `subscribe`; declared here for the schema
    @Arg('jobId', () => ID, { description: 'Id of the job.' }) jobId: string,
  ): Job {
    return new Job(row);
  }
}
