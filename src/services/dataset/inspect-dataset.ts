/** Looks at an upload, or at files of the server, as their registration would, and keeps nothing. @module */
import { mkdir } from 'node:fs/promises';
import { DomainError } from '../../errors.js';
import type { DatasetInspection, DatasetInspectionRequest } from '../../jobs/dataset/messages.js';
import { JobFailed, type JobEnvironment } from '../../jobs/types.js';
import type { DatasetSplit } from '../../storage/generated/client.js';
import { toDomainErrors } from '../domain-errors.js';
import type { Principal } from '../token/principal.js';
import type { UploadService } from '../upload/uploads.js';
import { checkPreparation, type DatasetRequest, findServerFormat, type UploadPreparation } from './datasets.js';

interface UploadInspectionRequest extends UploadPreparation {
  readonly uploadId: string;
  readonly split: DatasetSplit;
  /** Images that are decoded. */
  readonly imageCount: number;
}

/** What was found; of files of the server, how many examples each class has is not known. */
export interface InspectedDataset extends Omit<DatasetInspection, 'format' | 'classes' | 'files'> {
  readonly format?: string;
  readonly files?: DatasetInspection['files'];
  readonly classes: readonly { readonly name: string; readonly count?: number }[];
}

const NOTHING = { exampleCount: 0, decodedCount: 0, images: [], classes: [] } as const;

export class DatasetInspector {
  /** Who has one looked at: it is a process of the memory of a reading. */
  private readonly busy = new Set<string>();

  constructor(
    private readonly environment: JobEnvironment,
    private readonly uploads: UploadService,
  ) {}

  /** @throws DomainError NOT_FOUND, VALIDATION, or CONFLICT while the principal has another looked at. */
  async inspectUpload(principal: Principal, request: UploadInspectionRequest, signal: AbortSignal): Promise<InspectedDataset> {
    const { imageCount } = request;
    if (imageCount < 0) throw new DomainError('VALIDATION', `imageCount is ${imageCount}; it is 0 or more.`, ['imageCount']);
    const preparation = checkPreparation(request);
    const { artifactId, fileName } = await this.uploads.completed(principal, request.uploadId);
    if (this.busy.has(principal.name))
      throw new DomainError('CONFLICT', 'Another data set of yours is being inspected. Wait until that ends.', ['uploadId']);
    this.busy.add(principal.name);
    try {
      const split = request.split === 'TRAIN' ? 'train' : 'test';
      return await this.look(artifactId, { ...preparation, format: request.uploadFormat, split, imageCount, fileName }, signal);
    } finally {
      this.busy.delete(principal.name);
    }
  }

  /** Files of the server. @throws DomainError INVALID_DATASET */
  async inspectFiles({ format, split, resizing: wanted }: Omit<DatasetRequest, 'name'>): Promise<InspectedDataset> {
    const { environment } = this;
    return toDomainErrors(async () => {
      const resizing = wanted ?? findServerFormat(format).resizings?.[0]?.name ?? null;
      const source = await environment.datasetSource({ format, split, resizing, artifactId: null });
      const { imageShape, classNames, exampleCount, bitDepth } = await environment.compute.inspectDataset(source);
      return {
        ...{ format, exampleCount, decodedCount: 0 },
        images: [{ shape: [...imageShape], bitDepth, count: exampleCount, at: '' }],
        classes: classNames.map((name) => ({ name })),
        ...{ warnings: [], problems: [], problemCount: 0 },
      };
    });
  }

  private look(
    artifactId: string,
    asked: Omit<DatasetInspectionRequest, 'upload' | 'directory' | 'archives' | 'limits'>,
    signal: AbortSignal,
  ): Promise<InspectedDataset> {
    const { artifacts, modelFolders, datasetReading } = this.environment;
    const { archives, limits } = datasetReading;
    return modelFolders.temporary(async (directory) => {
      await mkdir(directory);
      return artifacts.useFile(artifactId, async (upload) => {
        try {
          const verdict = await datasetReading.inspect({ ...asked, upload, directory, archives, limits }, signal);
          return 'refusal' in verdict ? refused(verdict.refusal) : verdict.inspection;
        } catch (error) {
          if (!(error instanceof JobFailed)) throw error;
          return refused(error);
        }
      });
    });
  }
}

const refused = ({ code, message }: { readonly code: string; readonly message: string }): InspectedDataset => ({
  ...NOTHING,
  ...{ images: [], warnings: [] },
  problems: [{ at: null, code, message }],
  problemCount: 1,
});
