/** Asking for classical classifiers. @module */
import { type ClassifierPlan, findClassifier } from '../../compute/classifiers/index.js';
import { checkImagesFit } from '../../compute/data/index.js';
import type { ModelSpec } from '../../compute/models/index.js';
import { type ParameterValues, validateParameters } from '../../compute/parameters/index.js';
import { DomainError } from '../../errors.js';
import { CLASSIFIER } from '../../jobs/classifier/handler.js';
import type { JobQueue } from '../../jobs/queue.js';
import type { JobEnvironment } from '../../jobs/types.js';
import type { Dataset, Job, Model } from '../../storage/generated/client.js';
import { toJson } from '../../storage/json.js';
import { visibleClient } from '../access/visibility.js';
import { findDataset } from '../dataset/find-dataset.js';
import { toDomainErrors } from '../domain-errors.js';
import { checkRange } from '../evaluation/evaluation-request.js';
import { hashOf } from '../job/unique-requests.js';
import type { Capacity } from '../job/capacity.js';
import { type ModelDetails, type ModelService, named } from '../model/models.js';
import type { Principal } from '../token/principal.js';

export interface ClassifierRequest {
  /** Name of the kind. */
  readonly name: string;
  readonly parameters: ParameterValues;
  readonly datasetId: string | undefined;
  readonly offset: number;
  /** Default: 1000, or all that there are. */
  readonly sampleCount?: number;
  readonly seed: number;
}

export class ClassifierService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly capacity: Capacity,
    private readonly models: ModelService,
  ) {}

  /** The same under a name made from the request, unless the principal has asked for the same before: then that one is found. */
  async findOrTrain(principal: Principal, request: ClassifierRequest): Promise<{ model: Model; job: Job }> {
    const { prisma } = this.environment;
    const dataset = await findDataset(visibleClient(prisma, principal), request.datasetId);
    const plan = await planOf(request, dataset);
    const name = `${plan.name} ${plan.seed} (${hashOf(plan, dataset.id, dataset.fingerprint).slice(0, 12)})`;
    const known = await prisma.model.findFirst({
      where: { owner: principal.name, name, fittedToId: dataset.id, job: { state: { in: ['QUEUED', 'RUNNING', 'SUCCEEDED'] } } },
      include: { job: true },
    });
    if (known?.job) return { model: known, job: known.job };
    return this.train(principal, { name, description: 'Fitted by a study.', visibility: 'PRIVATE' }, request);
  }

  /** Queues the fitting, with the resulting model. @throws DomainError VALIDATION, NOT_FOUND, DATASET_NOT_READY, NAME_TAKEN or QUEUE_FULL. */
  async train(principal: Principal, asked: ModelDetails, request: ClassifierRequest): Promise<{ model: Model; job: Job }> {
    const details = await this.models.checkDetails(principal, asked);
    const dataset = await findDataset(visibleClient(this.environment.prisma, principal), request.datasetId);
    const plan = await planOf(request, dataset);
    const [height, width, channels] = dataset.imageShape;
    const spec: Partial<ModelSpec> = { inputShape: [height!, width!, channels!], classCount: dataset.classNames.length };
    return named(details, () =>
      this.environment.prisma.$transaction(async (tx) => {
        await this.capacity.checkJobs(tx, principal, 1);
        await this.capacity.checkStored(tx, principal, 0, 'Delete models.');
        const owner = principal.name;
        const job = await tx.job.create({ data: { owner, kind: CLASSIFIER, total: plan.sampleCount, unit: 'examples' } });
        const model = await tx.model.create({
          data: {
            ...details,
            format: 'ONNX',
            access: findClassifier(plan.name).access,
            spec: toJson(spec),
            classifier: toJson(plan),
            fittedToId: dataset.id,
            owner,
            status: 'VALIDATING',
            jobId: job.id,
          },
        });
        await this.queue.plan(tx, job.id);
        return { model, job };
      }),
    );
  }
}

async function planOf({ name, parameters, offset, seed, ...request }: ClassifierRequest, dataset: Dataset): Promise<ClassifierPlan> {
  const definition = findClassifier(name);
  const checked = await toDomainErrors(() => validateParameters(definition, parameters, 'INVALID_TRAINING'), ['classifier', name]);
  const { sampleCount } = checkRange(dataset, offset, request.sampleCount);
  const { mostExamples = Infinity, title } = definition;
  if (sampleCount > mostExamples) {
    const message = `${title} takes ${mostExamples} examples at most, not ${sampleCount}. Give a smaller sampleCount.`;
    throw new DomainError('VALIDATION', message, ['sampleCount']);
  }
  await toDomainErrors(() => checkImagesFit(sampleCount, dataset.imageShape, ['sampleCount']));
  return { name, parameters: checked, offset, sampleCount, seed };
}
