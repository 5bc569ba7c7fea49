import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { DatasetFilter } from '../../schema/dataset/dataset-filter.js';
import { RegisterDatasetInput } from '../../schema/dataset/register-dataset-input.js';
import { Dataset, DatasetConnection, DatasetOrder } from '../../schema/dataset/dataset.js';
import { RegisterDatasetPayload, RegisterDatasetSuccess } from '../../schema/dataset/register-dataset-payload.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import type { GraphQLContext } from '../context.js';
import { datasetNode } from './node.js';

@Resolver(() => Dataset)
export class DatasetResolver {
  @Query(() => Dataset, { nullable: true, description: 'A data set by id or name; null where there is none.' })
  dataset(
    @Arg('id', () => ID, { nullable: true, description: 'Its id.' }) id: string | undefined,
    @Arg('name', () => String, { nullable: true, description: 'Its name.' }) name: string | undefined,
    @Ctx() { loaders, services }: GraphQLContext,
  ): Promise<Dataset | null> {
    return datasetNode.byIdOrName(loaders, { id, name }, (wanted) => services.prisma.dataset.findUnique({ where: { name: wanted } }));
  }

  @Query(() => DatasetConnection, { description: 'Data sets, the newest first by default.' })
  async datasets(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => DatasetFilter, { nullable: true, description: 'Which data sets.' }) filter: DatasetFilter | undefined,
    @Arg('orderBy', () => DatasetOrder, { nullable: true, description: 'In which order.' }) orderBy: DatasetOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<DatasetConnection> {
    return new DatasetConnection(await datasetNode.list(prisma, { page, filter, orderBy }));
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
