import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { ModelSpec } from '../compute/models/types.js';
import { ValidationError } from '../schema/errors/index.js';
import { DeleteModelInput } from '../schema/inputs/delete-model-input.js';
import { ModelFilter } from '../schema/inputs/filters.js';
import { SubmitModelInput } from '../schema/inputs/submit-model-input.js';
import { Model, ModelConnection, ModelOrder } from '../schema/objects/model.js';
import { DeleteModelPayload, DeleteModelSuccess } from '../schema/payloads/delete-model.js';
import { SubmitModelPayload, SubmitModelSuccess } from '../schema/payloads/submit-model.js';
import { Refused } from '../services/refused.js';
import { rowId } from '../schema/relay/global-id.js';
import { PageArgs } from '../schema/relay/page-args.js';
import type { Model as ModelRow, Prisma } from '../storage/generated/client.js';
import type { GraphQLContext } from './context.js';
import { byIdOrName } from './by-id-or-name.js';
import { defaultOrder } from './default-order.js';
import { given } from './given.js';
import { paginate } from './pagination.js';

@Resolver(() => Model)
export class ModelResolver {
  @Query(() => Model, { nullable: true, description: 'A model by id or name; null where there is none.' })
  async model(
    @Arg('id', () => ID, { nullable: true, description: 'Its id.' }) id: string | undefined,
    @Arg('name', () => String, { nullable: true, description: 'Its name.' }) name: string | undefined,
    @Ctx() { loaders, services }: GraphQLContext,
  ): Promise<Model | null> {
    return byIdOrName(Model, 'Model', { id, name }, loaders.model, (where) => services.prisma.model.findUnique({ where }));
  }

  @Query(() => ModelConnection, { description: 'Models, the newest first by default.' })
  async models(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => ModelFilter, { nullable: true, description: 'Which models.' }) filter: ModelFilter | undefined,
    @Arg('orderBy', () => ModelOrder, { nullable: true, description: 'In which order.' }) orderBy: ModelOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<ModelConnection> {
    const { nameContains, architecture, fingerprint } = given(filter);
    const where: Prisma.ModelWhereInput = {
      name: nameContains === undefined ? undefined : { contains: nameContains, mode: 'insensitive' },
      architecture,
      fingerprint,
    };
    const result = await paginate({
      page,
      order: orderBy ?? defaultOrder,
      where,
      find: (query) => prisma.model.findMany(query),
      count: (query) => prisma.model.count(query),
      toItem: (row: ModelRow) => new Model(row),
    });
    return new ModelConnection(result);
  }

  @Mutation(() => SubmitModelPayload, {
    description:
      'Checks a model by importing and running it, and keeps it. Errors: ValidationError, NotFoundError, NameTakenError, InvalidModelError, UnsupportedModelError, LimitExceededError.',
  })
  async submitModel(
    @Arg('input', () => SubmitModelInput, { description: 'The model.' }) input: SubmitModelInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<typeof SubmitModelPayload> {
    const { name, description, uploadId, architecture, format, spec } = given(input);
    if ((uploadId === undefined) === (architecture === undefined))
      throw new Refused(new ValidationError('Give `uploadId` or `architecture`: one of them.', []));
    if (architecture) {
      if (spec) throw new Refused(new ValidationError('`spec` belongs to uploaded models; a built-in architecture has its own.', ['spec']));
      const { name: architectureName, seed, classCount, inputShape } = given(architecture);
      const shape = inputShape as [number, number, number] | undefined;
      const row = await services.models.submitArchitecture({
        name,
        description,
        architecture: architectureName,
        seed,
        classCount,
        inputShape: shape,
      });
      return new SubmitModelSuccess(new Model(row));
    }
    const row = await services.models.submitUpload({ name, description, uploadId, format, spec: given(spec) as Partial<ModelSpec> });
    return new SubmitModelSuccess(new Model(row));
  }

  @Mutation(() => DeleteModelPayload, {
    description: 'Deletes a model with its evaluations and their images; jobs that still run on it are cancelled. Errors: NotFoundError.',
  })
  async deleteModel(
    @Arg('input', () => DeleteModelInput, { description: 'The model.' }) { modelId }: DeleteModelInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<typeof DeleteModelPayload> {
    await services.models.delete(rowId(modelId, 'Model'));
    return new DeleteModelSuccess(modelId);
  }
}
