import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { ModelSpec } from '../compute/models/types.js';
import { ValidationError } from '../schema/errors/index.js';
import { DeleteModelInput } from '../schema/inputs/delete-model-input.js';
import { ModelFilter } from '../schema/inputs/filters.js';
import { SubmitModelInput } from '../schema/inputs/submit-model-input.js';
import { Model, ModelConnection, ModelOrder } from '../schema/objects/model.js';
import { DeleteModelPayload, DeleteModelSuccess } from '../schema/payloads/delete-model.js';
import { SubmitModelPayload, SubmitModelSuccess } from '../schema/payloads/submit-model.js';
import type { Principal } from '../services/principal.js';
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
    @Ctx() { viewer, loaders, services }: GraphQLContext,
  ): Promise<Model | null> {
    return byIdOrName(Model, 'Model', { id, name }, loaders.model, async ({ name: wanted }) =>
      nearest(await services.prisma.model.findMany({ where: { name: wanted } }), viewer),
    );
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
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof SubmitModelPayload> {
    const { name, description, visibility, uploadId, architecture, format, spec } = given(input);
    const details = { name, description, visibility };
    if ((uploadId === undefined) === (architecture === undefined))
      throw new Refused(new ValidationError('Give `uploadId` or `architecture`: one of them.', []));
    if (architecture) {
      if (spec) throw new Refused(new ValidationError('`spec` belongs to uploaded models; a built-in architecture has its own.', ['spec']));
      const { name: architectureName, seed, classCount, inputShape } = given(architecture);
      const shape = inputShape as [number, number, number] | undefined;
      const row = await services.models.submitArchitecture(viewer, {
        ...details,
        architecture: architectureName,
        seed,
        classCount,
        inputShape: shape,
      });
      return new SubmitModelSuccess(new Model(row));
    }
    const row = await services.models.submitUpload(viewer, { ...details, uploadId, format, spec: given(spec) as Partial<ModelSpec> });
    return new SubmitModelSuccess(new Model(row));
  }

  @Mutation(() => DeleteModelPayload, {
    description: 'Deletes a model with its evaluations and their images; jobs that still run on it are cancelled. Errors: NotFoundError.',
  })
  async deleteModel(
    @Arg('input', () => DeleteModelInput, { description: 'The model.' }) { modelId }: DeleteModelInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof DeleteModelPayload> {
    await services.models.delete(viewer, rowId(modelId, 'Model'));
    return new DeleteModelSuccess(modelId);
  }
}

/** Of models of one name, the viewer's own or else the public one; an admin may see further ones of others. */
function nearest(models: readonly ModelRow[], viewer: Principal): ModelRow | null {
  return models.find(({ owner }) => owner === viewer.name) ?? models.find(({ visibility }) => visibility === 'PUBLIC') ?? models[0] ?? null;
}
