import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { pearson, spearman } from '../../compute/statistics/index.js';
import { LeaderboardInput } from '../../schema/statistics/statistics-inputs.js';
import {
  AccuracyVersusRobustness,
  Leaderboard,
  LeaderboardEntry,
  LeaderboardEntryConnection,
} from '../../schema/statistics/leaderboard.js';
import { Model } from '../../schema/model/model.js';
import { rowId } from '../../storage/global-id.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import { findDataset } from '../../services/dataset/find-dataset.js';
import { threatModelResults } from '../../services/statistics/threat-model.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { listPage } from '../relay/list-page.js';
import { modelNode } from '../model/node.js';

@Resolver(() => Leaderboard)
export class LeaderboardResolver {
  @Query(() => Leaderboard, { description: 'Models on one data set under one threat model, the most robust first.' })
  async leaderboard(
    @Arg('input', () => LeaderboardInput, { description: 'Data set and threat model.' }) input: LeaderboardInput,
    @Ctx() { viewer, services: { prisma, statistics } }: GraphQLContext,
  ): Promise<Leaderboard> {
    const { datasetId, ...rest } = given(input);
    const dataset = await findDataset(prisma, rowId(datasetId, 'Dataset'));
    const results = await statistics.read('leaderboard', viewer, dataset, rest, (request) => threatModelResults(prisma, viewer, request));
    return new Leaderboard(results);
  }

  @Query(() => AccuracyVersusRobustness, {
    description: 'Whether models that are more accurate are less robust (Rozsa, Günther and Boult 2016), over all models of a leaderboard.',
  })
  async accuracyVersusRobustness(
    @Arg('input', () => LeaderboardInput, { description: 'Data set and threat model.' }) input: LeaderboardInput,
    @Ctx() context: GraphQLContext,
  ): Promise<AccuracyVersusRobustness> {
    const leaderboard = await this.leaderboard(input, context);
    const { models } = leaderboard.results;
    const [clean, robust] = [models.map((model) => model.clean.value!), models.map((model) => model.robust.value!)];
    return { pearson: pearson(clean, robust), spearman: spearman(clean, robust), leaderboard };
  }

  @FieldResolver(() => LeaderboardEntryConnection, {
    description: 'The models, the most robust first; of equally robust ones the more accurate.',
  })
  entries(@Root() { results }: Leaderboard, @Args(() => PageArgs) page: PageArgs): LeaderboardEntryConnection {
    const entries = listPage(
      results.models,
      page,
      ({ modelId }) => modelId,
      (ranked) => new LeaderboardEntry(ranked),
    );
    return new LeaderboardEntryConnection(entries);
  }
}

@Resolver(() => LeaderboardEntry)
export class LeaderboardEntryResolver {
  @FieldResolver(() => Model, { description: 'The model.' })
  model(@Root() { ranked }: LeaderboardEntry, @Ctx() { loaders }: GraphQLContext): Promise<Model> {
    return modelNode.get(loaders, ranked.modelId);
  }
}
