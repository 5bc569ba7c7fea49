import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { requestedAttack } from '../../schema/attack/attack-input.js';
import { StartTransferInput, TransferFilter, TransferMatrixInput } from '../../schema/transfer/transfer-inputs.js';
import { Dataset } from '../../schema/dataset/dataset.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Job } from '../../schema/job/job.js';
import { Model } from '../../schema/model/model.js';
import { Transfer, TransferCell, TransferConnection, TransferOrder } from '../../schema/transfer/transfer.js';
import { TransferMatrix } from '../../schema/transfer/transfer-matrix.js';
import { StartTransferPayload, StartTransferSuccess } from '../../schema/transfer/start-transfer-payload.js';
import { rowId, rowIds } from '../../storage/global-id.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import { findTransferMatrix } from '../../services/transfer/transfer-matrix.js';
import type { Prisma, Transfer as TransferRow } from '../../storage/generated/client.js';
import type { GraphQLContext } from '../context.js';
import { defaultOrder } from '../relay/default-order.js';
import { given } from '../given.js';
import type { Loaders } from '../loaders.js';
import { present } from '../relay/node-types.js';
import { paginate } from '../relay/pagination.js';

@Resolver(() => Transfer)
export class TransferResolver {
  @Query(() => Transfer, { nullable: true, description: 'A transfer by its id; null where there is none.' })
  async transfer(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<Transfer | null> {
    const row = rowId(id, 'Transfer');
    return row === undefined ? null : present(await loaders.transfer.load(row), Transfer);
  }

  @Query(() => TransferConnection, { description: 'Transfers, the newest first by default.' })
  async transfers(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => TransferFilter, { nullable: true, description: 'Which transfers.' }) filter: TransferFilter | undefined,
    @Arg('orderBy', () => TransferOrder, { nullable: true, description: 'In which order.' }) orderBy: TransferOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<TransferConnection> {
    const { sourceId, targetId, datasetId, states } = given(filter);
    const where: Prisma.TransferWhereInput = {
      evaluations: sourceId === undefined ? undefined : { some: { modelId: { in: rowIds([sourceId], 'Model') } } },
      targets: targetId === undefined ? undefined : { some: { id: { in: rowIds([targetId], 'Model') } } },
      datasetId: datasetId === undefined ? undefined : { in: rowIds([datasetId], 'Dataset') },
      job: states && { state: { in: states } },
    };
    const result = await paginate({
      page,
      order: orderBy ?? defaultOrder,
      where,
      find: (query) => prisma.transfer.findMany(query),
      count: (query) => prisma.transfer.count(query),
      toItem: (row: TransferRow) => new Transfer(row),
    });
    return new TransferConnection(result);
  }

  @Query(() => TransferMatrix, {
    description: 'How adversarial images transfer between models, from all transfers that were computed. At most 10,000 results are read.',
  })
  async transferMatrix(
    @Arg('input', () => TransferMatrixInput, { description: 'Which results.' }) input: TransferMatrixInput,
    @Ctx() { viewer, services: { prisma, statistics }, loaders }: GraphQLContext,
  ): Promise<TransferMatrix> {
    const { datasetId, sourceIds, targetIds, ...rest } = given(input);
    const id = rowId(datasetId, 'Dataset');
    const dataset = id === undefined ? undefined : await loaders.dataset.load(id);
    const wanted = {
      ...rest,
      sourceIds: sourceIds && rowIds(sourceIds, 'Model'),
      targetIds: targetIds && rowIds(targetIds, 'Model'),
    };
    const cells = dataset
      ? await statistics.read('transferMatrix', viewer, dataset, wanted, (request) => findTransferMatrix(prisma, request))
      : [];
    const [sources, targets] = await Promise.all([
      modelsByName(loaders, wanted.sourceIds ?? cells.map(({ evaluation }) => evaluation.modelId)),
      modelsByName(loaders, wanted.targetIds ?? cells.map(({ targetModelId }) => targetModelId)),
    ]);
    const models = new Map([...sources, ...targets].map((model) => [model.row.id, model]));
    return { sources, targets, cells: cells.map((cell) => new TransferCell(cell, models)) };
  }

  @FieldResolver(() => Dataset, { description: 'The data set.' })
  async dataset(@Root() { row }: Transfer, @Ctx() { loaders }: GraphQLContext): Promise<Dataset | null> {
    return present(await loaders.dataset.load(row.datasetId), Dataset);
  }

  @FieldResolver(() => Job, { description: 'The job that judges.' })
  async job(@Root() { row }: Transfer, @Ctx() { loaders }: GraphQLContext): Promise<Job | null> {
    return present(await loaders.job.load(row.jobId), Job);
  }

  @FieldResolver(() => [Evaluation], {
    description: 'Evaluations of the sources, which make the images: one for each source, attack and budget.',
  })
  async evaluations(@Root() { row }: Transfer, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation[]> {
    return (await loaders.evaluationsOfTransfer.load(row.id)).map((evaluation) => new Evaluation(evaluation));
  }

  @FieldResolver(() => [Model], { description: 'Models whose images are judged, by name.' })
  async sources(@Root() { row }: Transfer, @Ctx() { loaders }: GraphQLContext): Promise<Model[]> {
    const evaluations = await loaders.evaluationsOfTransfer.load(row.id);
    return modelsByName(
      loaders,
      evaluations.map(({ modelId }) => modelId),
    );
  }

  @FieldResolver(() => [Model], { description: 'Models that judge them, by name.' })
  async targets(@Root() { row }: Transfer, @Ctx() { loaders }: GraphQLContext): Promise<Model[]> {
    return (await loaders.targetsOfTransfer.load(row.id)).map((target) => new Model(target));
  }

  @FieldResolver(() => [TransferCell], { description: 'What has been judged so far: one for each evaluation and target.' })
  async cells(@Root() { row }: Transfer, @Ctx() { loaders }: GraphQLContext): Promise<TransferCell[]> {
    return (await loaders.cellsOfTransfer.load(row.id)).map((cell) => new TransferCell(cell));
  }

  @Mutation(() => StartTransferPayload, {
    description:
      'Makes adversarial images on some models and has others judge them. Images and judgements that are there, whoever asked for them, are used again, so a new target needs no new attack. Returns at once with a job.',
  })
  async startTransfer(
    @Arg('input', () => StartTransferInput, { description: 'From where to where.' }) input: StartTransferInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof StartTransferPayload> {
    const { sourceIds, targetIds, datasetId, attacks, ...rest } = given(input);
    const { transfer, job } = await services.transfers.start(viewer, {
      ...rest,
      sourceIds: sourceIds.map((id) => rowId(id, 'Model')),
      targetIds: targetIds.map((id) => rowId(id, 'Model')),
      datasetId: rowId(datasetId, 'Dataset'),
      attacks: attacks.map(requestedAttack),
    });
    return new StartTransferSuccess(new Transfer(transfer), new Job(job));
  }
}

@Resolver(() => TransferCell)
export class TransferCellResolver {
  @FieldResolver(() => Model, { description: 'The model that the images were made on.' })
  source(@Root() { row, models }: TransferCell, @Ctx() { loaders }: GraphQLContext): Model | Promise<Model | null> {
    return models.get(row.evaluation.modelId) ?? loadModel(loaders, row.evaluation.modelId);
  }

  @FieldResolver(() => Model, { description: 'The model that judged them.' })
  target(@Root() { row, models }: TransferCell, @Ctx() { loaders }: GraphQLContext): Model | Promise<Model | null> {
    return models.get(row.targetModelId) ?? loadModel(loaders, row.targetModelId);
  }

  @FieldResolver(() => Evaluation, { description: 'The evaluation of the source that made the images.' })
  async evaluation(@Root() { row }: TransferCell, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation | null> {
    return present(await loaders.evaluation.load(row.evaluationId), Evaluation);
  }
}

async function modelsByName(loaders: Loaders, ids: readonly string[]): Promise<Model[]> {
  const rows = await Promise.all([...new Set(ids)].map((id) => loaders.model.load(id)));
  const models = rows.flatMap((row) => (row ? [new Model(row)] : []));
  return models.sort((a, b) => (a.row.name < b.row.name ? -1 : 1));
}

async function loadModel(loaders: Loaders, id: string): Promise<Model | null> {
  return present(await loaders.model.load(id), Model);
}
