import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { StartDestructionInput } from '../../schema/destruction/start-destruction-input.js';
import { requestedSteps } from '../../schema/destruction/transformation-input.js';
import { Destruction } from '../../schema/destruction/destruction.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Job } from '../../schema/job/job.js';
import { StartDestructionPayload, StartDestructionSuccess } from '../../schema/destruction/start-destruction-payload.js';
import { rowId } from '../../storage/global-id.js';
import type { GraphQLContext } from '../context.js';
import { jobNode } from '../job/node.js';
import { destructionNode } from './node.js';
import { evaluationNode } from '../evaluation/node.js';

@Resolver(() => Destruction)
export class DestructionResolver {
  @Query(() => Destruction, { nullable: true, description: 'Destruction rates by their id; null where there are none.' })
  destruction(
    @Arg('id', () => ID, { description: 'Their id.' }) id: string,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<Destruction | null> {
    return destructionNode.byId(loaders, id);
  }

  @FieldResolver(() => Evaluation, { description: 'The evaluation whose images were transformed.' })
  evaluation(@Root() { row }: Destruction, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation> {
    return evaluationNode.get(loaders, row.evaluationId);
  }

  @FieldResolver(() => Job, { description: 'The job that computes them.' })
  job(@Root() { row }: Destruction, @Ctx() { loaders }: GraphQLContext): Promise<Job> {
    return jobNode.get(loaders, row.jobId);
  }

  @Mutation(() => StartDestructionPayload, {
    description:
      'Transforms the adversarial images of an evaluation, and counts what no longer fools the model. Returns at once with a job; a request that was made before returns its rates.',
  })
  async startDestruction(
    @Arg('input', () => StartDestructionInput, { description: 'Which images, and what to do to them.' }) input: StartDestructionInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof StartDestructionPayload> {
    const row = await services.destructions.start(viewer, {
      evaluationId: rowId(input.evaluationId, 'Evaluation'),
      transformations: input.transformations.map(requestedSteps),
      seed: input.seed,
    });
    return new StartDestructionSuccess(new Destruction(row), new Job(row.job));
  }
}
