import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { LeaderboardChange } from '../../schema/statistics/leaderboard-change.js';
import { leaderboardChanges } from '../../services/statistics/leaderboard-changes.js';
import type { GraphQLContext } from '../context.js';
import { evaluationNode } from '../evaluation/node.js';

@Resolver(() => LeaderboardChange)
export class LeaderboardChangesResolver {
  @Query(() => [LeaderboardChange], {
    description:
      'What the evaluations that finished last changed on leaderboards, the newest first: of each model, data set, budget and range of examples the last change.',
  })
  async leaderboardChanges(
    @Arg('first', () => Int, { defaultValue: 10, description: 'At most so many, up to 100.' }) first: number,
    @Ctx() { viewer, services: { prisma } }: GraphQLContext,
  ): Promise<LeaderboardChange[]> {
    return (await leaderboardChanges(prisma, viewer, first)).map((change) => new LeaderboardChange(change));
  }

  @FieldResolver(() => Evaluation, { description: 'The evaluation that brought it, with its model, data set and budget.' })
  evaluation(@Root() { change }: LeaderboardChange, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation> {
    return evaluationNode.get(loaders, change.evaluationId);
  }
}
