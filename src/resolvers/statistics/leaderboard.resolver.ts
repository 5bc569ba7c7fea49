import { Arg, Args, Ctx, FieldResolver, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import { pearson, spearman } from '../../compute/statistics/index.js';
import { LeaderboardInput } from '../../schema/statistics/statistics-inputs.js';
import {
  AccuracyVersusRobustness,
  ExcludedModel,
  Leaderboard,
  LeaderboardEntry,
  LeaderboardEntryConnection,
} from '../../schema/statistics/leaderboard.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Finding } from '../../schema/evaluation/finding.js';
import { Proportion } from '../../schema/statistics/proportion.js';
import { highestVerified } from '../../results/verified.js';
import { Model } from '../../schema/model/model.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import { rowId } from '../../storage/global-id.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import { findDataset } from '../../services/dataset/find-dataset.js';
import { type RankedModel, type ThreatModelResults, threatModelResults } from '../../services/statistics/threat-model.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { listPage } from '../relay/list-page.js';
import type { Loaders } from '../loaders.js';
import { evaluationNode } from '../evaluation/node.js';
import { modelNode } from '../model/node.js';
import { findingsOfAll } from './findings-of.js';

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

  @Subscription(() => Leaderboard, {
    description: 'The leaderboard, now and each time that it has changed.',
    subscribe: async ({ args, context }) => {
      const { services, viewer } = context as GraphQLContext;
      const { datasetId, ...rest } = given((args as { input: LeaderboardInput }).input);
      let sent: string | undefined;
      const read = async () => {
        const dataset = await findDataset(services.prisma, rowId(datasetId, 'Dataset'));
        const results = await services.statistics.read('leaderboard', viewer, dataset, rest, (request) =>
          threatModelResults(services.prisma, viewer, request),
        );
        const text = JSON.stringify(results);
        if (text === sent) return [];
        sent = text;
        return [results];
      };
      const changes = await services.jobs.follow(read);
      return startingWith(await read(), changes);
    },
  })
  leaderboardChanged(
    @Root() results: ThreatModelResults,
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- read by `subscribe`; declared here for the schema
    @Arg('input', () => LeaderboardInput, { description: 'Data set and threat model.' }) input: LeaderboardInput,
  ): Leaderboard {
    return new Leaderboard(results);
  }

  @FieldResolver(() => LeaderboardEntryConnection, {
    description:
      'The models, those with masked gradients after all others; of each kind the most robust first, and of equally robust ones the more accurate.',
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

  @FieldResolver(() => [ExcludedModel], { description: 'Models with results in this threat model that are not ranked.' })
  excluded(
    @Root() { results }: Leaderboard,
    @Arg('first', () => Int, { defaultValue: 100, description: 'At most so many.' }) first: number,
  ): ExcludedModel[] {
    return results.excluded.slice(0, Math.max(0, first)).map((excluded) => new ExcludedModel(excluded));
  }
}

@Resolver(() => ExcludedModel)
export class ExcludedModelResolver {
  @FieldResolver(() => Model, {
    nullable: true,
    description: 'The model; of several with equal weights the oldest. Null where it has just been deleted.',
  })
  async model(@Root() { excluded }: ExcludedModel, @Ctx() { loaders }: GraphQLContext): Promise<Model | null> {
    const [oldest] = await loaders.modelsOfFingerprint.load(excluded.network);
    return modelNode.show(oldest);
  }
}

@Resolver(() => LeaderboardEntry)
export class LeaderboardEntryResolver {
  @FieldResolver(() => Model, { description: 'The model; of several with equal weights the oldest.' })
  model(@Root() { ranked }: LeaderboardEntry, @Ctx() { loaders }: GraphQLContext): Promise<Model> {
    return modelNode.get(loaders, ranked.modelId);
  }

  @FieldResolver(() => [Model], { description: 'Other models with equal weights, whether or not they were attacked.' })
  async twins(@Root() { ranked }: LeaderboardEntry, @Ctx() { loaders }: GraphQLContext): Promise<Model[]> {
    const same = await loaders.modelsOfFingerprint.load(ranked.fingerprint);
    return same.filter(({ id }) => id !== ranked.modelId).map((row) => new Model(row));
  }

  @FieldResolver(() => [Evaluation], { description: 'The evaluations that count, those of imported images included.' })
  async evaluations(@Root() { ranked }: LeaderboardEntry, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation[]> {
    return (await evaluationRows(ranked, loaders)).map((row) => new Evaluation(row));
  }

  @FieldResolver(() => Proportion, {
    nullable: true,
    description:
      'Verified accuracy: share of the same examples that bounds of the network (`startCertification` by IBP, CROWN_IBP or CROWN) show to be right whatever the attack. With `robust` it is a floor and a ceiling of the accuracy under the strongest attack. Null where the model was not certified by bounds on these examples, and in other norms than L∞.',
  })
  async verified(@Root() { ranked }: LeaderboardEntry, @Ctx() { loaders }: GraphQLContext): Promise<Proportion | null> {
    const [rows, bounds] = await Promise.all([evaluationRows(ranked, loaders), loaders.boundsOfModel.load(ranked.modelId)]);
    return highestVerified(rows[0], bounds);
  }

  @FieldResolver(() => [Finding], {
    description: 'What automatic checks found in the evaluations that count, each code once: where it is most severe.',
  })
  async findings(@Root() { ranked }: LeaderboardEntry, @Ctx() { loaders }: GraphQLContext): Promise<Finding[]> {
    return findingsOfAll(await evaluationRows(ranked, loaders));
  }
}

/** Both, one after the other; ended like the second. */
function startingWith<Item>(first: readonly Item[], rest: AsyncIterable<Item>): AsyncIterable<Item> {
  const items = rest[Symbol.asyncIterator]();
  const waiting = [...first];
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => (waiting.length > 0 ? Promise.resolve({ done: false, value: waiting.shift()! }) : items.next()),
      return: async () => {
        await items.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}

async function evaluationRows({ evaluationIds }: RankedModel, loaders: Loaders): Promise<EvaluationRow[]> {
  const rows = await Promise.all(evaluationIds.map((id) => evaluationNode.row(loaders, id)));
  return rows.filter((row) => row !== undefined);
}
