/** Registering data sets. @module */
import type { DatasetInfo, DatasetSource } from '../../compute/data/index.js';
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
}

export class DatasetService {
  /** @param directories folder of the files of each format, on this machine. */
  constructor(
    private readonly prisma: DatabaseClient,
    private readonly compute: Compute,
    private readonly directories: Readonly<Record<string, string>>,
  ) {}

  /** Where a data set's files are on this machine. */
  source({ format, split }: Pick<Dataset, 'format' | 'split'>): DatasetSource {
    return { format, split: split === 'TRAIN' ? 'train' : 'test', directory: this.directories[format] };
  }

  async register(request: DatasetRequest): Promise<Dataset> {
    const name = checkName(request.name);
    if (await this.prisma.dataset.findUnique({ where: { name } })) throw taken(name);
    const info: DatasetInfo = await toDomainErrors(() => this.compute.inspectDataset(this.source(request)));
    try {
      return await this.prisma.dataset.create({
        data: {
          name,
          format: request.format,
          split: request.split,
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
