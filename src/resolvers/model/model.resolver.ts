import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ArchitectureRequest, ModelSpec } from '../../compute/models/index.js';
import { DomainError } from '../../errors.js';
import type { ArchitectureInput } from '../../schema/model/architecture-input.js';
import { DeleteModelInput } from '../../schema/model/delete-model-input.js';
import { ModelFilter } from '../../schema/model/model-filter.js';
import { SubmitModelInput } from '../../schema/model/submit-model-input.js';
import { Job } from '../../schema/job/job.js';
import { Model, ModelConnection, ModelOrder } from '../../schema/model/model.js';
import { TrainingRun } from '../../schema/training/training-run.js';
import { DeleteModelPayload, DeleteModelSuccess } from '../../schema/model/delete-model-payload.js';
import { SubmitModelPayload, SubmitModelSuccess } from '../../schema/model/submit-model-payload.js';
import type { Principal } from '../../services/token/principal.js';
import { rowId } from '../../storage/global-id.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import type { Model as ModelRow } from '../../storage/generated/client.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { modelNode } from './node.js';
import { jobNode } from '../job/node.js';
import { trainingRunNode } from '../training/node.js';

@Resolver(() => Model)
export class ModelResolver {
  @Query(() => Model, { nullable: true, description: 'A model by id or name; null where there is none.' })
  async model(
    @Arg('id', () => ID, { nullable: true, description: 'Its id.' }) id: string | undefined,
    @Arg('name', () => String, { nullable: true, description: 'Its name.' }) name: string | undefined,
    @Ctx() { viewer, loaders, services }: GraphQLContext,
  ): Promise<Model | null> {
    return modelNode.byIdOrName(loaders, { id, name }, async (wanted) =>
      nearest(await services.prisma.model.findMany({ where: { name: wanted }, orderBy: { createdAt: 'desc' } }), viewer),
    );
  }

  @Query(() => ModelConnection, { description: 'Models, the newest first by default.' })
  async models(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => ModelFilter, { nullable: true, description: 'Which models.' }) filter: ModelFilter | undefined,
    @Arg('orderBy', () => ModelOrder, { nullable: true, description: 'In which order.' }) orderBy: ModelOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<ModelConnection> {
    return new ModelConnection(await modelNode.list(prisma, { page, filter, orderBy }));
  }

  @FieldResolver(() => Job, { nullable: true, description: 'Its validation; null where it came with the server.' })
  job(@Root() { row }: Model, @Ctx() { loaders }: GraphQLContext): Promise<Job | null> {
    return jobNode.find(loaders, row.jobId);
  }

  @FieldResolver(() => TrainingRun, { nullable: true, description: 'The training that it comes from; null where it was submitted.' })
  async trainingRun(@Root() { row }: Model, @Ctx() { loaders }: GraphQLContext): Promise<TrainingRun | null> {
    return trainingRunNode.show(await loaders.trainingRunOfModel.load(row.id));
  }

  @Mutation(() => SubmitModelPayload, {
    description: 'Keeps a model and returns at once; a job imports it and runs it, forward and backward, in a process of its own.',
  })
  async submitModel(
    @Arg('input', () => SubmitModelInput, { description: 'The model.' }) input: SubmitModelInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof SubmitModelPayload> {
    const { name, description, visibility, uploadId, architecture, endpoint, format, spec, access, expectedCleanAccuracy } = given(input);
    const details = { name, description, visibility, expectedCleanAccuracy };
    if ([uploadId, architecture, endpoint].filter((source) => source !== undefined).length !== 1)
      throw new DomainError('VALIDATION', 'Give `uploadId`, `architecture` or `endpoint`: one of them.', []);
    if (architecture && spec)
      throw new DomainError('VALIDATION', '`spec` belongs to uploads and endpoints; a built-in architecture has its own.', ['spec']);
    if (access && uploadId === undefined)
      throw new DomainError('VALIDATION', '`access` belongs to uploads; that to an endpoint follows from its `answers`.', ['access']);
    const givenSpec = given(spec) as Partial<ModelSpec>;
    const submit = async () => {
      if (architecture) return services.models.submitArchitecture(viewer, details, requestedArchitecture(architecture));
      if (endpoint) return services.models.submitEndpoint(viewer, details, given(endpoint), givenSpec);
      return services.models.submitUpload(viewer, details, { uploadId, format, spec: givenSpec, access });
    };
    const { model, job } = await submit();
    return new SubmitModelSuccess(new Model(model), new Job(job));
  }

  @Mutation(() => DeleteModelPayload, {
    description: 'Deletes a model with its evaluations and their images; jobs that still run on it are cancelled.',
  })
  async deleteModel(
    @Arg('input', () => DeleteModelInput, { description: 'The model.' }) { modelId }: DeleteModelInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof DeleteModelPayload> {
    await services.models.delete(viewer, rowId(modelId, 'Model'));
    return new DeleteModelSuccess(modelId);
  }
}

/** Of models of one name the viewer's own, else the public one; rejected ones last. An admin may see further ones of others. */
function nearest(models: readonly ModelRow[], viewer: Principal): ModelRow | null {
  const alive = models.filter(({ status }) => status !== 'REJECTED');
  const own = alive.find(({ owner }) => owner === viewer.name);
  return own ?? alive.find(({ visibility }) => visibility === 'PUBLIC') ?? alive[0] ?? models[0] ?? null;
}

/** An architecture as compute knows it. */
export function requestedArchitecture(input: ArchitectureInput): ArchitectureRequest {
  const { name: architecture, inputShape, ...rest } = given(input);
  return { architecture, ...rest, ...(inputShape && { inputShape: inputShape as [number, number, number] }) };
}
