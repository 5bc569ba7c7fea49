/** Submitting and deleting models. @module */
import { toJson } from '../../storage/json.js';
import {
  type ArchitectureRequest,
  checkHost,
  type Endpoint,
  endpointSchema,
  findArchitecture,
  type ModelAccess,
  type ModelSpec,
  partialSpecSchema,
} from '../../compute/models/index.js';
import { DomainError } from '../../errors.js';
import type { JobQueue } from '../../jobs/queue.js';
import { endJob } from '../../jobs/end-job.js';
import type { JobEnvironment } from '../../jobs/types.js';
import { MODEL_MEDIA_TYPE, VALIDATION } from '../../jobs/model/handler.js';
import { packDirectory } from '../../storage/archive/index.js';
import { releaseArtifacts, withArtifact } from '../../storage/artifact-rows.js';
import { isUniqueViolation } from '../../storage/errors.js';
import type { Model, ModelFormat, Prisma, Visibility } from '../../storage/generated/client.js';
import type { Capacity } from '../job/capacity.js';
import { toDomainErrors } from '../domain-errors.js';
import { checkName } from '../names.js';
import { checkMayChange, type Principal } from '../token/principal.js';
import type { UploadService } from '../upload/uploads.js';
import { visibleClient } from '../access/visibility.js';

export interface ModelDetails {
  readonly name: string;
  readonly visibility: Visibility;
  readonly description?: string;
  /** Accuracy on clean images, from 0 to 1. */
  readonly expectedCleanAccuracy?: number;
}

export interface UploadedModel {
  readonly uploadId: string | undefined;
  /** Default: what the validation finds. */
  readonly format?: ModelFormat;
  readonly spec?: Partial<ModelSpec>;
  /** Default: gradients. */
  readonly access?: ModelAccess;
}

/** What is known of a model before it is validated. */
interface Candidate extends Pick<
  Prisma.ModelUncheckedCreateInput,
  'format' | 'architecture' | 'seed' | 'artifactId' | 'access' | 'endpoint'
> {
  readonly spec?: Partial<ModelSpec>;
  /** That the endpoint asks for. */
  readonly authorization?: string;
}

export class ModelService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly capacity: Capacity,
    private readonly uploads: UploadService,
  ) {}

  /** Keeps the files and queues their validation. The upload is used up. */
  async submitUpload(principal: Principal, details: ModelDetails, { uploadId, format, spec, access }: UploadedModel) {
    await this.checkDetails(principal, details);
    checkSpec(spec);
    const { id, artifactId } = await this.uploads.completed(principal, uploadId);
    const model = await this.queueValidation(principal, details, { format, spec, access, artifactId });
    await this.uploads.remove(id);
    return model;
  }

  /** Queues the making of a built-in architecture, which is validated like any other model: its sizes are the client's. */
  async submitArchitecture(principal: Principal, details: ModelDetails, request: ArchitectureRequest) {
    await this.checkDetails(principal, details);
    const { architecture, seed, ...spec } = request;
    await toDomainErrors(() => findArchitecture(architecture), ['architecture']);
    checkSpec(spec);
    return this.queueValidation(principal, details, { format: 'LAYERS_MODEL', architecture, seed, spec });
  }

  /** Queues the first questions to a model that answers over HTTP. */
  async submitEndpoint(principal: Principal, details: ModelDetails, endpoint: Endpoint, spec: Partial<ModelSpec>) {
    await this.checkDetails(principal, details);
    checkSpec(spec);
    for (const field of ['inputShape', 'classCount'] as const) {
      if (spec[field] === undefined)
        throw new DomainError('VALIDATION', `An endpoint does not say its ${field}: give it in \`spec\`.`, ['spec', field]);
    }
    const issue = endpointSchema.safeParse(endpoint).error?.issues[0];
    if (issue)
      throw new DomainError('VALIDATION', `endpoint.${issue.path.join('.')}: ${issue.message}.`, ['endpoint', ...issue.path.map(String)]);
    await toDomainErrors(() => checkHost(new URL(endpoint.url), this.environment.validation.remote.networks));
    const { authorization, ...shown } = endpoint;
    const access = endpoint.answers === 'LABELS' ? 'DECISION' : 'SCORE';
    return this.queueValidation(principal, details, { spec, access, endpoint: shown, authorization });
  }

  /** Keeps a folder of model files that ships with the server, and is trusted: ready at once. */
  async submitFolder(principal: Principal, details: ModelDetails, directory: string): Promise<Model> {
    await this.checkDetails(principal, details);
    const { prisma, artifacts, compute } = this.environment;
    const { spec, ...card } = await compute.inspectModel({ format: 'LAYERS_MODEL', directory });
    const found = {
      ...card,
      operations: { ...card.operations },
      warnings: [...card.warnings],
      spec: toJson(spec),
    };
    const archive = () => packDirectory(directory);
    return withArtifact(prisma, artifacts, archive, { mediaType: MODEL_MEDIA_TYPE }, (artifactId) =>
      named(details, () =>
        prisma.model.create({ data: { ...details, ...found, owner: principal.name, status: 'READY', format: 'LAYERS_MODEL', artifactId } }),
      ),
    );
  }

  /** Deletes a model with its evaluations, the transfers that it is part of, and all their jobs; what is running stops. */
  async delete(principal: Principal, modelId: string | undefined): Promise<void> {
    const { prisma, artifacts, modelFolders } = this.environment;
    const model = modelId && (await visibleClient(prisma, principal).model.findUnique({ where: { id: modelId } }));
    if (!model) throw new DomainError('NOT_FOUND', 'There is no model with this id.', ['modelId']);
    checkMayChange(principal, model, 'model', ['modelId']);
    const jobs = await prisma.job.findMany({
      where: {
        OR: [
          { evaluation: { modelId: model.id } },
          { imagesOf: { modelId: model.id } },
          { destruction: { evaluation: { modelId: model.id } } },
          { transfer: { OR: [{ evaluations: { some: { modelId: model.id } } }, { targets: { some: { id: model.id } } }] } },
          { certification: { modelId: model.id } },
          { model: { id: model.id } },
        ],
      },
    });
    for (const job of jobs) await endJob(this.environment, job.id, { state: 'CANCELLED' });
    const evaluations = await prisma.evaluation.findMany({ where: { modelId: model.id }, select: { imagesArtifactId: true } });
    await prisma.$transaction(async (tx) => {
      await tx.evaluation.deleteMany({ where: { modelId: model.id } });
      await tx.job.deleteMany({ where: { id: { in: jobs.map(({ id }) => id) } } });
      await tx.model.delete({ where: { id: model.id } });
    });
    const deleted = await releaseArtifacts(prisma, artifacts, [model.artifactId, ...evaluations.map((row) => row.imagesArtifactId)]);
    if (model.artifactId && deleted.includes(model.artifactId)) await modelFolders.delete(model.artifactId);
  }

  /** @throws DomainError VALIDATION or NAME_TAKEN */
  async checkDetails({ name: owner }: Principal, { name, description, expectedCleanAccuracy }: ModelDetails): Promise<void> {
    checkName(name);
    if (description && description.length > 2000)
      throw new DomainError('VALIDATION', 'A description has 2000 characters at most.', ['description']);
    if (expectedCleanAccuracy !== undefined && !(expectedCleanAccuracy > 0 && expectedCleanAccuracy <= 1)) {
      const message = `expectedCleanAccuracy is ${expectedCleanAccuracy}; give a share, above 0 and at most 1.`;
      throw new DomainError('VALIDATION', message, ['expectedCleanAccuracy']);
    }
    // Another's private model does not show by its name.
    const namesake = await this.environment.prisma.model.findFirst({
      where: { name, status: { not: 'REJECTED' }, OR: [{ visibility: 'PUBLIC' }, { owner }] },
    });
    if (namesake) throw taken(name);
  }

  private async queueValidation(principal: Principal, details: ModelDetails, { spec = {}, authorization, ...candidate }: Candidate) {
    const { name: owner } = principal;
    return named(details, () =>
      this.environment.prisma.$transaction(async (tx) => {
        await this.capacity.checkJobs(tx, principal, 1);
        const job = await tx.job.create({ data: { owner, kind: VALIDATION, total: 1, unit: 'models' } });
        const data = { ...details, ...candidate, spec: toJson(spec), owner, status: 'VALIDATING' as const, jobId: job.id };
        const model = await tx.model.create({ data });
        if (authorization !== undefined) {
          const sealed = this.environment.secrets.seal(authorization, model.id);
          await tx.endpointSecret.create({ data: { modelId: model.id, sealed } });
        }
        await this.queue.plan(tx, job.id);
        return { model, job };
      }),
    );
  }
}

/** @throws DomainError VALIDATION naming the field. Whether the spec fits the network is seen when that is imported. */
function checkSpec(spec: Partial<ModelSpec> = {}): void {
  const issue = partialSpecSchema.safeParse(spec).error?.issues[0];
  if (issue) throw new DomainError('VALIDATION', `spec.${issue.path.join('.')}: ${issue.message}.`, ['spec', ...issue.path.map(String)]);
}

/** Two requests for one name can pass the first look at it. */
export async function named<Result>({ name }: ModelDetails, create: () => Promise<Result>): Promise<Result> {
  try {
    return await create();
  } catch (error) {
    if (isUniqueViolation(error)) throw taken(name);
    throw error;
  }
}

const taken = (name: string) => new DomainError('NAME_TAKEN', `There is already a model called "${name}".`, ['name']);
