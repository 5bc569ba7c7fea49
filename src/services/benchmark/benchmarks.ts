/** Benchmarks: protocols that models are entered in, and official runs of them, which this server makes and nobody takes back. @module */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { attackAsRun, checkAccess, findAttack } from '../../compute/attacks/index.js';
import { imported } from '../../compute/evaluation/index.js';
import { DomainError } from '../../errors.js';
import { BENCHMARK_ENTRY } from '../../jobs/benchmark/handler.js';
import type { JobQueue } from '../../jobs/queue.js';
import type { JobEnvironment } from '../../jobs/types.js';
import type { Transaction } from '../../storage/database.js';
import {
  type Benchmark,
  type BenchmarkEntry,
  type ClaimedEntry,
  type Dataset,
  type Judging,
  type Model,
  type Norm,
  Prisma,
  type Visibility,
} from '../../storage/generated/client.js';
import { attacksOf, toJson } from '../../storage/json.js';
import type { ReadyModel } from '../../storage/ready-model.js';
import { visibleClient } from '../access/visibility.js';
import { findDataset } from '../dataset/find-dataset.js';
import { checkAttack, checkFit, checkPredictions, checkReady, type RequestedAttack } from '../evaluation/evaluation-request.js';
import { importClaims, type RequestedClaim } from './claims.js';
import type { EvaluationService } from '../evaluation/evaluations.js';
import { toDomainErrors } from '../domain-errors.js';
import { SHIPPED_MODELS } from '../model/shipped.js';
import { checkName } from '../names.js';
import { checkMayChange, type Principal, SERVER } from '../token/principal.js';

export interface BenchmarkRequest {
  readonly name: string;
  readonly title: string;
  /** Markdown. */
  readonly rules: string;
  readonly datasetId: string | undefined;
  readonly norm: Norm;
  readonly epsilon: number;
  readonly attacks: readonly RequestedAttack[];
  readonly offset: number;
  readonly sampleCount?: number;
  readonly seed: number;
  readonly predictions: number;
  readonly judging: Judging;
  readonly visibility: Visibility;
  readonly heldOut: boolean;
  readonly opensAt?: Date;
  readonly closesAt?: Date;
  readonly entriesPerDay?: number;
}

const MOST_ATTACKS = 50;
const DAY_MS = 24 * 3_600_000;

export const isOpen = ({ opensAt, closesAt }: Pick<Benchmark, 'opensAt' | 'closesAt'>, now = new Date()): boolean =>
  !(opensAt && opensAt > now) && !isClosed({ closesAt }, now);

export const isClosed = ({ closesAt }: Pick<Benchmark, 'closesAt'>, now = new Date()): boolean => closesAt !== null && closesAt <= now;

/** Whether a request says of each column what the row has. What it leaves out is null there. */
function isUnchanged(row: Benchmark, said: Readonly<Record<string, unknown>>): boolean {
  const columns = new Set([...Object.keys(said), 'opensAt', 'closesAt', 'entriesPerDay']);
  return [...columns].every((column) => isDeepStrictEqual(said[column] ?? null, row[column as keyof Benchmark]));
}

export class BenchmarkService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly evaluations: EvaluationService,
  ) {}

  /** One of a name that is there is its next version: entries stay with the version that they were made for. One that says nothing else is that version itself. */
  async create(principal: Principal, { datasetId, attacks, sampleCount, ...request }: BenchmarkRequest): Promise<Benchmark> {
    const { prisma } = this.environment;
    const { title, rules, norm, epsilon, offset, opensAt, closesAt, entriesPerDay } = request;
    const name = checkName(request.name);
    checkText(title, 200, 'title');
    checkText(rules, 20_000, 'rules');
    checkPredictions(request.predictions);
    if (opensAt && closesAt && closesAt <= opensAt) throw invalid('It closes before it opens.', 'closesAt');
    if (entriesPerDay !== undefined && entriesPerDay < 1) throw invalid('entriesPerDay is 1 or more.', 'entriesPerDay');
    if (request.heldOut && !closesAt) throw invalid('Examples are held out until the benchmark closes: say when that is.', 'closesAt');
    if (request.visibility === 'LISTED') throw invalid('A benchmark is PUBLIC or PRIVATE.', 'visibility');
    const dataset = await findDataset(visibleClient(prisma, principal), datasetId);
    if (dataset.visibility !== 'PUBLIC' && request.visibility === 'PUBLIC') {
      throw invalid(`"${dataset.name}" is private: a public benchmark is on public data.`, 'datasetId');
    }
    const count = sampleCount ?? dataset.exampleCount - offset;
    if (offset < 0 || count < 1 || offset + count > dataset.exampleCount) {
      throw invalid(`"${dataset.name}" has ${dataset.exampleCount} examples; the range from ${offset} on does not fit.`, 'sampleCount');
    }
    const protocol = await this.protocol(attacks, dataset, { norm, epsilon }, count);
    return prisma.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`benchmark ${name}`}, 0))`;
      const newest = await tx.benchmark.findFirst({ where: { name }, orderBy: { version: 'desc' } });
      const said = { ...request, name, datasetId: dataset.id, sampleCount: count, attacks: toJson(protocol) };
      if (newest && isUnchanged(newest, said)) return newest;
      return tx.benchmark.create({ data: { ...said, owner: principal.name, version: (newest?.version ?? 0) + 1 } });
    });
  }

  /** Queues an official run. @throws DomainError where the benchmark is not open, or the model cannot be entered. */
  async enter(principal: Principal, benchmarkId: string | undefined, modelId: string | undefined): Promise<BenchmarkEntry> {
    const prisma = visibleClient(this.environment.prisma, principal);
    const benchmark = benchmarkId && (await prisma.benchmark.findUnique({ where: { id: benchmarkId }, include: { dataset: true } }));
    if (!benchmark) throw new DomainError('NOT_FOUND', 'There is no benchmark with this id.', ['benchmarkId']);
    const model = modelId && (await prisma.model.findUnique({ where: { id: modelId } }));
    if (!model) throw new DomainError('NOT_FOUND', 'There is no model with this id.', ['modelId']);
    checkMayChange(principal, model, 'model', ['modelId']);
    await this.checkOpen(benchmark);
    return this.queueRun(benchmark, checkReady(model, ['modelId']), principal);
  }

  /** Enters the models of the versions before in the newest one. @returns the entries that are new. */
  async enterAgain(principal: Principal, benchmarkId: string | undefined): Promise<BenchmarkEntry[]> {
    const { prisma } = this.environment;
    const benchmark = benchmarkId && (await prisma.benchmark.findUnique({ where: { id: benchmarkId }, include: { dataset: true } }));
    if (!benchmark) throw new DomainError('NOT_FOUND', 'There is no benchmark with this id.', ['benchmarkId']);
    await this.checkOpen(benchmark);
    const { name, version } = benchmark;
    const before = await prisma.benchmarkEntry.findMany({
      where: { benchmark: { name, version: { lt: version } }, result: { not: Prisma.DbNull }, model: { status: 'READY' } },
      include: { model: true },
      orderBy: { createdAt: 'asc' },
    });
    const models = new Map(before.flatMap(({ model }) => (model ? [[model.id, model]] : [])));
    const entries: BenchmarkEntry[] = [];
    for (const model of models.values()) {
      if (await this.standing(benchmark.id, model.id)) continue;
      entries.push(await this.queueRun(benchmark, checkReady(model), principal));
    }
    return entries;
  }

  /**
   * Enters the models that came with the server, each where its data is.
   * @param benchmarkId undefined: the newest version of each that is open. @returns the entries that are new. @throws DomainError NOT_FOUND or VALIDATION
   */
  async enterShipped(principal: Principal, benchmarkId: string | null | undefined): Promise<BenchmarkEntry[]> {
    const { prisma } = this.environment;
    const models = await prisma.model.findMany({ where: { owner: SERVER.name, status: 'READY' }, orderBy: { createdAt: 'asc' } });
    const all = await prisma.benchmark.findMany({
      where: { id: benchmarkId === undefined ? undefined : { in: benchmarkId === null ? [] : [benchmarkId] } },
      distinct: ['name'],
      orderBy: [{ name: 'asc' }, { version: 'desc' }],
      include: { dataset: true },
    });
    const [named] = all;
    if (benchmarkId !== undefined && !named) throw new DomainError('NOT_FOUND', 'There is no benchmark with this id.', ['benchmarkId']);
    if (benchmarkId !== undefined) await this.checkOpen(named!);
    const entries: BenchmarkEntry[] = [];
    for (const benchmark of all.filter((one) => isOpen(one))) {
      const isFor = (model: Model) => SHIPPED_MODELS.some(({ name, dataset }) => name === model.name && dataset === benchmark.dataset.name);
      for (const model of models.filter(isFor)) {
        if (await this.standing(benchmark.id, model.id)) continue;
        entries.push(await this.queueRun(benchmark, checkReady(model), principal));
      }
    }
    return entries;
  }

  /** See `importClaims`. */
  importClaims(principal: Principal, benchmarkId: string | undefined, requested: readonly RequestedClaim[]): Promise<ClaimedEntry[]> {
    return importClaims(this.environment.prisma, principal, benchmarkId, requested);
  }

  /** @throws DomainError VALIDATION */
  private async checkOpen(benchmark: Benchmark): Promise<void> {
    const { name, version, opensAt, closesAt } = benchmark;
    if (isClosed(benchmark)) throw invalid(`"${name}" has been closed since ${closesAt!.toISOString()}.`, 'benchmarkId');
    if (!isOpen(benchmark)) throw invalid(`"${name}" opens at ${opensAt!.toISOString()}.`, 'benchmarkId');
    const newer = await this.environment.prisma.benchmark.findFirst({
      where: { name, version: { gt: version } },
      orderBy: { version: 'desc' },
    });
    if (newer) throw invalid(`"${name}" has version ${newer.version} by now: enter that one.`, 'benchmarkId');
  }

  /** An entry of the model that has a result, or will have one. */
  private standing(benchmarkId: string, modelId: string): Promise<BenchmarkEntry | null> {
    const { prisma } = this.environment;
    const state = { in: ['QUEUED' as const, 'RUNNING' as const, 'SUCCEEDED' as const] };
    return prisma.benchmarkEntry.findFirst({ where: { benchmarkId, modelId, job: { state } } });
  }

  private async queueRun(benchmark: Benchmark & { dataset: Dataset }, model: ReadyModel, principal: Principal): Promise<BenchmarkEntry> {
    const { dataset, visibility, predictions } = benchmark;
    if (model.visibility === 'PRIVATE' && visibility !== 'PRIVATE') {
      const message = `"${model.name}" is private. Make it LISTED (its results are shown, its files stay yours) or PUBLIC by updateModel, and enter it then.`;
      throw invalid(message, 'modelId');
    }
    checkFit(model, dataset, ['modelId']);
    const attacks = attacksOf(benchmark).map(({ kind, parameters }) => ({ definition: findAttack(kind), parameters }));
    for (const { definition, parameters } of attacks) {
      await toDomainErrors(
        () => checkAccess(model.access, attackAsRun(definition.kind, parameters), parameters, `"${model.name}"`),
        ['modelId'],
      );
    }
    const known = await this.standing(benchmark.id, model.id);
    if (known) return known;
    const entryId = randomUUID();
    const request = { modelIds: [model.id], datasetId: dataset.id, attacks, ...rangeOf(benchmark), predictions, keepImages: false };
    const planned = await this.evaluations.plan(SERVER, request);
    // Nobody's earlier run counts: whoever answers over HTTP may answer another way by now.
    const official = planned.map((one) => ({ ...one, hash: `${one.hash} ${entryId}` }));
    return this.evaluations.withEvaluations(SERVER, official, async (tx, evaluations) => {
      await checkToday(tx, benchmark, principal);
      const job = await tx.job.create({
        data: { owner: SERVER.name, kind: BENCHMARK_ENTRY, total: evaluations.length, unit: 'attacks' },
      });
      const { id: modelId, name: modelName, version: modelVersion, owner } = model;
      const data = {
        id: entryId,
        benchmarkId: benchmark.id,
        modelId,
        modelName,
        modelVersion,
        fingerprint: model.fingerprint!,
        owner,
        jobId: job.id,
      };
      const entry = await tx.benchmarkEntry.create({ data });
      const ids = evaluations.map(({ id }) => id);
      await tx.evaluation.updateMany({ where: { id: { in: ids } }, data: { entryId, heldOut: benchmark.heldOut } });
      await this.queue.plan(tx, job.id);
      return entry;
    });
  }

  /** @throws DomainError VALIDATION where an attack goes beyond the threat model. */
  private async protocol(
    attacks: readonly RequestedAttack[],
    dataset: Dataset,
    { norm, epsilon }: { readonly norm: Norm; readonly epsilon: number },
    sampleCount: number,
  ) {
    if (attacks.length === 0 || attacks.length > MOST_ATTACKS) throw invalid(`Name 1 to ${MOST_ATTACKS} attacks.`, 'attacks');
    return Promise.all(
      attacks.map(async ({ definition, parameters: given }, i) => {
        const path = ['attacks', String(i), definition.name];
        if (definition.kind === imported.kind) throw invalid('Imported images are of one model, and no attack for all.', ...path);
        const parameters = await checkAttack(definition, given, dataset, path, sampleCount);
        const budget = definition.budget(parameters, dataset.imageShape);
        if (budget.norm !== norm || budget.epsilon > epsilon) {
          throw invalid(
            `The threat model is ${norm} with ε = ${epsilon}; this attack has ε = ${budget.epsilon} in ${budget.norm}.`,
            ...path,
          );
        }
        return { kind: definition.kind, parameters };
      }),
    );
  }
}

const rangeOf = ({ offset, sampleCount, seed, judging }: Benchmark) => ({ offset, sampleCount, seed, judging });

async function checkToday(tx: Transaction, { name, entriesPerDay }: Benchmark, principal: Principal): Promise<void> {
  if (entriesPerDay === null || principal.role === 'ADMIN') return;
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`entries ${name} ${principal.name}`}, 0))`;
  const since = new Date(Date.now() - DAY_MS);
  const count = await tx.benchmarkEntry.count({ where: { owner: principal.name, benchmark: { name }, createdAt: { gte: since } } });
  if (count < entriesPerDay) return;
  const message = `"${name}" takes ${entriesPerDay} entries a day from each, and you have made ${count} in the last 24 hours.`;
  throw new DomainError('LIMIT_EXCEEDED', message, ['benchmarkId']);
}

function checkText(value: string, most: number, member: string): void {
  if (value.trim() === '' || value.length > most) throw invalid(`${member} has 1 to ${most} characters.`, member);
}

const invalid = (message: string, ...path: string[]) => new DomainError('VALIDATION', message, path);
