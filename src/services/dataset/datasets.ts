/** Registering data sets. @module */
import {
  type CorruptedPart,
  corruptedParts,
  type DatasetInfo,
  datasetFormats,
  DEFAULT_RESIZING,
  type ResizingName,
  STORED_FORMAT,
  type UploadFormatName,
} from '../../compute/data/index.js';
import { findNamed } from '../../compute/parameters/index.js';
import { DomainError } from '../../errors.js';
import { DATASET_VALIDATION } from '../../jobs/dataset/handler.js';
import type { JobQueue } from '../../jobs/queue.js';
import type { JobEnvironment } from '../../jobs/types.js';
import { MAX_PAGE } from '../../page-size.js';
import { isUniqueViolation } from '../../storage/errors.js';
import type { Dataset, DatasetSplit, Job, Visibility } from '../../storage/generated/client.js';
import { type PreparationRequest, toJson } from '../../storage/json.js';
import { isStorable } from '../../storage/text.js';
import { toDomainErrors } from '../domain-errors.js';
import type { Capacity } from '../job/capacity.js';
import { checkName, confusable, lookAlike } from '../names.js';
import { type Principal, SERVER } from '../token/principal.js';
import type { UploadService } from '../upload/uploads.js';

export interface DatasetRequest {
  readonly name: string;
  readonly format: string;
  readonly split: DatasetSplit;
  /** Key of the registry of ways to resize; default: the format's own. */
  readonly resizing?: string;
}

/** What is made of an upload. */
export interface UploadPreparation {
  /** Default: what is recognised. */
  readonly uploadFormat?: UploadFormatName;
  readonly classNames?: readonly string[];
  /** Height and width, to which pictures are resized. */
  readonly imageSize?: readonly number[];
  readonly resizing?: ResizingName;
  /** Of pictures. */
  readonly channels?: number;
}

export interface UploadedDataset extends UploadPreparation {
  readonly name: string;
  readonly visibility: Visibility;
  readonly uploadId: string;
  readonly split: DatasetSplit;
}

export class DatasetService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly capacity: Capacity,
    private readonly uploads: UploadService,
  ) {}

  /** True classes of some examples, in order; empty until it is ready. @throws DomainError VALIDATION, INVALID_DATASET */
  async labels(dataset: Dataset, offset: number, count: number): Promise<number[]> {
    if (!Number.isInteger(offset) || offset < 0) throw new DomainError('VALIDATION', `offset is ${offset}; give 0 or more.`, ['offset']);
    if (!Number.isInteger(count) || count < 1 || count > MAX_PAGE)
      throw new DomainError('VALIDATION', `first is ${count}; give 1 to ${MAX_PAGE}.`, ['first']);
    if (dataset.state !== 'READY') return [];
    const { compute, datasetSource } = this.environment;
    return toDomainErrors(async () => Array.from(await compute.datasetLabels(await datasetSource(dataset), offset, count)));
  }

  /** Reads a data set whose files lie on the server; it is for everyone. */
  async register(request: DatasetRequest): Promise<Dataset> {
    const name = checkName(request.name);
    await this.checkFree(SERVER, name);
    const { format, split } = request;
    const { resizing, info } = await toDomainErrors(async () => {
      const resizing = request.resizing ?? findServerFormat(format).resizings?.[0]?.name ?? null;
      const source = await this.environment.datasetSource({ format, split, resizing, artifactId: null });
      const info: DatasetInfo = await this.environment.compute.inspectDataset(source);
      return { resizing, info };
    });
    const { imageShape, classNames, exampleCount, bitDepth, fingerprint } = info;
    const found = { imageShape: [...imageShape], classNames: [...classNames], exampleCount, bitDepth, fingerprint };
    const owned = { owner: SERVER.name, visibility: 'PUBLIC', state: 'READY' } as const;
    return unlessTaken(name, () => this.environment.prisma.dataset.create({ data: { name, format, split, resizing, ...found, ...owned } }));
  }

  /** Keeps an upload and queues its reading. The upload is used up. */
  async registerUpload(principal: Principal, request: UploadedDataset): Promise<{ dataset: Dataset; job: Job }> {
    const { uploadId, split, visibility, uploadFormat } = request;
    const name = checkName(request.name);
    if (visibility === 'LISTED') throw new DomainError('VALIDATION', 'A data set is PUBLIC or PRIVATE.', ['visibility']);
    const preparation = checkPreparation(request);
    await this.checkFree(principal, name);
    const { id, artifactId, fileName } = await this.uploads.completed(principal, uploadId);
    const created = await unlessTaken(name, () =>
      this.environment.prisma.$transaction(async (tx) => {
        await this.capacity.checkJobs(tx, principal, 1);
        const maxBytes = await this.capacity.room(tx, principal);
        const job = await tx.job.create({ data: { owner: principal.name, kind: DATASET_VALIDATION, total: 1, unit: 'data sets' } });
        const data = {
          ...{ name, visibility, split, uploadFormat, artifactId, jobId: job.id, owner: principal.name },
          ...{ format: STORED_FORMAT, state: 'PENDING' as const, exampleCount: 0, bitDepth: 8, fingerprint: '' },
          resizing: preparation.resizing?.method,
          classNames: [],
          imageShape: [],
          request: toJson({ ...preparation, fileName, maxBytes } satisfies PreparationRequest),
        };
        const dataset = await tx.dataset.create({ data });
        await this.queue.plan(tx, job.id);
        return { dataset, job };
      }),
    );
    await this.uploads.remove(id);
    return created;
  }

  /** Of published corrupted images, which are of which corruption. @throws DomainError INVALID_DATASET */
  corruptedParts(dataset: Dataset): Promise<CorruptedPart[]> {
    return toDomainErrors(async () => corruptedParts(await this.environment.datasetSource(dataset), dataset.exampleCount));
  }

  /** @throws DomainError NAME_TAKEN. Another's private data set does not show by its name. */
  private async checkFree({ name: owner }: Principal, name: string): Promise<void> {
    const where = { name, state: { not: 'REJECTED' as const }, OR: [{ visibility: 'PUBLIC' as const }, { owner }] };
    const { prisma } = this.environment;
    if (await prisma.dataset.findFirst({ where })) throw taken(name);
    const shown = await prisma.dataset.findMany({ where: { visibility: 'PUBLIC', owner: { not: owner } }, select: { name: true } });
    const other = lookAlike(
      name,
      shown.map((dataset) => dataset.name),
    );
    if (other !== undefined) throw confusable('data set', name, other);
  }
}

/** @throws ComputeError INVALID_DATASET */
export const findServerFormat = (format: string) => findNamed(datasetFormats, format, 'INVALID_DATASET', 'format', 'data-set format');

const MAXIMUM_SIDE = 8192;

/** @throws DomainError VALIDATION */
export function checkPreparation({
  classNames,
  imageSize,
  resizing,
  channels,
}: UploadPreparation): Omit<PreparationRequest, 'fileName' | 'maxBytes'> {
  const invalid = (message: string, member: string) => new DomainError('VALIDATION', message, [member]);
  if (classNames?.length === 0) throw invalid('Name at least one class, or leave the list out.', 'classNames');
  const wrong = classNames?.find((name) => name === '' || name.length > 200 || !isStorable(name));
  if (wrong !== undefined)
    throw invalid(`A class name has 1 to 200 characters; ${JSON.stringify(wrong.slice(0, 50))} has not.`, 'classNames');
  const twice = classNames && new Set(classNames).size < classNames.length;
  if (twice) throw invalid('Two classes have the same name.', 'classNames');
  if (channels !== undefined && channels !== 1 && channels !== 3)
    throw invalid(`channels is ${channels}; pictures have 1 or 3.`, 'channels');
  if (!imageSize && resizing) throw invalid('Give `imageSize`, to which pictures are resized.', 'imageSize');
  if (!imageSize) return { classNames, channels };
  const [height = 0, width = 0] = imageSize;
  const isSide = (side: number) => Number.isInteger(side) && side >= 1 && side <= MAXIMUM_SIDE;
  if (imageSize.length !== 2 || !isSide(height) || !isSide(width))
    throw invalid(`imageSize is [${imageSize.join(', ')}]; give height and width, each from 1 to ${MAXIMUM_SIDE}.`, 'imageSize');
  if (height !== width && resizing !== undefined && resizing !== DEFAULT_RESIZING)
    throw invalid(`${resizing} makes squares; ${height}×${width} is made by ${DEFAULT_RESIZING}.`, 'resizing');
  return { classNames, channels, resizing: { height, width, method: resizing ?? DEFAULT_RESIZING } };
}

async function unlessTaken<Result>(name: string, create: () => Promise<Result>): Promise<Result> {
  try {
    return await create();
  } catch (error) {
    if (isUniqueViolation(error)) throw taken(name);
    throw error;
  }
}

const taken = (name: string) => new DomainError('NAME_TAKEN', `There is already a data set called "${name}".`, ['name']);
