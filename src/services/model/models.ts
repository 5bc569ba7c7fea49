/** Submitting and deleting models. @module */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelCardFields, modelCardSchema } from '../../results/model-card.js';
import { columnsOfCard, toJson } from '../../storage/json.js';
import {
  type ArchitectureRequest,
  checkHost,
  type Endpoint,
  endpointSchema,
  findArchitecture,
  type ModelAccess,
  type ModelSpec,
  partialSpecSchema,
  PREPROCESSOR_FILE,
} from '../../compute/models/index.js';
import { DomainError } from '../../errors.js';
import type { JobQueue } from '../../jobs/queue.js';
import { endJob } from '../../jobs/end-job.js';
import { isFinished } from '../../jobs/watcher.js';
import type { JobEnvironment } from '../../jobs/types.js';
import { MODEL_MEDIA_TYPE, VALIDATION } from '../../jobs/model/handler.js';
import { extractArchive, packed } from '../../storage/archive/index.js';
import { releaseArtifacts, withArtifact } from '../../storage/artifact-rows.js';
import { isUniqueViolation } from '../../storage/errors.js';
import type { Model, ModelFormat, Prisma, Visibility } from '../../storage/generated/client.js';
import { recordAudit } from '../audit/audit.js';
import type { Capacity } from '../job/capacity.js';
import { inTurns } from '../job/turns.js';
import { toDomainErrors } from '../domain-errors.js';
import { checkName, confusable, lookAlike } from '../names.js';
import { checkMayChange, type Principal } from '../token/principal.js';
import type { UploadService } from '../upload/uploads.js';
import { visibleClient } from '../access/visibility.js';

export interface ModelDetails {
  readonly name: string;
  /** Default: 1. */
  readonly version?: number;
  readonly visibility: Visibility;
  readonly allowsTransfers?: boolean;
  readonly description?: string;
  /** Accuracy on clean images, from 0 to 1. */
  readonly expectedCleanAccuracy?: number;
  /** On whose images the validation measures it. */
  readonly checkDatasetId?: string;
}

export interface UploadedModel {
  readonly uploadId: string | undefined;
  /** A purifier in front of it. */
  readonly preprocessorUploadId?: string;
  /** Default: what the validation finds. */
  readonly format?: ModelFormat;
  readonly spec?: Partial<ModelSpec>;
  /** Default: gradients. */
  readonly access?: ModelAccess;
}

/** Bytes that files with weights unpack to, for each byte that was uploaded. */
const MOST_OF_WEIGHTS = 4;

/** What is known of a model before it is validated. */
interface Candidate extends Pick<
  Prisma.ModelUncheckedCreateInput,
  'id' | 'format' | 'architecture' | 'seed' | 'artifactId' | 'access' | 'endpoint'
> {
  readonly spec?: Partial<ModelSpec>;
  /** That the endpoint asks for. */
  readonly authorization?: string;
}

/** A model that is submitted under a name of its own, or as the next version of one. */
export type RequestedDetails = Omit<ModelDetails, 'name' | 'version'> & { readonly name?: string; readonly versionOf?: string };

/** What is undefined stays. */
export interface ModelChanges {
  readonly description?: string;
  readonly visibility?: Visibility;
  readonly allowsTransfers?: boolean;
  readonly card?: ModelCardFields;
}

export class ModelService {
  /** The last of what is done one at a time. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly capacity: Capacity,
    private readonly uploads: UploadService,
  ) {}

  /** Keeps the files and queues their validation. The upload is used up. */
  async submitUpload(
    principal: Principal,
    asked: RequestedDetails,
    { uploadId, preprocessorUploadId, format, spec, access }: UploadedModel,
  ) {
    const details = await this.checkDetails(principal, asked);
    checkSpec(spec);
    const { id, artifactId } = await this.uploads.completed(principal, uploadId);
    const candidate = { format, spec, access };
    if (preprocessorUploadId === undefined) {
      const model = await this.queueValidation(principal, details, { ...candidate, artifactId });
      await this.uploads.remove(id);
      return model;
    }
    const second = await this.uploads.completed(principal, preprocessorUploadId);
    const { prisma, artifacts, modelFolders } = this.environment;
    const description = { mediaType: MODEL_MEDIA_TYPE };
    const model = await this.oneAtATime(() =>
      modelFolders.temporary(async (directory) => {
        await this.putTogether(artifactId, second.artifactId, directory);
        return withArtifact(
          prisma,
          artifacts,
          () => packed(directory),
          description,
          (both) => this.queueValidation(principal, details, { ...candidate, artifactId: both }),
        );
      }),
    );
    for (const used of [id, second.id]) await this.uploads.remove(used);
    return model;
  }

  /** What takes much of the disk. */
  private oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }

  /**
   * The files of a classifier and of the purifier in front of it, in one folder. Weights hardly compress, so that what unpacks to much more than was uploaded,
   * and counted, is refused. @throws DomainError INVALID, LIMIT_EXCEEDED
   */
  private async putTogether(artifactId: string, preprocessorId: string, directory: string): Promise<void> {
    const { artifacts, validation } = this.environment;
    const limits = { ...validation.archives, maxRatio: Math.min(validation.archives.maxRatio, MOST_OF_WEIGHTS) };
    const unpack = (id: string, into: string) => artifacts.useFile(id, (archive) => extractArchive(archive, into, limits));
    await toDomainErrors(async () => {
      await unpack(artifactId, directory);
      await unpack(preprocessorId, join(directory, 'preprocessor'));
    });
    const files = await readdir(join(directory, 'preprocessor'));
    if (files.length !== 1 || !files[0]!.endsWith('.onnx'))
      throw new DomainError('VALIDATION', 'The preprocessor is no single .onnx file. Upload it with its weights in it.', [
        'preprocessorUploadId',
      ]);
    await rename(join(directory, 'preprocessor', files[0]!), join(directory, PREPROCESSOR_FILE));
    await rm(join(directory, 'preprocessor'), { recursive: true });
  }

  /** Queues the making of a built-in architecture, which is validated like any other model: its sizes are the client's. */
  async submitArchitecture(principal: Principal, asked: RequestedDetails, request: ArchitectureRequest) {
    const details = await this.checkDetails(principal, asked);
    const { architecture, seed, ...spec } = request;
    await toDomainErrors(() => findArchitecture(architecture), ['architecture']);
    checkSpec(spec);
    return this.queueValidation(principal, details, { format: 'LAYERS_MODEL', architecture, seed, spec });
  }

  /** Queues the first questions to a model that answers over HTTP. */
  async submitEndpoint(principal: Principal, asked: RequestedDetails, endpoint: Endpoint, spec: Partial<ModelSpec>) {
    const details = await this.checkDetails(principal, asked);
    const candidate = remoteCandidate('endpoint', 'An endpoint', endpoint, spec);
    await toDomainErrors(() => checkHost(new URL(endpoint.url), this.environment.validation.remote.networks));
    return this.queueValidation(principal, details, candidate);
  }

  /** Queues the first questions to a function of a client. @param id of the model, which its address names. */
  async submitFunction(principal: Principal, asked: RequestedDetails, id: string, endpoint: Endpoint, spec: Partial<ModelSpec>) {
    const details = await this.checkDetails(principal, asked);
    return this.queueValidation(principal, details, { id, ...remoteCandidate('function', 'A function', endpoint, spec) });
  }

  /** Keeps a folder of model files that ships with the server, and is trusted: ready at once. */
  async submitFolder(
    principal: Principal,
    { card, ...asked }: ModelDetails & { readonly card?: ModelCardFields },
    directory: string,
  ): Promise<Model> {
    const details = await this.checkDetails(principal, asked);
    const { prisma, artifacts, compute } = this.environment;
    const found = columnsOfCard(await compute.inspectModel({ format: 'LAYERS_MODEL', directory }));
    const archive = () => packed(directory);
    return withArtifact(prisma, artifacts, archive, { mediaType: MODEL_MEDIA_TYPE }, (artifactId) =>
      named(details, () =>
        prisma.model.create({
          data: {
            ...details,
            ...found,
            card: card && toJson(card),
            owner: principal.name,
            status: 'READY',
            format: 'LAYERS_MODEL',
            artifactId,
          },
        }),
      ),
    );
  }

  /**
   * Deletes a model with its evaluations, the transfers that it is part of, and all their jobs; what is running stops. What was made by the gradients of a model
   * that others may not have goes with it.
   */
  async delete(principal: Principal, modelId: string | undefined): Promise<void> {
    const { prisma, artifacts, modelFolders } = this.environment;
    const model = modelId && (await visibleClient(prisma, principal).model.findUnique({ where: { id: modelId } }));
    if (!model) throw new DomainError('NOT_FOUND', 'There is no model with this id.', ['modelId']);
    checkMayChange(principal, model, 'model', ['modelId']);
    const made = { sources: { some: { modelId: model.id } } };
    const evaluation: Prisma.EvaluationWhereInput =
      model.visibility === 'PUBLIC' ? { modelId: model.id } : { OR: [{ modelId: model.id }, made] };
    const jobs = await prisma.job.findMany({
      where: {
        OR: [
          { evaluation },
          { imagesOf: evaluation },
          { destruction: { evaluation } },
          { transfer: { OR: [{ evaluations: { some: evaluation } }, { targets: { some: { id: model.id } } }] } },
          { certification: { modelId: model.id } },
          { model: { id: model.id } },
        ],
      },
      select: { id: true, state: true },
    });
    for (const job of jobs) if (!isFinished(job)) await endJob(this.environment, job.id, { state: 'CANCELLED' });
    const evaluations = await prisma.evaluation.findMany({ where: evaluation, select: { imagesArtifactId: true } });
    // A few at a time, so that others have their turn. Who is interrupted deletes the model again.
    for await (const ids of inTurns(jobs.map(({ id }) => id))) {
      const jobId = { in: ids };
      await prisma.$transaction([
        prisma.evaluation.deleteMany({ where: { AND: [evaluation, { jobId }] } }),
        prisma.job.deleteMany({ where: { id: jobId } }),
      ]);
    }
    await prisma.$transaction(async (tx) => {
      await tx.evaluation.deleteMany({ where: evaluation });
      await tx.model.delete({ where: { id: model.id } });
      await recordAudit(tx, principal, 'DELETED', { type: 'Model', ...model }, { owner: model.owner });
    });
    const deleted = await releaseArtifacts(prisma, artifacts, [model.artifactId, ...evaluations.map((row) => row.imagesArtifactId)]);
    if (model.artifactId && deleted.includes(model.artifactId)) await modelFolders.delete(model.artifactId);
  }

  /** Changes what its owner says of it. @throws DomainError VALIDATION, NOT_FOUND, FORBIDDEN or NAME_TAKEN. */
  async update(principal: Principal, modelId: string | undefined, { card, ...changes }: ModelChanges): Promise<Model> {
    const { prisma } = this.environment;
    const model = modelId && (await visibleClient(prisma, principal).model.findUnique({ where: { id: modelId } }));
    if (!model) throw new DomainError('NOT_FOUND', 'There is no model with this id.', ['modelId']);
    checkMayChange(principal, model, 'model', ['modelId']);
    checkDescription(changes.description);
    const issue = card && modelCardSchema.safeParse(card).error?.issues[0];
    if (issue) throw new DomainError('VALIDATION', `card.${issue.path.join('.')} ${issue.message}.`, ['card', ...issue.path.map(String)]);
    const { id, visibility: from } = model;
    if (from === 'PRIVATE' && changes.visibility !== undefined && changes.visibility !== 'PRIVATE')
      await this.checkLookAlikes(model.owner, model.name);
    return named(model, () =>
      prisma.$transaction(async (tx) => {
        const updated = await tx.model.update({ where: { id }, data: { ...changes, card: card && toJson(card) } });
        const to = updated.visibility;
        if (to !== from) await recordAudit(tx, principal, 'VISIBILITY_CHANGED', { type: 'Model', id, name: model.name }, { from, to });
        return updated;
      }),
    );
  }

  /** @returns them as they are kept. @throws DomainError VALIDATION or NAME_TAKEN */
  async checkDetails(principal: Principal, { name: requested, versionOf, ...details }: RequestedDetails): Promise<ModelDetails> {
    const { description, expectedCleanAccuracy } = details;
    const before = versionOf === undefined ? undefined : await this.versionsOf(principal, versionOf);
    if (before && requested !== undefined && checkName(requested) !== before.name) {
      throw new DomainError('VALIDATION', `A version of "${before.name}" has its name: leave \`name\` out.`, ['name']);
    }
    if (!before && requested === undefined)
      throw new DomainError('VALIDATION', 'Give `name`, or `versionOf` for a model of yours.', ['name']);
    const name = before?.name ?? checkName(requested!);
    checkDescription(description);
    if (expectedCleanAccuracy !== undefined && !(expectedCleanAccuracy > 0 && expectedCleanAccuracy <= 1)) {
      const message = `expectedCleanAccuracy is ${expectedCleanAccuracy}; give a share, above 0 and at most 1.`;
      throw new DomainError('VALIDATION', message, ['expectedCleanAccuracy']);
    }
    if (before) return { ...details, ...before };
    const owner = principal.name;
    // Another's private model does not show by its name.
    const namesake = await this.environment.prisma.model.findFirst({
      where: { name, status: { not: 'REJECTED' }, OR: [{ visibility: { not: 'PRIVATE' } }, { owner }] },
    });
    if (namesake) throw taken(name);
    await this.checkLookAlikes(owner, name);
    return { ...details, name };
  }

  /** @throws DomainError NAME_TAKEN where a public model of somebody else has a name that looks the same. */
  private async checkLookAlikes(owner: string, name: string): Promise<void> {
    const shown = await this.environment.prisma.model.findMany({
      where: { visibility: { not: 'PRIVATE' }, status: { not: 'REJECTED' }, owner: { not: owner } },
      select: { name: true },
      distinct: ['name'],
    });
    const other = lookAlike(
      name,
      shown.map((model) => model.name),
    );
    if (other !== undefined) throw confusable('public model', name, other);
  }

  /** Name and number of the next version of a model. @throws DomainError NOT_FOUND or FORBIDDEN */
  private async versionsOf(principal: Principal, id: string): Promise<Pick<Model, 'name' | 'version'>> {
    const { prisma } = this.environment;
    const model = await visibleClient(prisma, principal).model.findUnique({ where: { id } });
    if (!model || model.status === 'REJECTED') throw new DomainError('NOT_FOUND', 'There is no model with this id.', ['versionOf']);
    const { name, owner } = model;
    if (owner !== principal.name) {
      throw new DomainError('FORBIDDEN', `"${name}" is not yours: its versions come from its owner. Give your model another name.`, [
        'versionOf',
      ]);
    }
    const { _max } = await prisma.model.aggregate({ where: { name, owner, status: { not: 'REJECTED' } }, _max: { version: true } });
    return { name, version: (_max.version ?? 0) + 1 };
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

function checkDescription(description: string | undefined): void {
  if (description && description.length > 2000)
    throw new DomainError('VALIDATION', 'A description has 2000 characters at most.', ['description']);
}

/** @throws DomainError VALIDATION naming the field. Whether the spec fits the network is seen when that is imported. */
function checkSpec(spec: Partial<ModelSpec> = {}): void {
  const issue = partialSpecSchema.safeParse(spec).error?.issues[0];
  if (issue) throw new DomainError('VALIDATION', `spec.${issue.path.join('.')}: ${issue.message}.`, ['spec', ...issue.path.map(String)]);
}

/** Two requests for one name can pass the first look at it. */
export async function named<Result>({ name }: Pick<ModelDetails, 'name'>, create: () => Promise<Result>): Promise<Result> {
  try {
    return await create();
  } catch (error) {
    if (isUniqueViolation(error)) throw taken(name);
    throw error;
  }
}

const taken = (name: string) => new DomainError('NAME_TAKEN', `There is already a model called "${name}".`, ['name']);

/** A model that answers elsewhere. @param field of the input that names it. @throws DomainError VALIDATION */
function remoteCandidate(field: 'endpoint' | 'function', title: string, endpoint: Endpoint, spec: Partial<ModelSpec>): Candidate {
  checkSpec(spec);
  for (const needed of ['inputShape', 'classCount'] as const) {
    if (spec[needed] === undefined)
      throw new DomainError('VALIDATION', `${title} does not say its ${needed}: give it in \`spec\`.`, ['spec', needed]);
  }
  const issue = endpointSchema.safeParse(endpoint).error?.issues[0];
  if (issue) throw new DomainError('VALIDATION', `${field}.${issue.path.join('.')}: ${issue.message}.`, [field, ...issue.path.map(String)]);
  const { authorization, ...shown } = endpoint;
  return { spec, access: endpoint.answers === 'LABELS' ? 'DECISION' : 'SCORE', endpoint: shown, authorization };
}
