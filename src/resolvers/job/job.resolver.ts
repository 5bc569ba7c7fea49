import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { CancelJobInput } from '../../schema/job/cancel-job-input.js';
import { JobFilter } from '../../schema/job/job-filter.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Model } from '../../schema/model/model.js';
import { Job, JobConnection, JobOrder } from '../../schema/job/job.js';
import { TrainingRun } from '../../schema/training/training-run.js';
import { Quotas } from '../../schema/job/quota.js';
import { RaiseJobInput } from '../../schema/job/raise-job-input.js';
import { RaiseJobPayload, RaiseJobSuccess } from '../../schema/job/raise-job-payload.js';
import { JobParts, Worker } from '../../schema/job/worker.js';
import { Transfer } from '../../schema/transfer/transfer.js';
import { CancelJobPayload, CancelJobSuccess } from '../../schema/job/cancel-job-payload.js';
import { rowId } from '../../storage/global-id.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import type { Job as JobRow } from '../../storage/generated/client.js';
import type { GraphQLContext } from '../context.js';
import { badInput } from '../relay/pagination.js';
import { modelNode } from '../model/node.js';
import { jobNode } from './node.js';
import { trainingRunNode } from '../training/node.js';
import { evaluationNode } from '../evaluation/node.js';
import { transferNode } from '../transfer/node.js';

@Resolver(() => Job)
export class JobResolver {
  @Query(() => Job, { nullable: true, description: 'A job by its id; null where there is none.' })
  job(@Arg('id', () => ID, { description: 'Its id.' }) id: string, @Ctx() { loaders }: GraphQLContext): Promise<Job | null> {
    return jobNode.byId(loaders, id);
  }

  @Query(() => JobConnection, { description: 'Jobs, the newest first by default.' })
  async jobs(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => JobFilter, { nullable: true, description: 'Which jobs.' }) filter: JobFilter | undefined,
    @Arg('orderBy', () => JobOrder, { nullable: true, description: 'In which order.' }) orderBy: JobOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<JobConnection> {
    return new JobConnection(await jobNode.list(prisma, { page, filter, orderBy }));
  }

  @FieldResolver(() => Evaluation, { nullable: true, description: 'The evaluation that it works on.' })
  async evaluation(@Root() job: Job, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation | null> {
    return evaluationNode.show(await loaders.evaluationOfJob.load(job.row.id));
  }

  @FieldResolver(() => Model, { nullable: true, description: 'The model that it validates.' })
  async model(@Root() job: Job, @Ctx() { loaders }: GraphQLContext): Promise<Model | null> {
    return modelNode.show(await loaders.modelOfJob.load(job.row.id));
  }

  @FieldResolver(() => TrainingRun, { nullable: true, description: 'The training run that it works on.' })
  async trainingRun(@Root() job: Job, @Ctx() { loaders }: GraphQLContext): Promise<TrainingRun | null> {
    return trainingRunNode.show(await loaders.trainingRunOfJob.load(job.row.id));
  }

  @FieldResolver(() => Transfer, { nullable: true, description: 'The transfer that it works on.' })
  async transfer(@Root() job: Job, @Ctx() { loaders }: GraphQLContext): Promise<Transfer | null> {
    return transferNode.show(await loaders.transferOfJob.load(job.row.id));
  }

  @FieldResolver(() => JobParts, { description: 'The parts that it is made of.' })
  async parts(@Root() { row }: Job, @Ctx() { loaders }: GraphQLContext): Promise<JobParts> {
    const { waiting, running } = await loaders.unfinishedParts.load(row.id);
    return { planned: row.planned, done: row.planned - waiting - running, running };
  }

  @Query(() => [Worker], { description: 'The processes that compute, the oldest first.' })
  async workers(@Ctx() { services }: GraphQLContext): Promise<Worker[]> {
    return (await services.jobs.workers()).map((row) => new Worker(row));
  }

  @Query(() => Quotas, { description: 'What the tokens of the name of this one have taken up, and may.' })
  quota(@Ctx() { viewer, services }: GraphQLContext): Promise<Quotas> {
    return services.jobs.quotas(viewer);
  }

  @Mutation(() => RaiseJobPayload, {
    description: 'Has the parts of a job computed before those of all others, in place of the turns that their owners take. For admins.',
  })
  async raiseJob(
    @Arg('input', () => RaiseJobInput, { description: 'The job.' }) { jobId }: RaiseJobInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<typeof RaiseJobPayload> {
    return new RaiseJobSuccess(new Job(await services.jobs.raise(rowId(jobId, 'Job'))));
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
      const job = await jobNode.byId(loaders, jobId);
      if (!job) throw badInput('There is no job with this id.');
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
