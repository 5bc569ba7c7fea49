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
import { recordArtifact, releaseArtifacts } from '../storage/artifact-rows.js';
import type { StoredBytes } from '../storage/artifacts.js';
import { isUniqueViolation } from '../storage/errors.js';
import { isRowId } from '../storage/row-id.js';
import type { Model, ModelFormat, Prisma } from '../storage/generated/client.js';
import { forClient } from './compute-errors.js';
import { checkName } from './names.js';
import type { UploadService } from './uploads.js';
import { Refused } from './refused.js';

export interface ModelDetails {
  readonly name: string;
  readonly description?: string;
}

export interface UploadedModel extends ModelDetails {
  readonly uploadId: string | undefined;
  readonly format: ModelFormat;
  readonly spec?: Partial<ModelSpec>;
}

/** A model that was checked, with its bytes in the artifact store. */
interface CheckedModel {
  readonly card: ModelCard;
  readonly bytes: StoredBytes;
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
  async submitUpload({ uploadId, format, spec, ...details }: UploadedModel): Promise<Model> {
    await this.checkDetails(details);
    const upload = uploadId && isRowId(uploadId) && (await this.environment.prisma.upload.findUnique({ where: { id: uploadId } }));
    if (!upload)
      throw new Refused(new NotFoundError('There is no upload with this id; it may have expired or become a model.', ['uploadId']));
    if (upload.state !== 'COMPLETE')
      throw new Refused(new ValidationError('The upload is not complete. Send the rest of its bytes first.', ['uploadId']));
    const { compute, modelFolders, artifacts } = this.environment;
    const archive = this.uploads.path(upload.id);
    const card = await forClient(
      () => modelFolders.inspect(archive, (directory) => compute.inspectModel({ format, directory, spec })),
      [],
      SPEC_IS_MODEL,
    );
    const bytes = await artifacts.put(createReadStream(archive));
    const model = await this.keep(details, { card, bytes, format });
    await this.uploads.remove(upload.id);
    return model;
  }

  async submitArchitecture({ name, ...request }: ArchitectureRequest & ModelDetails): Promise<Model> {
    const { description, ...architecture } = request;
    await this.checkDetails({ name, description });
    const { compute, modelFolders, artifacts } = this.environment;
    return modelFolders.temporary(async (directory) => {
      await mkdir(directory);
      const card = await forClient(() => compute.buildModel(architecture, directory), ['architecture']);
      const bytes = await artifacts.put(await packDirectory(directory));
      return this.keep({ name, description }, { card, bytes, format: 'LAYERS_MODEL', ...architecture });
    });
  }

  /** Keeps a folder of model files that ships with the server. */
  async submitFolder(details: ModelDetails, directory: string): Promise<Model> {
    await this.checkDetails(details);
    const card = await this.environment.compute.inspectModel({ format: 'LAYERS_MODEL', directory });
    const bytes = await this.environment.artifacts.put(await packDirectory(directory));
    return this.keep(details, { card, bytes, format: 'LAYERS_MODEL' });
  }

  /** Deletes a model with its evaluations and their jobs; what is running stops. */
  async delete(modelId: string | undefined): Promise<void> {
    const { prisma, artifacts, modelFolders } = this.environment;
    const model = modelId && (await prisma.model.findUnique({ where: { id: modelId } }));
    if (!model) throw new Refused(new NotFoundError('There is no model with this id.', ['modelId']));
    const evaluations = await prisma.evaluation.findMany({ where: { modelId: model.id }, include: { job: true } });
    for (const { job } of evaluations) {
      await settle(this.environment, job.id, { state: 'CANCELLED' }, (tx) => jobHandlers.get(job.kind)!.discard(tx, job.id));
    }
    await prisma.$transaction(async (tx) => {
      await tx.evaluation.deleteMany({ where: { modelId: model.id } });
      await tx.job.deleteMany({ where: { id: { in: evaluations.map(({ jobId }) => jobId) } } });
      await tx.model.delete({ where: { id: model.id } });
    });
    const deleted = await releaseArtifacts(prisma, artifacts, [model.artifactId, ...evaluations.map((row) => row.imagesArtifactId)]);
    if (deleted.includes(model.artifactId)) await modelFolders.delete(model.artifactId);
  }

  private async checkDetails({ name, description }: ModelDetails): Promise<void> {
    checkName(name);
    if (description && description.length > 2000)
      throw new Refused(new ValidationError('A description has 2000 characters at most.', ['description']));
    if (await this.environment.prisma.model.findUnique({ where: { name } })) throw taken(name);
  }

  private async keep({ name, description }: ModelDetails, { card, bytes, ...origin }: CheckedModel): Promise<Model> {
    const { prisma, artifacts } = this.environment;
    try {
      return await prisma.$transaction(async (tx) => {
        await recordArtifact(tx, { ...bytes, mediaType: 'application/octet-stream' });
        return tx.model.create({
          data: {
            name,
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
            artifactId: bytes.id,
          },
        });
      });
    } catch (error) {
      // The row was rolled back; the bytes go too, unless another model has the same.
      if (!(await prisma.artifact.findUnique({ where: { id: bytes.id } }))) await artifacts.delete(bytes.id);
      if (isUniqueViolation(error)) throw taken(name);
      throw error;
    }
  }
}

const taken = (name: string) => new Refused(new NameTakenError(`There is already a model called "${name}".`, ['name']));
