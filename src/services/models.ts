/** Submitting and deleting models. @module */
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { jobHandlers } from '../jobs/registry.js';
import { settle } from '../jobs/settle.js';
import type { JobEnvironment } from '../jobs/types.js';
import { InvalidModelError, NameTakenError, NotFoundError, ValidationError } from '../schema/errors/index.js';
import type { ArchitectureRequest } from '../compute/host/types.js';
import type { ModelCard, ModelSpec } from '../compute/models/types.js';
import { packDirectory } from '../storage/archive/index.js';
import { releaseArtifacts, withArtifact } from '../storage/artifact-rows.js';
import { isUniqueViolation } from '../storage/errors.js';
import { isRowId } from '../storage/row-id.js';
import type { Model, ModelFormat, Prisma, Visibility } from '../storage/generated/client.js';
import { forClient } from './compute-errors.js';
import { checkName } from './names.js';
import { checkMayChange, type Principal } from './principal.js';
import { visibleClient } from './visibility.js';
import type { UploadService } from './uploads.js';
import { Refused } from './refused.js';

export interface ModelDetails {
  readonly name: string;
  readonly visibility: Visibility;
  readonly description?: string;
}

export interface UploadedModel extends ModelDetails {
  readonly uploadId: string | undefined;
  readonly format: ModelFormat;
  readonly spec?: Partial<ModelSpec>;
}

/** A model that was checked, and its files in one. */
interface CheckedModel {
  readonly card: ModelCard;
  readonly archive: AsyncIterable<Uint8Array>;
  readonly format: ModelFormat;
  readonly architecture?: string;
  readonly seed?: number;
}

/** A spec that contradicts the weights is the model's fault: there is no data set here that it could fail to fit. */
const SPEC_IS_MODEL = { MODEL_DATASET_MISMATCH: InvalidModelError };

export class ModelService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly uploads: UploadService,
  ) {}

  /** Checks an uploaded archive by running it, then keeps it. The upload is used up by success alone. */
  async submitUpload(principal: Principal, { uploadId, format, spec, ...details }: UploadedModel): Promise<Model> {
    await this.checkDetails(principal, details);
    const { prisma } = this.environment;
    const upload = uploadId && isRowId(uploadId) && (await visibleClient(prisma, principal).upload.findUnique({ where: { id: uploadId } }));
    if (!upload)
      throw new Refused(new NotFoundError('There is no upload with this id; it may have expired or become a model.', ['uploadId']));
    if (upload.state !== 'COMPLETE')
      throw new Refused(new ValidationError('The upload is not complete. Send the rest of its bytes first.', ['uploadId']));
    const { compute, modelFolders } = this.environment;
    const archive = this.uploads.path(upload.id);
    const card = await forClient(
      () => modelFolders.inspect(archive, (directory) => compute.inspectModel({ format, directory, spec })),
      [],
      SPEC_IS_MODEL,
    );
    const model = await this.keep(principal, details, { card, archive: createReadStream(archive), format });
    await this.uploads.remove(upload.id);
    return model;
  }

  async submitArchitecture(principal: Principal, { name, visibility, ...request }: ArchitectureRequest & ModelDetails): Promise<Model> {
    const { description, ...architecture } = request;
    const details = { name, visibility, description };
    await this.checkDetails(principal, details);
    const { compute, modelFolders } = this.environment;
    return modelFolders.temporary(async (directory) => {
      await mkdir(directory);
      const card = await forClient(() => compute.buildModel(architecture, directory), ['architecture']);
      const archive = await packDirectory(directory);
      return this.keep(principal, details, { card, archive, format: 'LAYERS_MODEL', ...architecture });
    });
  }

  /** Keeps a folder of model files that ships with the server. */
  async submitFolder(principal: Principal, details: ModelDetails, directory: string): Promise<Model> {
    await this.checkDetails(principal, details);
    const card = await this.environment.compute.inspectModel({ format: 'LAYERS_MODEL', directory });
    const archive = await packDirectory(directory);
    return this.keep(principal, details, { card, archive, format: 'LAYERS_MODEL' });
  }

  /** Deletes a model with its evaluations and their jobs; what is running stops. */
  async delete(principal: Principal, modelId: string | undefined): Promise<void> {
    const { prisma, artifacts, modelFolders } = this.environment;
    const model = modelId && (await visibleClient(prisma, principal).model.findUnique({ where: { id: modelId } }));
    if (!model) throw new Refused(new NotFoundError('There is no model with this id.', ['modelId']));
    checkMayChange(principal, model, 'model', ['modelId']);
    const evaluations = await prisma.evaluation.findMany({ where: { modelId: model.id }, include: { job: true } });
    for (const { job } of evaluations) {
      await settle(
        this.environment,
        job.id,
        { state: 'CANCELLED' },
        {
          write: (tx) => jobHandlers.get(job.kind)!.discard(tx, job.id),
        },
      );
    }
    await prisma.$transaction(async (tx) => {
      await tx.evaluation.deleteMany({ where: { modelId: model.id } });
      await tx.job.deleteMany({ where: { id: { in: evaluations.map(({ jobId }) => jobId) } } });
      await tx.model.delete({ where: { id: model.id } });
    });
    const deleted = await releaseArtifacts(prisma, artifacts, [model.artifactId, ...evaluations.map((row) => row.imagesArtifactId)]);
    if (deleted.includes(model.artifactId)) await modelFolders.delete(model.artifactId);
  }

  private async checkDetails({ name: owner }: Principal, { name, description }: ModelDetails): Promise<void> {
    checkName(name);
    if (description && description.length > 2000)
      throw new Refused(new ValidationError('A description has 2000 characters at most.', ['description']));
    // Another's private model does not show by its name.
    const namesake = await this.environment.prisma.model.findFirst({ where: { name, OR: [{ visibility: 'PUBLIC' }, { owner }] } });
    if (namesake) throw taken(name);
  }

  private async keep(
    { name: owner }: Principal,
    { name, visibility, description }: ModelDetails,
    { card, archive, ...origin }: CheckedModel,
  ): Promise<Model> {
    const { prisma, artifacts } = this.environment;
    try {
      return await withArtifact(prisma, artifacts, archive, { mediaType: 'application/octet-stream' }, (artifactId) =>
        prisma.model.create({
          data: {
            name,
            owner,
            visibility,
            description,
            format: origin.format,
            architecture: origin.architecture,
            seed: origin.seed,
            spec: card.spec as unknown as Prisma.InputJsonObject,
            output: card.output,
            fingerprint: card.fingerprint,
            parameterCount: card.parameterCount,
            operations: { ...card.operations },
            warnings: [...card.warnings],
            artifactId,
          },
        }),
      );
    } catch (error) {
      if (isUniqueViolation(error)) throw taken(name);
      throw error;
    }
  }
}

const taken = (name: string) => new Refused(new NameTakenError(`There is already a model called "${name}".`, ['name']));
