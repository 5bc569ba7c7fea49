import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { requestedAttack } from '../../schema/attack/attack-input.js';
import { TransferFilter } from '../../schema/transfer/transfer-filter.js';
import { StartTransferInput, TransferMatrixInput } from '../../schema/transfer/transfer-inputs.js';
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
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import type { Loaders } from '../loaders.js';
import { modelNode } from '../model/node.js';
import { datasetNode } from '../dataset/node.js';
import { jobNode } from '../job/node.js';
import { evaluationNode } from '../evaluation/node.js';
import { transferNode } from './node.js';

@Resolver(() => Transfer)
export class TransferResolver {
  @Query(() => Transfer, { nullable: true, description: 'A transfer by its id; null where there is none.' })
  transfer(@Arg('id', () => ID, { description: 'Its id.' }) id: string, @Ctx() { loaders }: GraphQLContext): Promise<Transfer | null> {
    return transferNode.byId(loaders, id);
  }

  @Query(() => TransferConnection, { description: 'Transfers, the newest first by default.' })
  async transfers(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => TransferFilter, { nullable: true, description: 'Which transfers.' }) filter: TransferFilter | undefined,
    @Arg('orderBy', () => TransferOrder, { nullable: true, description: 'In which order.' }) orderBy: TransferOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<TransferConnection> {
    return new TransferConnection(await transferNode.list(prisma, { page, filter, orderBy }));
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
    const dataset = id === undefined ? undefined : await datasetNode.row(loaders, id);
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
  dataset(@Root() { row }: Transfer, @Ctx() { loaders }: GraphQLContext): Promise<Dataset> {
    return datasetNode.get(loaders, row.datasetId);
  }

  @FieldResolver(() => Job, { description: 'The job that evaluates the targets.' })
  job(@Root() { row }: Transfer, @Ctx() { loaders }: GraphQLContext): Promise<Job> {
    return jobNode.get(loaders, row.jobId);
  }

  @FieldResolver(() => [Evaluation], {
    description: 'Evaluations of the sources, which make the images: one for each source, attack and budget.',
  })
  async evaluations(@Root() { row }: Transfer, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation[]> {
    return ((await loaders.evaluationsOfTransfer.load(row.id)) ?? []).map((evaluation) => new Evaluation(evaluation));
  }

  @FieldResolver(() => [Model], { description: 'Sources of the images, by name.' })
  async sources(@Root() { row }: Transfer, @Ctx() { loaders }: GraphQLContext): Promise<Model[]> {
    const evaluations = (await loaders.evaluationsOfTransfer.load(row.id)) ?? [];
    return modelsByName(
      loaders,
      evaluations.map(({ modelId }) => modelId),
    );
  }

  @FieldResolver(() => [Model], { description: 'Models evaluated on them, by name.' })
  async targets(@Root() { row }: Transfer, @Ctx() { loaders }: GraphQLContext): Promise<Model[]> {
    return ((await loaders.targetsOfTransfer.load(row.id)) ?? []).map((target) => new Model(target));
  }

  @FieldResolver(() => [TransferCell], { description: 'Results so far: one for each evaluation and target.' })
  async cells(@Root() { row }: Transfer, @Ctx() { loaders }: GraphQLContext): Promise<TransferCell[]> {
    return (await loaders.cellsOfTransfer.load(row.id)).map((cell) => new TransferCell(cell));
  }

  @Mutation(() => StartTransferPayload, {
    description:
      'Makes adversarial images on some models and evaluates others on them. Existing images and results, whoever requested them, are reused, so a new target needs no new attack. Returns at once with a job.',
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
  source(@Root() { row, models }: TransferCell, @Ctx() { loaders }: GraphQLContext): Model | Promise<Model> {
    return models.get(row.evaluation.modelId) ?? modelNode.get(loaders, row.evaluation.modelId);
  }

  @FieldResolver(() => Model, { description: 'The model evaluated on them.' })
  target(@Root() { row, models }: TransferCell, @Ctx() { loaders }: GraphQLContext): Model | Promise<Model> {
    return models.get(row.targetModelId) ?? modelNode.get(loaders, row.targetModelId);
  }

  @FieldResolver(() => Evaluation, { description: 'The evaluation of the source that made the images.' })
  evaluation(@Root() { row }: TransferCell, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation> {
    return evaluationNode.get(loaders, row.evaluationId);
  }
}

async function modelsByName(loaders: Loaders, ids: readonly string[]): Promise<Model[]> {
  const rows = await Promise.all([...new Set(ids)].map((id) => modelNode.row(loaders, id)));
  const models = rows.flatMap((row) => (row ? [new Model(row)] : []));
  return models.sort((a, b) => (a.row.name < b.row.name ? -1 : 1));
}
