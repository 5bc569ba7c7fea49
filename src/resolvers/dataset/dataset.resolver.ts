import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { DatasetFilter } from '../../schema/inputs/filters.js';
import { RegisterDatasetInput } from '../../schema/dataset/register-dataset-input.js';
import { Dataset, DatasetConnection, DatasetOrder } from '../../schema/dataset/dataset.js';
import { RegisterDatasetPayload, RegisterDatasetSuccess } from '../../schema/dataset/register-dataset-payload.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import type { Dataset as DatasetRow, Prisma } from '../../storage/generated/client.js';
import { byIdOrName } from '../relay/by-id-or-name.js';
import type { GraphQLContext } from '../context.js';
import { defaultOrder } from '../relay/default-order.js';
import { given } from '../given.js';
import { paginate } from '../relay/pagination.js';

@Resolver(() => Dataset)
export class DatasetResolver {
  @Query(() => Dataset, { nullable: true, description: 'A data set by id or name; null where there is none.' })
  async dataset(
    @Arg('id', () => ID, { nullable: true, description: 'Its id.' }) id: string | undefined,
    @Arg('name', () => String, { nullable: true, description: 'Its name.' }) name: string | undefined,
    @Ctx() { loaders, services }: GraphQLContext,
  ): Promise<Dataset | null> {
    return byIdOrName(Dataset, 'Dataset', { id, name }, loaders.dataset, (where) => services.prisma.dataset.findUnique({ where }));
  }

  @Query(() => DatasetConnection, { description: 'Data sets, the newest first by default.' })
  async datasets(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => DatasetFilter, { nullable: true, description: 'Which data sets.' }) filter: DatasetFilter | undefined,
    @Arg('orderBy', () => DatasetOrder, { nullable: true, description: 'In which order.' }) orderBy: DatasetOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<DatasetConnection> {
    const { nameContains, format, split } = given(filter);
    const where: Prisma.DatasetWhereInput = {
      name: nameContains === undefined ? undefined : { contains: nameContains, mode: 'insensitive' },
      format,
      split,
    };
    const result = await paginate({
      page,
      order: orderBy ?? defaultOrder,
      where,
      find: (query) => prisma.dataset.findMany(query),
      count: (query) => prisma.dataset.count(query),
      toItem: (row: DatasetRow) => new Dataset(row),
    });
    return new DatasetConnection(result);
  }

  @Mutation(() => RegisterDatasetPayload, {
    description: 'Reads a data set of this server once and keeps what it is.',
  })
  async registerDataset(
    @Arg('input', () => RegisterDatasetInput, { description: 'The data set.' }) input: RegisterDatasetInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<typeof RegisterDatasetPayload> {
    return new RegisterDatasetSuccess(new Dataset(await services.datasets.register(input)));
  }
}
