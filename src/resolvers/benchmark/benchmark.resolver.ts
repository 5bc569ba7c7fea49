import { GraphQLJSONObject } from 'graphql-scalars';
import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { wilson } from '../../compute/statistics/index.js';
import { robustBenchDataset, robustBenchInfo } from '../../results/robustbench-info.js';
import type { EntryResult } from '../../results/benchmark.js';
import { requestedAttack } from '../../schema/attack/attack-input.js';
import {
  Benchmark,
  BenchmarkConnection,
  BenchmarkEntry,
  BenchmarkOrder,
  BenchmarkRank,
  BenchmarkState,
  ClaimedEntry,
  EntryAttack,
  UnrankedEntry,
} from '../../schema/benchmark/benchmark.js';
import {
  BenchmarkFilter,
  CreateBenchmarkInput,
  EnterAgainInput,
  EnterBenchmarkInput,
  EnterShippedInput,
  ImportRobustBenchInput,
} from '../../schema/benchmark/benchmark-inputs.js';
import {
  CreateBenchmarkPayload,
  CreateBenchmarkSuccess,
  EnterAgainPayload,
  EnterAgainSuccess,
  EnterBenchmarkPayload,
  EnterBenchmarkSuccess,
  EnterShippedPayload,
  EnterShippedSuccess,
  ImportRobustBenchPayload,
  ImportRobustBenchSuccess,
} from '../../schema/benchmark/benchmark-payloads.js';
import { Dataset } from '../../schema/dataset/dataset.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Job } from '../../schema/job/job.js';
import { Model } from '../../schema/model/model.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import { Proportion } from '../../schema/statistics/proportion.js';
import { isClosed, isOpen } from '../../services/benchmark/benchmarks.js';
import { rankingOf } from '../../services/benchmark/ranking.js';
import { cardOf, resultOf } from '../../storage/json.js';
import { rowId } from '../../storage/global-id.js';
import type { GraphQLContext } from '../context.js';
import { datasetNode } from '../dataset/node.js';
import { given } from '../given.js';
import { jobNode } from '../job/node.js';
import { modelNode } from '../model/node.js';
import { badInput } from '../relay/pagination.js';
import { benchmarkNode } from './node.js';

@Resolver(() => Benchmark)
export class BenchmarkResolver {
  @Query(() => Benchmark, {
    nullable: true,
    description: 'A benchmark by its id, or by its name: the newest version, or the one that is named. Null where there is none.',
  })
  async benchmark(
    @Arg('id', () => ID, { nullable: true, description: 'Its id.' }) id: string | undefined,
    @Arg('name', () => String, { nullable: true, description: 'Its name.' }) name: string | undefined,
    @Arg('version', () => Int, { nullable: true, description: 'Its version, with the name; by default the newest.' })
    version: number | undefined,
    @Ctx() { loaders, services: { prisma } }: GraphQLContext,
  ): Promise<Benchmark | null> {
    if (version != null && name == null) throw badInput('`version` goes with `name`.');
    const byName = (wanted: string) =>
      prisma.benchmark.findFirst({ where: { name: wanted, version: version ?? undefined }, orderBy: { version: 'desc' } });
    return benchmarkNode.byIdOrName(loaders, { id, name }, byName);
  }

  @Query(() => BenchmarkConnection, { description: 'Benchmarks, the newest first by default, each version on its own.' })
  async benchmarks(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => BenchmarkFilter, { nullable: true, description: 'Which benchmarks.' }) filter: BenchmarkFilter | undefined,
    @Arg('orderBy', () => BenchmarkOrder, { nullable: true, description: 'In which order.' }) orderBy: BenchmarkOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<BenchmarkConnection> {
    return new BenchmarkConnection(await benchmarkNode.list(prisma, { page, filter, orderBy }));
  }

  @FieldResolver(() => Dataset, { description: 'The data set.' })
  dataset(@Root() { row }: Benchmark, @Ctx() { loaders }: GraphQLContext): Promise<Dataset> {
    return datasetNode.get(loaders, row.datasetId);
  }

  @FieldResolver(() => Int, { nullable: true, description: 'Position of the first example in the data set; null while it is held out.' })
  offset(@Root() { row }: Benchmark, @Ctx() { viewer }: GraphQLContext): number | null {
    return row.heldOut && !isClosed(row) && viewer.role !== 'ADMIN' ? null : row.offset;
  }

  @FieldResolver(() => BenchmarkState, { description: 'Whether models can be entered.' })
  state(@Root() { row }: Benchmark): BenchmarkState {
    if (isClosed(row)) return BenchmarkState.CLOSED;
    return isOpen(row) ? BenchmarkState.OPEN : BenchmarkState.UPCOMING;
  }

  @FieldResolver(() => [Benchmark], {
    description: 'All versions of its name that are yours to see, itself included, the newest first. Models are entered in the newest.',
  })
  async versions(@Root() { row }: Benchmark, @Ctx() { loaders }: GraphQLContext): Promise<Benchmark[]> {
    return (await loaders.benchmarksOfName.load(row.name)).map((one) => new Benchmark(one));
  }

  @FieldResolver(() => [BenchmarkRank], {
    description: 'The networks that were entered and have a result, the most robust first. Entries of equal weights are one network.',
  })
  async ranking(@Root() { row }: Benchmark, @Ctx() { loaders }: GraphQLContext): Promise<BenchmarkRank[]> {
    return rankingOf(await loaders.entriesOfBenchmark.load(row.id)).map(({ entry, same, ...rank }) => ({
      ...rank,
      entry: new BenchmarkEntry(entry),
      same: same.map((one) => new BenchmarkEntry(one)),
    }));
  }

  @FieldResolver(() => [ClaimedEntry], {
    description: 'Results that others published, as RobustBench lists them, the most robust first. Nothing of them was run here.',
  })
  async claimed(@Root() { row }: Benchmark, @Ctx() { loaders }: GraphQLContext): Promise<ClaimedEntry[]> {
    const entries = (await loaders.claimsOfBenchmark.load(row.id)).map((one) => new ClaimedEntry(one));
    return entries.sort((a, b) => b.robust - a.robust || b.clean - a.clean);
  }

  @FieldResolver(() => [UnrankedEntry], { description: 'Entries that are not ranked, and why.' })
  async unranked(@Root() { row }: Benchmark, @Ctx() { loaders }: GraphQLContext): Promise<UnrankedEntry[]> {
    const entries = await loaders.entriesOfBenchmark.load(row.id);
    return entries
      .filter((entry) => entry.result === null)
      .map((entry) => ({ entry: new BenchmarkEntry(entry), reason: entry.job.error ?? 'Its run has not ended.' }));
  }

  @Mutation(() => CreateBenchmarkPayload, {
    description: 'Makes a benchmark, or the next version of one; where nothing differs from its newest version, that one. For admins.',
  })
  async createBenchmark(
    @Arg('input', () => CreateBenchmarkInput, { description: 'The protocol.' }) input: CreateBenchmarkInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof CreateBenchmarkPayload> {
    const { datasetId, attacks, ...rest } = given(input);
    const request = { ...rest, datasetId: rowId(datasetId, 'Dataset'), attacks: attacks.map(requestedAttack) };
    return new CreateBenchmarkSuccess(new Benchmark(await services.benchmarks.create(viewer, request)));
  }

  @Mutation(() => EnterBenchmarkPayload, {
    description: 'Enters a model: this server runs the whole protocol on it. A model that is entered keeps its entry.',
  })
  async enterBenchmark(
    @Arg('input', () => EnterBenchmarkInput, { description: 'Model and benchmark.' }) { benchmarkId, modelId }: EnterBenchmarkInput,
    @Ctx() { viewer, services, loaders }: GraphQLContext,
  ): Promise<typeof EnterBenchmarkPayload> {
    const row = await services.benchmarks.enter(viewer, rowId(benchmarkId, 'Benchmark'), rowId(modelId, 'Model'));
    return new EnterBenchmarkSuccess(new BenchmarkEntry(row), await jobNode.get(loaders, row.jobId));
  }

  @Mutation(() => EnterAgainPayload, {
    description: 'Runs the newest version of a protocol on the models of the versions before. For admins.',
  })
  async enterAgain(
    @Arg('input', () => EnterAgainInput, { description: 'The benchmark.' }) { benchmarkId }: EnterAgainInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof EnterAgainPayload> {
    const rows = await services.benchmarks.enterAgain(viewer, rowId(benchmarkId, 'Benchmark'));
    return new EnterAgainSuccess(rows.map((row) => new BenchmarkEntry(row)));
  }

  @Mutation(() => EnterShippedPayload, {
    description: 'Enters the models that came with the server in benchmarks on the data that they are for. For admins.',
  })
  async enterShipped(
    @Arg('input', () => EnterShippedInput, { description: 'The benchmark.' }) { benchmarkId }: EnterShippedInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof EnterShippedPayload> {
    const rows = await services.benchmarks.enterShipped(
      viewer,
      benchmarkId == null ? undefined : (rowId(benchmarkId, 'Benchmark') ?? null),
    );
    return new EnterShippedSuccess(rows.map((row) => new BenchmarkEntry(row)));
  }

  @Mutation(() => ImportRobustBenchPayload, {
    description: "Keeps results from files of RobustBench beside a benchmark's ranking. For the benchmark's owner and admins.",
  })
  async importRobustBench(
    @Arg('input', () => ImportRobustBenchInput, { description: 'Benchmark and files.' }) { benchmarkId, entries }: ImportRobustBenchInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof ImportRobustBenchPayload> {
    const rows = await services.benchmarks.importClaims(viewer, rowId(benchmarkId, 'Benchmark'), entries);
    return new ImportRobustBenchSuccess(rows.map((row) => new ClaimedEntry(row)));
  }
}

const share = (result: EntryResult | null, count: (result: EntryResult) => number): Proportion | null =>
  result && wilson(count(result), result.n);

@Resolver(() => BenchmarkEntry)
export class BenchmarkEntryResolver {
  @FieldResolver(() => Benchmark, { description: 'The benchmark.' })
  benchmark(@Root() { row }: BenchmarkEntry, @Ctx() { loaders }: GraphQLContext): Promise<Benchmark> {
    return benchmarkNode.get(loaders, row.benchmarkId);
  }

  @FieldResolver(() => Model, { nullable: true, description: 'The model; null where it was deleted, or is not yours to see.' })
  model(@Root() { row }: BenchmarkEntry, @Ctx() { loaders }: GraphQLContext): Promise<Model | null> {
    return modelNode.find(loaders, row.modelId);
  }

  @FieldResolver(() => Job, { description: 'The job of its run.' })
  job(@Root() { row }: BenchmarkEntry, @Ctx() { loaders }: GraphQLContext): Promise<Job> {
    return jobNode.get(loaders, row.jobId);
  }

  @FieldResolver(() => Proportion, { nullable: true, description: 'Accuracy on the original images; null until it has finished.' })
  clean(@Root() { row }: BenchmarkEntry): Proportion | null {
    return share(resultOf(row), ({ clean }) => clean);
  }

  @FieldResolver(() => Proportion, {
    nullable: true,
    description: 'Examples that stay right under every attack; null until it has finished.',
  })
  robust(@Root() { row }: BenchmarkEntry): Proportion | null {
    return share(resultOf(row), ({ robust }) => robust);
  }

  @FieldResolver(() => [EntryAttack], { nullable: true, description: 'Attack by attack; null until it has finished.' })
  attacks(@Root() { row }: BenchmarkEntry): EntryAttack[] | null {
    const result = resultOf(row);
    return result && result.attacks.map(({ kind, right, seconds }) => ({ kind, seconds, accuracy: wilson(right, result.n) }));
  }

  @FieldResolver(() => [Evaluation], {
    description: 'The evaluations of its run that are yours to see: none before the benchmark closes, where examples are held out.',
  })
  async evaluations(@Root() { row }: BenchmarkEntry, @Ctx() { services: { prisma } }: GraphQLContext): Promise<Evaluation[]> {
    return (await prisma.evaluation.findMany({ where: { entryId: row.id }, orderBy: { id: 'asc' } })).map((one) => new Evaluation(one));
  }

  @FieldResolver(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'The entry as RobustBench keeps them (`model_info/<dataset>/<threat>/<model>.json`), with what the card of the model says; null until it has finished.',
  })
  async robustBench(@Root() { row }: BenchmarkEntry, @Ctx() { loaders }: GraphQLContext): Promise<object | null> {
    const result = resultOf(row);
    if (!result) return null;
    const [benchmark, model] = [await benchmarkNode.get(loaders, row.benchmarkId), await modelNode.find(loaders, row.modelId)];
    const dataset = robustBenchDataset((await datasetNode.get(loaders, benchmark.row.datasetId)).row.format);
    const card = (model && cardOf(model.row)) ?? {};
    const { norm, epsilon, predictions } = benchmark.row;
    return robustBenchInfo({
      name: row.modelName,
      architecture: model?.row.architecture ?? null,
      card,
      dataset,
      norm,
      epsilon,
      predictions,
      result,
    });
  }
}
