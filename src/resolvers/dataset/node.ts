import { Dataset } from '../../schema/dataset/dataset.js';
import type { DatasetFilter } from '../../schema/dataset/dataset-filter.js';
import type { Dataset as DatasetRow, Prisma } from '../../storage/generated/client.js';
import { hasTags } from '../../services/annotation/annotations.js';
import { defineNode } from '../relay/define-node.js';

export const datasetNode = defineNode<DatasetRow, Dataset, DatasetFilter>({
  type: Dataset,
  table: ({ dataset }) => dataset,
  where: ({ nameContains, fingerprint, format, split, states, tags }): Prisma.DatasetWhereInput => ({
    name: nameContains === undefined ? undefined : { contains: nameContains, mode: 'insensitive' },
    ...(format !== undefined && { OR: [{ format, uploadFormat: null }, { uploadFormat: format }] }),
    state: states && { in: states },
    split,
    fingerprint,
    tags: hasTags(tags),
  }),
});
