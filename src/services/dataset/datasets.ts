/** Registering data sets. @module */
import { type DatasetInfo, type DatasetSource, findDatasetFormat } from '../../compute/data/index.js';
import type { Compute } from '../../compute/host/index.js';
import { DomainError } from '../../errors.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Dataset, DatasetSplit } from '../../storage/generated/client.js';
import { isUniqueViolation } from '../../storage/errors.js';
import { toDomainErrors } from '../domain-errors.js';
import { checkName } from '../names.js';

export interface DatasetRequest {
  readonly name: string;
  readonly format: string;
  readonly split: DatasetSplit;
  /** Key of the registry of ways to resize; default: the format's own. */
  readonly resizing?: string;
}

export class DatasetService {
  /** @param directories folder of the files of each format, on this machine. */
  constructor(
    private readonly prisma: DatabaseClient,
    private readonly compute: Compute,
    private readonly directories: Readonly<Record<string, string>>,
  ) {}

  /** Where a data set's files are on this machine. */
  source({ format, split, resizing }: Pick<Dataset, 'format' | 'split' | 'resizing'>): DatasetSource {
    return {
      format,
      split: split === 'TRAIN' ? 'train' : 'test',
      directory: this.directories[format],
      ...(resizing !== null && { resizing }),
    };
  }

  async register(request: DatasetRequest): Promise<Dataset> {
    const name = checkName(request.name);
    if (await this.prisma.dataset.findUnique({ where: { name } })) throw taken(name);
    const { format, split } = request;
    const { resizing, info } = await toDomainErrors(async () => {
      const resizing = request.resizing ?? findDatasetFormat(format).resizings?.[0]?.name ?? null;
      const info: DatasetInfo = await this.compute.inspectDataset(this.source({ format, split, resizing }));
      return { resizing, info };
    });
    try {
      return await this.prisma.dataset.create({
        data: {
          name,
          format,
          split,
          resizing,
          imageShape: [...info.imageShape],
          classNames: [...info.classNames],
          exampleCount: info.exampleCount,
          bitDepth: info.bitDepth,
          fingerprint: info.fingerprint,
        },
      });
    } catch (error) {
      if (isUniqueViolation(error)) throw taken(name);
      throw error;
    }
  }
}

const taken = (name: string) => new DomainError('NAME_TAKEN', `There is already a data set called "${name}".`, ['name']);
