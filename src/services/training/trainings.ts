/** Asking for training runs. @module */
import { type ArchitectureRequest, findArchitecture, type ModelSpec } from '../../compute/models/index.js';
import { DomainError } from '../../errors.js';
import type { JobQueue } from '../../jobs/queue.js';
import { TRAINING } from '../../jobs/training/handler.js';
import type { JobEnvironment } from '../../jobs/types.js';
import type { Dataset, Device, Job, Model, Prisma, TrainingRun } from '../../storage/generated/client.js';
import { specOf, toJson } from '../../storage/json.js';
import type { ReadyModel } from '../../storage/ready-model.js';
import type { Capacity } from '../job/capacity.js';
import { hashOf } from '../job/unique-requests.js';
import { toDomainErrors } from '../domain-errors.js';
import { checkFit, checkReady, checkSpecFits } from '../evaluation/evaluation-request.js';
import { type ModelDetails, type ModelService, named } from '../model/models.js';
import { checkSameClasses, checkSameImages, findDataset } from '../dataset/find-dataset.js';
import type { Principal } from '../token/principal.js';
import { checkSizes, findExtras, type RequestedExtra } from './extra-datasets.js';
import { checkLimits, completePlan, type RequestedPlan } from './training-request.js';
import { checkMayUse, visibleClient } from '../access/visibility.js';

export interface TrainingRequest extends Omit<RequestedPlan, 'extraFractions'> {
  /** Where training starts: one of the two. */
  readonly modelId?: string;
  readonly architecture?: ArchitectureRequest;
  readonly datasetId: string | undefined;
  /** Take a part of each minibatch. */
  readonly extraDatasets?: readonly RequestedExtra[];
  /** Default: the training data set. */
  readonly validationDatasetId?: string;
  readonly interval: number;
  readonly checkpointsKept: number;
  /** Default: AUTO. */
  readonly device?: Device;
}

/** What training starts from, as columns of the run and of the resulting model. */
interface Start {
  readonly run: Pick<Prisma.TrainingRunUncheckedCreateInput, 'baseModelId' | 'architecture'>;
  readonly model: Pick<Prisma.ModelUncheckedCreateInput, 'format' | 'architecture' | 'seed' | 'spec'>;
}

interface PlannedTraining extends Pick<Start, 'model'> {
  readonly totalSteps: number;
  readonly device?: Device;
  readonly run: Omit<Prisma.TrainingRunUncheckedCreateInput, 'modelId' | 'jobId' | 'requestHash'> & { readonly requestHash: string };
}

export interface QueuedTraining {
  readonly trainingRun: TrainingRun;
  readonly model: Model;
  readonly job: Job;
}

export class TrainingService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly capacity: Capacity,
    private readonly models: ModelService,
  ) {}

  /** Queues a run, with the resulting model. */
  async start(principal: Principal, asked: ModelDetails, request: TrainingRequest): Promise<QueuedTraining> {
    const details = await this.models.checkDetails(principal, asked);
    return this.create(principal, details, await this.plan(principal, request));
  }

  /**
   * The same, unless the principal has asked for the same before and its run is alive or has succeeded: then that one is found.
   * @param details of the model to be, from the hash of the request.
   */
  async findOrStart(
    principal: Principal,
    details: (requestHash: string) => ModelDetails,
    request: TrainingRequest,
  ): Promise<QueuedTraining> {
    const planned = await this.plan(principal, request);
    const { requestHash } = planned.run;
    const known = await this.environment.prisma.trainingRun.findFirst({
      where: { requestHash, model: { owner: principal.name }, job: { state: { in: ['QUEUED', 'RUNNING', 'SUCCEEDED'] } } },
      include: { model: true, job: true },
    });
    if (known) return { trainingRun: known, model: known.model, job: known.job };
    return this.create(principal, details(requestHash), planned);
  }

  private async plan(principal: Principal, request: TrainingRequest): Promise<PlannedTraining> {
    const {
      modelId,
      architecture,
      datasetId,
      extraDatasets = [],
      validationDatasetId,
      interval,
      checkpointsKept,
      device,
      ...requested
    } = request;
    checkLimits({ interval, checkpointsKept });
    const prisma = visibleClient(this.environment.prisma, principal);
    const dataset = await findDataset(prisma, datasetId, 'datasetId');
    const extras = await findExtras(prisma, extraDatasets, dataset);
    const validationDataset = validationDatasetId ? await findDataset(prisma, validationDatasetId, 'validation') : dataset;
    const { unlabelledDatasetId, modelIds = [] } = requested.scheme;
    const unlabelled = unlabelledDatasetId ? await findDataset(prisma, unlabelledDatasetId, 'scheme') : undefined;
    const others = await Promise.all(modelIds.map((id) => this.model(principal, id, ['scheme', 'modelIds'])));
    const start = await this.startOf(principal, modelId, architecture, dataset);
    const plan = await completePlan(
      { ...requested, extraFractions: extraDatasets.map(({ fraction }) => fraction) },
      dataset,
      validationDataset,
    );
    checkSizes(extras, validationDataset, plan);
    checkSameImages(dataset, validationDataset, 'validation');
    checkSameClasses(dataset, validationDataset, 'validation');
    if (unlabelled) checkSameImages(dataset, unlabelled, 'scheme');
    for (const other of others) checkFit(other, dataset);
    const rows = [dataset, ...extras, validationDataset, unlabelled, ...others].map((row) => row && [row.id, row.fingerprint]);
    const { kind, provider } = await this.environment.compute.engine();
    const run = {
      ...start.run,
      datasetId: dataset.id,
      extraData: { create: extras.map(({ id }, position) => ({ position, datasetId: id })) },
      validationDatasetId: validationDataset.id,
      unlabelledDatasetId: unlabelled?.id,
      plan: toJson(plan),
      otherModelIds: others.map(({ id }) => id),
      interval,
      checkpointsKept,
    };
    const requestHash = hashOf(start.run, rows, plan, interval, kind, provider);
    return { model: start.model, totalSteps: plan.totalSteps, device, run: { ...run, requestHash } };
  }

  private create(principal: Principal, details: ModelDetails, planned: PlannedTraining): Promise<QueuedTraining> {
    return named(details, () =>
      this.environment.prisma.$transaction(async (tx) => {
        await this.capacity.checkJobs(tx, principal, 1);
        await this.capacity.checkStored(tx, principal, 0, 'Delete models.');
        const owner = principal.name;
        const job = await tx.job.create({
          data: { owner, kind: TRAINING, total: planned.totalSteps, unit: 'steps', device: planned.device },
        });
        const made = { ...details, ...planned.model, owner, status: 'VALIDATING' as const, jobId: job.id };
        const model = await tx.model.create({ data: made });
        const trainingRun = await tx.trainingRun.create({ data: { ...planned.run, modelId: model.id, jobId: job.id } });
        await this.queue.plan(tx, job.id);
        return { trainingRun, model, job };
      }),
    );
  }

  private async startOf(
    principal: Principal,
    modelId: string | undefined,
    architecture: ArchitectureRequest | undefined,
    dataset: Dataset,
  ): Promise<Start> {
    if ((modelId === undefined) === (architecture === undefined)) {
      throw new DomainError('VALIDATION', 'Give `modelId` or `architecture`: one of them.', ['modelId']);
    }
    if (architecture) {
      const known = await toDomainErrors(() => findArchitecture(architecture.architecture), ['architecture']);
      const [height, width, channels] = dataset.imageShape;
      const inputShape: ModelSpec['inputShape'] = architecture.inputShape ?? [height!, width!, channels!];
      const classCount = architecture.classCount ?? dataset.classNames.length;
      const request = { ...architecture, architecture: known.name, inputShape, classCount };
      const spec = { inputShape, classCount, classNames: dataset.classNames };
      checkSpecFits(known.name, spec, dataset);
      return {
        run: { architecture: toJson(request) },
        model: {
          format: 'LAYERS_MODEL',
          architecture: known.name,
          seed: architecture.seed,
          spec: toJson(spec),
        },
      };
    }
    const base = await this.model(principal, modelId, ['modelId']);
    checkFit(base, dataset);
    if (base.output !== 'LOGITS') {
      throw new DomainError('VALIDATION', `"${base.name}" ends in probabilities; training needs a model that outputs logits.`, ['modelId']);
    }
    return {
      run: { baseModelId: base.id },
      model: { format: base.format, architecture: base.architecture, spec: toJson(specOf(base)) },
    };
  }

  private async model(principal: Principal, id: string | undefined, path: string[]): Promise<ReadyModel> {
    const model = id && (await visibleClient(this.environment.prisma, principal).model.findUnique({ where: { id } }));
    if (!model) throw new DomainError('NOT_FOUND', 'There is no model with this id.', path);
    checkMayUse(principal, model, path);
    if (checkReady(model).access !== 'GRADIENT') {
      throw new DomainError('VALIDATION', `"${model.name}" is a black box: training needs a model with gradients.`, path);
    }
    return checkReady(model);
  }
}
