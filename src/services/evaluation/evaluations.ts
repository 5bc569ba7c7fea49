/** Asking for evaluations. @module */
import { setImmediate } from 'node:timers/promises';
import type { AttackDefinition } from '../../compute/attacks/index.js';
import type { ParameterValues } from '../../compute/parameters/index.js';
import type { Judging } from '../../compute/distances/index.js';
import { defaultJudging } from '../../compute/evaluation/index.js';
import { DomainError } from '../../errors.js';
import type { JobEnvironment } from '../../jobs/types.js';
import { sourceRowIds } from '../../storage/source-models.js';
import type { Transaction } from '../../storage/database.js';
import type { Dataset, Model, Device } from '../../storage/generated/client.js';
import type { ReadyModel } from '../../storage/ready-model.js';
import {
  checkJudging,
  checkAllowed,
  checkAttack,
  checkFit,
  checkPredictions,
  checkRange,
  checkReady,
  requestHash,
  withBudgets,
  type RequestedAttack,
} from './evaluation-request.js';
import { classMapOf } from './class-map.js';
import { EvaluationQueue, type Planned, type QueuedEvaluation } from './evaluation-queue.js';
import { requestCost, type RequestCost } from './evaluation-cost.js';
import type { Capacity } from '../job/capacity.js';
import { findDataset } from '../dataset/find-dataset.js';
import type { Principal } from '../token/principal.js';
import { checkMayUse, mayTransferFrom, visibleClient } from '../access/visibility.js';

export interface EvaluationRequest {
  readonly modelIds: readonly (string | undefined)[];
  readonly datasetId: string | undefined;
  readonly attacks: readonly RequestedAttack[];
  /** Budgets in place of the attacks' own. */
  readonly epsilons?: readonly number[];
  readonly sampleCount?: number | null;
  readonly offset: number;
  readonly seed: number;
  readonly keepImages: boolean;
  /** Undefined: the data set's default. */
  readonly judging?: Judging;
  /** Default: 1. */
  readonly predictions?: number;
  /** Of each model to the data set. */
  readonly classMap?: readonly number[];
  readonly matchClasses?: boolean;
  /** Of new jobs. Default: AUTO. */
  readonly device?: Device;
}

/** Models times attacks times budgets in one request. */
const MAX_EVALUATIONS = 1000;

export class EvaluationService {
  private readonly queue: EvaluationQueue;

  constructor(
    private readonly environment: JobEnvironment,
    capacity: Capacity,
  ) {
    this.queue = new EvaluationQueue(environment, capacity);
  }

  /** One evaluation for each model, attack and budget, in this order; those that were asked for before are found, not queued again. */
  async start(principal: Principal, request: EvaluationRequest) {
    return this.withEvaluations(principal, await this.plan(principal, request), (_tx, evaluations) => Promise.resolve(evaluations));
  }

  /**
   * Finds or queues evaluations and, when all are there, does what rests on them in a transaction.
   * @param use gets an evaluation for each that was planned, in this order.
   */
  withEvaluations<Result>(
    principal: Principal,
    planned: readonly Planned[],
    use: (tx: Transaction, evaluations: QueuedEvaluation[]) => Promise<Result>,
  ): Promise<Result> {
    return this.queue.findOrQueue(principal, planned, use);
  }

  /** What `start` would cost. @throws DomainError as `start` does. */
  async cost(principal: Principal, request: EvaluationRequest): Promise<RequestCost> {
    return requestCost(visibleClient(this.environment.prisma, principal), await this.plan(principal, request));
  }

  /** @param member of the client's input that names the models: `sourceIds` of a transfer, for which listed models can be used whose owners allow it. */
  async plan(principal: Principal, request: EvaluationRequest, member: 'modelIds' | 'sourceIds' = 'modelIds'): Promise<Planned[]> {
    const { prisma, compute } = this.environment;
    if (request.attacks.length === 0) throw new DomainError('VALIDATION', 'Name at least one attack.', ['attacks']);
    const requested = withBudgets(request.attacks, request.epsilons);
    if (request.modelIds.length * requested.length > MAX_EVALUATIONS) {
      throw new DomainError(
        'LIMIT_EXCEEDED',
        `A request may ask for ${MAX_EVALUATIONS} evaluations (models times attacks times budgets) at most.`,
        ['attacks'],
      );
    }
    const dataset = await findDataset(visibleClient(prisma, principal), request.datasetId);
    const models = await this.models(principal, request.modelIds, [member], member === 'sourceIds' ? mayTransferFrom : undefined);
    const range = checkRange(dataset, request.offset, request.sampleCount);
    const classMaps = new Map(models.map((model) => [model.id, classMapOf(model, dataset, request)]));
    for (const model of models) checkFit(model, dataset, undefined, classMaps.get(model.id));
    const attacks: { attack: AttackDefinition; parameters: ParameterValues; position: number }[] = [];
    for (const { definition, parameters, position } of requested) {
      // Others have their turn: a request may have a thousand of them, each with many inside.
      await setImmediate();
      const path = ['attacks', String(position), definition.name];
      attacks.push({
        attack: definition,
        parameters: await checkAttack(definition, parameters, dataset, path, range.sampleCount),
        position,
      });
    }
    for (const { attack, parameters, position } of attacks) {
      await this.checkSources(principal, parameters, dataset, ['attacks', String(position), attack.name, 'sourceModelIds']);
    }
    for (const model of models) {
      for (const { attack, parameters, position } of attacks) await checkAllowed(model, attack, parameters, position);
    }
    const engine = await compute.engine();
    const { seed, keepImages, judging = defaultJudging(dataset), predictions = 1, device } = request;
    checkPredictions(predictions);
    checkJudging(dataset, judging);
    const planned: Planned[] = [];
    for (const model of models) {
      for (const { attack, parameters } of attacks) {
        await setImmediate();
        const one = {
          model,
          dataset,
          attack,
          parameters,
          ...range,
          seed,
          keepImages,
          judging,
          predictions,
          device,
          engine,
          classMap: classMaps.get(model.id),
        };
        planned.push({ ...one, hash: requestHash(one) });
      }
    }
    return planned;
  }

  /** Models that an attack's parameters name, of which it needs gradients. @param path of the list in the client's input. */
  private async checkSources(principal: Principal, parameters: ParameterValues, dataset: Dataset, path: readonly string[]): Promise<void> {
    const ids = sourceRowIds(parameters);
    if (ids.length === 0) return;
    for (const [i, model] of (await this.models(principal, ids, path)).entries()) {
      checkFit(model, dataset, [...path, String(i)]);
      if (model.access === 'GRADIENT') continue;
      const message = `"${model.name}" is a black box, and images are made by the gradients of the source models. Choose a model with gradients.`;
      throw new DomainError('VALIDATION', message, [...path, String(i)]);
    }
  }

  /** @param path in the client's input of the list that names them. @param mayUse what else can be used than one's own and public models. */
  async models(
    principal: Principal,
    ids: readonly (string | undefined)[],
    path: readonly string[],
    mayUse: (principal: Principal, model: Model) => boolean = () => false,
  ): Promise<ReadyModel[]> {
    if (ids.length === 0) throw new DomainError('VALIDATION', 'Name at least one model.', path);
    const known = ids.filter((id) => id !== undefined);
    const prisma = visibleClient(this.environment.prisma, principal);
    const rows = new Map((await prisma.model.findMany({ where: { id: { in: known } } })).map((row) => [row.id, row]));
    return ids.map((id, i) => {
      const model = id && rows.get(id);
      if (!model) throw new DomainError('NOT_FOUND', 'There is no model with this id.', [...path, String(i)]);
      if (!mayUse(principal, model)) checkMayUse(principal, model, [...path, String(i)]);
      return checkReady(model, [...path, String(i)]);
    });
  }
}
