import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { CancelJobInput } from '../../schema/job/cancel-job-input.js';
import { JobFilter } from '../../schema/job/job-filter.js';
import { Certification } from '../../schema/certification/certification.js';
import { Dataset } from '../../schema/dataset/dataset.js';
import { Destruction } from '../../schema/destruction/destruction.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Model } from '../../schema/model/model.js';
import { Job, JobConnection, JobOrder } from '../../schema/job/job.js';
import { Study } from '../../schema/study/study.js';
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
import { given } from '../given.js';
import { jobNode, jobWhere } from './node.js';
import { trainingRunNode } from '../training/node.js';
import { certificationNode } from '../certification/node.js';
import { datasetNode } from '../dataset/node.js';
import { destructionNode } from '../destruction/node.js';
import { evaluationNode } from '../evaluation/node.js';
import { studyNode } from '../study/node.js';
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

  @FieldResolver(() => Dataset, { nullable: true, description: 'The data set that it validates.' })
  async dataset(@Root() job: Job, @Ctx() { loaders }: GraphQLContext): Promise<Dataset | null> {
    return datasetNode.show(await loaders.datasetOfJob.load(job.row.id));
  }

  @FieldResolver(() => Study, { nullable: true, description: 'The study that it works on.' })
  async study(@Root() job: Job, @Ctx() { loaders }: GraphQLContext): Promise<Study | null> {
    return studyNode.show(await loaders.studyOfJob.load(job.row.id));
  }

  @FieldResolver(() => Certification, { nullable: true, description: 'The certification that it works on.' })
  async certification(@Root() job: Job, @Ctx() { loaders }: GraphQLContext): Promise<Certification | null> {
    return certificationNode.show(await loaders.certificationOfJob.load(job.row.id));
  }

  @FieldResolver(() => Destruction, { nullable: true, description: 'The destruction rates that it measures.' })
  async destruction(@Root() job: Job, @Ctx() { loaders }: GraphQLContext): Promise<Destruction | null> {
    return destructionNode.show(await loaders.destructionOfJob.load(job.row.id));
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
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof RaiseJobPayload> {
    return new RaiseJobSuccess(new Job(await services.jobs.raise(viewer, rowId(jobId, 'Job'))));
  }

  @Mutation(() => CancelJobPayload, {
    description:
      'Takes back that one wants a job, waiting or running. It stops, and leaves no results, where nobody else asked for the same; an admin stops it for all.',
  })
  async cancelJob(
    @Arg('input', () => CancelJobInput, { description: 'The job.' }) { jobId }: CancelJobInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof CancelJobPayload> {
    const { job, goesOn } = await services.jobs.cancel(viewer, rowId(jobId, 'Job'));
    return new CancelJobSuccess(new Job(job), goesOn);
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
    @Arg('jobId', () => ID, { description: 'Id of the job.' }) jobId: string,
    @Ctx() { loaders }: GraphQLContext,
  ): Job {
    // What was read for the step before.
    loaders.unfinishedParts.clear(row.id);
    return new Job(row);
  }

  @Subscription(() => Job, {
    name: 'jobs',
    description: 'Every job that you see and that the filter takes, each time that it changes.',
    subscribe: ({ args, context }) => {
      const { services, viewer } = context as GraphQLContext;
      const { filter } = args as { filter?: JobFilter };
      const where = jobWhere(given(filter));
      return services.jobs.follow(
        (ids) => services.prisma.job.findMany({ where: { AND: [where, { id: { in: [...ids] } }] }, orderBy: { updatedAt: 'asc' } }),
        JSON.stringify([viewer.name, viewer.role, where]),
      );
    },
  })
  jobChanged(
    @Root() row: JobRow,
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- read by `subscribe`; declared here for the schema
    @Arg('filter', () => JobFilter, { nullable: true, description: 'Which jobs.' }) filter: JobFilter | undefined,
  ): Job {
    return new Job(row);
  }
}
