import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ArchitectureRequest, ModelSpec } from '../../compute/models/index.js';
import { DomainError } from '../../errors.js';
import type { ArchitectureInput } from '../../schema/model/architecture-input.js';
import { UpdateModelInput, UpdateModelPayload, UpdateModelSuccess } from '../../schema/model/update-model.js';
import { Endpoint } from '../../schema/model/endpoint.js';
import { LocalFunction } from '../../schema/model/function.js';
import { mayHaveFiles } from '../../services/access/visibility.js';
import { DeleteModelInput } from '../../schema/model/delete-model-input.js';
import { ModelFilter } from '../../schema/model/model-filter.js';
import { InspectModelInput, ModelInspection } from '../../schema/model/model-inspection.js';
import { SubmitModelInput } from '../../schema/model/submit-model-input.js';
import { Job } from '../../schema/job/job.js';
import { Model, ModelConnection, ModelOrder } from '../../schema/model/model.js';
import { TrainingRun } from '../../schema/training/training-run.js';
import { DeleteModelPayload, DeleteModelSuccess } from '../../schema/model/delete-model-payload.js';
import { SubmitModelPayload, SubmitModelSuccess } from '../../schema/model/submit-model-payload.js';
import type { Principal } from '../../services/token/principal.js';
import { withClassesOf } from '../../services/model/classes-of.js';
import { findDataset } from '../../services/dataset/find-dataset.js';
import { rowId } from '../../storage/global-id.js';
import { isReady } from '../../storage/ready-model.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import type { Model as ModelRow } from '../../storage/generated/client.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { badInput } from '../relay/pagination.js';
import { modelNode } from './node.js';
import { jobNode } from '../job/node.js';
import { trainingRunNode } from '../training/node.js';

@Resolver(() => Model)
export class ModelResolver {
  @Query(() => Model, { nullable: true, description: 'A model by id or name; null where there is none.' })
  async model(
    @Arg('id', () => ID, { nullable: true, description: 'Its id.' }) id: string | undefined,
    @Arg('name', () => String, { nullable: true, description: 'Its name.' }) name: string | undefined,
    @Arg('version', () => Int, { nullable: true, description: 'Its version, with the name; by default the newest that is ready.' })
    version: number | undefined,
    @Ctx() { viewer, loaders, services }: GraphQLContext,
  ): Promise<Model | null> {
    if (version != null && name == null) throw badInput('`version` goes with `name`.');
    const orderBy = [{ version: 'desc' }, { createdAt: 'desc' }] as const;
    return modelNode.byIdOrName(loaders, { id, name }, async (wanted) =>
      nearest(
        await services.prisma.model.findMany({ where: { name: wanted, version: version ?? undefined }, orderBy: [...orderBy] }),
        viewer,
      ),
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

  @Query(() => ModelInspection, {
    description:
      'What an upload asks for and would be accepted as, before it is submitted: it is imported and run as a validation does, in a process of its own, and the answer waits for that.',
  })
  async inspectModel(
    @Arg('input', () => InspectModelInput, { description: 'The upload.' }) input: InspectModelInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<ModelInspection> {
    const { uploadId, spec, checkDatasetId } = given(input);
    const check = checkDatasetId ? await findDataset(services.prisma, rowId(checkDatasetId, 'Dataset'), 'checkDatasetId') : undefined;
    const request = { uploadId, spec: given(spec) as Partial<ModelSpec>, checkDatasetId: check?.id };
    return new ModelInspection(await services.inspector.inspect(viewer, request, new AbortController().signal));
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'SHA-256 of its topology, declared input, spec and weights: models of equal fingerprints compute the same, and have results of their own. Behind an endpoint, of its address and spec.',
  })
  fingerprint(@Root() { row }: Model, @Ctx() { viewer }: GraphQLContext): string | null {
    return mayHaveFiles(viewer, row) ? row.fingerprint : null;
  }

  @FieldResolver(() => Endpoint, { nullable: true, description: 'Where it answers over HTTP; null where its files are here.' })
  endpoint(@Root() model: Model, @Ctx() { viewer }: GraphQLContext): Endpoint | null {
    return mayHaveFiles(viewer, model.row) ? model.endpoint : null;
  }

  @FieldResolver(() => LocalFunction, { nullable: true, description: 'The function of a client that it is; null for other models.' })
  function(@Root() model: Model, @Ctx() { viewer }: GraphQLContext): LocalFunction | null {
    return mayHaveFiles(viewer, model.row) ? model.function : null;
  }

  @FieldResolver(() => String, { nullable: true, description: 'Path of its files as an archive, below the address of this server.' })
  downloadUrl(@Root() model: Model, @Ctx() { viewer }: GraphQLContext): string | null {
    return mayHaveFiles(viewer, model.row) ? model.downloadUrl : null;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Path of the model as an ONNX file of standard operators: input `in:images` [batch, height, width, channels], pixels in [0, 1]; output `out:scores`. `?batch=` says for how many images at once, by default 1. Null for a black box.',
  })
  onnxUrl(@Root() model: Model, @Ctx() { viewer }: GraphQLContext): string | null {
    return mayHaveFiles(viewer, model.row) ? model.onnxUrl : null;
  }

  @FieldResolver(() => [Model], { description: 'All submissions under its name that are yours to see, itself included, the newest first.' })
  async versions(@Root() { row }: Model, @Ctx() { loaders }: GraphQLContext): Promise<Model[]> {
    const models = await loaders.modelsOfName.load(row.name);
    return models.filter(({ owner }) => owner === row.owner).map((one) => new Model(one));
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
    const {
      name,
      versionOf,
      description,
      visibility,
      allowsTransfers,
      uploadId,
      architecture,
      endpoint,
      format,
      spec,
      access,
      expectedCleanAccuracy,
    } = given(input);
    const local = input.function ?? undefined;
    const check = input.checkDatasetId
      ? await findDataset(services.prisma, rowId(input.checkDatasetId, 'Dataset'), 'checkDatasetId')
      : undefined;
    if (versionOf !== undefined && !rowId(versionOf, 'Model'))
      throw new DomainError('NOT_FOUND', 'There is no model with this id.', ['versionOf']);
    const line = { name, versionOf: versionOf && rowId(versionOf, 'Model') };
    const details = { ...line, description, visibility, allowsTransfers, expectedCleanAccuracy, checkDatasetId: check?.id };
    if ([uploadId, architecture, endpoint, local].filter((source) => source !== undefined).length !== 1)
      throw new DomainError('VALIDATION', 'Give `uploadId`, `architecture`, `endpoint` or `function`: one of them.', []);
    if (architecture && spec)
      throw new DomainError('VALIDATION', '`spec` belongs to uploads and endpoints; a built-in architecture has its own.', ['spec']);
    if (input.preprocessorUploadId && uploadId === undefined)
      throw new DomainError('VALIDATION', '`preprocessorUploadId` belongs to uploads: give `uploadId`, the classifier, too.', [
        'preprocessorUploadId',
      ]);
    if (access && uploadId === undefined)
      throw new DomainError('VALIDATION', '`access` belongs to uploads; that to an endpoint follows from its `answers`.', ['access']);
    const classesOf = input.classesOfDatasetId
      ? await findDataset(services.prisma, rowId(input.classesOfDatasetId, 'Dataset'), 'classesOfDatasetId')
      : undefined;
    const givenSpec = await withClassesOf(given(spec) as Partial<ModelSpec>, classesOf);
    const submit = async () => {
      if (architecture) return services.models.submitArchitecture(viewer, details, requestedArchitecture(architecture));
      if (local) return services.functions.submit(viewer, details, given(local), givenSpec);
      if (endpoint) return services.models.submitEndpoint(viewer, details, given(endpoint), givenSpec);
      return services.models.submitUpload(viewer, details, {
        uploadId,
        preprocessorUploadId: input.preprocessorUploadId ?? undefined,
        format,
        spec: givenSpec,
        access,
      });
    };
    const { model, job } = await submit();
    return new SubmitModelSuccess(new Model(model), new Job(job));
  }

  @Mutation(() => UpdateModelPayload, { description: 'Changes what the owner of a model says of it, and who sees it.' })
  async updateModel(
    @Arg('input', () => UpdateModelInput, { description: 'The changes.' }) input: UpdateModelInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof UpdateModelPayload> {
    const { modelId, card, ...changes } = given(input);
    const row = await services.models.update(viewer, rowId(modelId, 'Model'), { ...changes, card: card && given(card) });
    return new UpdateModelSuccess(new Model(row));
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

/**
 * Of models of one name the viewer's own, else the public one; rejected ones last. An admin may see further ones of others.
 * @param models the newest version first; those that are ready are preferred to those that are not.
 */
function nearest(models: readonly ModelRow[], viewer: Principal): ModelRow | null {
  const alive = models.filter(({ status }) => status !== 'REJECTED').sort((a, b) => Number(isReady(b)) - Number(isReady(a)));
  const own = alive.find(({ owner }) => owner === viewer.name);
  return own ?? alive.find(({ visibility }) => visibility !== 'PRIVATE') ?? alive[0] ?? models[0] ?? null;
}

/** An architecture as compute knows it. */
export function requestedArchitecture(input: ArchitectureInput): ArchitectureRequest {
  const { name: architecture, inputShape, ...rest } = given(input);
  return { architecture, ...rest, ...(inputShape && { inputShape: inputShape as [number, number, number] }) };
}
